"""A clip to be stepped through: single pictures as JPEGs in memory, forwards and back."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.viewfinder.still import still

_BACK: Final = 120
"""Pictures that one can step back without the clip being read anew: some 6 MB."""

_ROUNDED_S: Final = 0.0005
"""A picture's time is told to the millisecond; asked for by that, it is this picture."""


class Shot(NamedTuple):
    """One picture.

    Attributes:
        number: from 0.
        at_s: in the container's time, as ``lianke-agent count`` tells it.
        jpeg: of at most 640 pixels' width.
        is_last: the clip has no further one.
    """

    number: int
    at_s: float
    jpeg: bytes
    is_last: bool


class Reel:
    """One clip. Safe from any thread; raises CameraUnreadable where it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._clip = Clip(path)
        self.size = self._clip.size
        self.fps = self._clip.fps
        self._times: list[float] = []
        self._begin()

    def at(self, at_s: float) -> Shot:
        """The picture that is shown at a moment; the first or last one beyond the ends."""
        at_s += _ROUNDED_S
        with self._lock:
            while self._ahead is not None and self._ahead.at_s <= at_s:
                self._step(keep=True)
            return self._shot(max(0, bisect_right(self._times, at_s) - 1))

    def number(self, number: int) -> Shot:
        """A picture by its number; the first or last one beyond the ends."""
        with self._lock:
            return self._shot(max(0, number))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._clip.close()

    def _begin(self) -> None:
        self._frames: Iterator[Frame] = self._clip.frames()
        self._kept: dict[int, bytes] = {}
        self._next = 0
        self._ahead = next(self._frames, None)
        self._step(keep=True)

    def _shot(self, number: int) -> Shot:
        if number not in self._kept and number < self._next:
            self._clip.close()
            self._clip = Clip(self._path)
            self._begin()
        while self._next <= number and self._ahead is not None:
            self._step(keep=number - self._next < _BACK)
        number = min(number, self._next - 1)
        return Shot(
            number,
            self._times[number],
            self._kept[number],
            is_last=self._ahead is None and number == self._next - 1,
        )

    def _step(self, *, keep: bool) -> None:
        """Take the next frame."""
        frame = self._ahead
        assert frame is not None, "a clip has a picture"
        if self._next == len(self._times):
            self._times.append(frame.at_s)
        if keep:
            self._kept[self._next] = still(frame.picture)
            self._kept.pop(self._next - _BACK, None)
        self._next += 1
        self._ahead = next(self._frames, None)
