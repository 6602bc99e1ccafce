"""How a camera does, for the heartbeat: safe from any thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Final

from models.runtime.clock import Clock
from models.wire.events.device import CameraState
from models.wire.events.footfall import GapReason, MarkKind

WATCHING: Final = "watching"
STATES: Final = (WATCHING, *GapReason)
"""A camera of which nothing is counted is in the state that explains its gap."""

_LATELY_S: Final = 10.0

_PACE_S: Final = 60.0
_JUDGED_AFTER_S: Final = 30.0
"""A busy half minute is no slow camera."""

_TOO_LITTLE: Final = 0.5
_ENOUGH_AGAIN: Final = 0.75
"""Of the time. Apart, so that a camera in between does not change its state all the time."""


class Standing:
    """One camera's state and rate."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._state: str = GapReason.STARTING
        self._since_s = clock.monotonic_s()
        self._looks: deque[tuple[float, int]] = deque()
        self._watched: deque[tuple[float, float]] = deque()
        self._troubles: dict[MarkKind, float] = {}
        self._wanted_fps = 0.0

    def becomes(self, state: str) -> bool:
        """Enter a state; whether it is another one."""
        with self._lock:
            if state == self._state:
                return False
            if state not in {WATCHING, GapReason.SLOW}:
                self._watched.clear()
            self._state, self._since_s = state, self._clock.monotonic_s()
            return True

    def observed(self, observed_s: float) -> str:
        """Of the time since the last word so much was watched closely; the state that makes.

        ``slow`` where pictures come too seldom for most of what people do: of such time nothing
        is counted, however well the camera seems to be.
        """
        with self._lock:
            now_s = self._clock.monotonic_s()
            self._watched.append((now_s, observed_s))
            while self._watched[0][0] < now_s - _PACE_S:
                self._watched.popleft()
            begun_s = self._watched[0][0]
            if now_s - begun_s < _JUDGED_AFTER_S:
                return GapReason.SLOW if self._state == GapReason.SLOW else WATCHING
            # The first word only says when the counting began.
            share = sum(s for at_s, s in self._watched if at_s > begun_s) / (now_s - begun_s)
            enough = _ENOUGH_AGAIN if self._state == GapReason.SLOW else _TOO_LITTLE
            return WATCHING if share >= enough else GapReason.SLOW

    def looked(self, samples: int, wanted_fps: float = 0.0) -> float:
        """So many pictures were looked at since the last call; the rate reached, lately."""
        with self._lock:
            self._wanted_fps = wanted_fps
            self._looks.append((self._clock.monotonic_s(), samples))
            self._forget()
            return self._rate()

    def suffers(self, troubles: Iterable[MarkKind]) -> bool:
        """What the camera cannot be trusted for now; whether that is another matter than before."""
        with self._lock:
            before, now_s = self._troubles, self._clock.monotonic_s()
            self._troubles = {each: before.get(each, now_s) for each in troubles}
            return before.keys() != self._troubles.keys()

    def told(self) -> CameraState:
        """As of now."""
        with self._lock:
            self._forget()
            now_s = self._clock.monotonic_s()
            return CameraState(
                name=self._name,
                state=self._state,
                since_s=round(now_s - self._since_s, 1),
                sampled_fps=round(self._rate(), 1),
                wanted_fps=round(self._wanted_fps, 1),
                troubles=sorted(self._troubles),
                troubled_s=round(now_s - min(self._troubles.values(), default=now_s), 1),
            )

    def _rate(self) -> float:
        """The first look only says when the counting began."""
        if len(self._looks) < 2:  # noqa: PLR2004 - a rate needs two points
            return 0.0
        samples = sum(count for _, count in self._looks) - self._looks[0][1]
        return samples / max(self._looks[-1][0] - self._looks[0][0], 0.001)

    def _forget(self) -> None:
        oldest_s = self._clock.monotonic_s() - _LATELY_S
        while self._looks and self._looks[0][0] < oldest_s:
            self._looks.popleft()
