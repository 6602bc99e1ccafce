"""Who may see: tries of the PIN with growing pauses, and visits that end by themselves."""

from __future__ import annotations

import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from agent.config import Drawn
from agent.tablet.setup.pin import PinFile
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_FREE_TRIES: Final = 3
_FIRST_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 600.0
_MOST_VISITS: Final = 8
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Manners:
    """How long a visit lasts.

    Attributes:
        idle_s: without anybody doing anything.
        longest_s: in all; then the PIN is asked for again.
    """

    idle_s: float = 600.0
    longest_s: float = 3_600.0


@dataclass(slots=True)
class Trial:
    """What a visitor tries on one camera; ``number`` grows when the counts shall begin anew."""

    drawn: Drawn | None = None
    number: int = 0


@dataclass(slots=True)
class Visit:
    """Somebody who has entered the PIN. Times are of the monotonic clock."""

    token: str
    since_s: float
    used_at_s: float
    trials: dict[str, Trial] = field(default_factory=dict)

    def trial(self, camera: str) -> Trial:
        """What is tried on a camera; nothing at first."""
        return self.trials.setdefault(camera, Trial())


class Door:
    """Lets in who knows the PIN. Tries are counted for all together: all come from this box."""

    def __init__(
        self,
        pin: PinFile,
        clock: Clock,
        random: Callable[[int], bytes],
        manners: Manners | None = None,
    ) -> None:
        self._pin = pin
        self._clock = clock
        self._random = random
        self._manners = manners or Manners()
        self._failures = 0
        self._closed_until_s = 0.0
        self._trying = threading.Lock()
        self._visits: dict[str, Visit] = {}

    @property
    def has_pin(self) -> bool:
        """Whether anybody can be let in."""
        return self._pin.is_set

    def wait_s(self) -> float:
        """How long nobody may try; 0 when somebody may."""
        return max(0.0, self._closed_until_s - self._clock.monotonic_s())

    def enter(self, pin: str) -> Visit | None:
        """Try a PIN; blocks for a moment, safe from any thread.

        Returns:
            A visit; None where the PIN is wrong or it is too soon to try again.

        Raises:
            BadConfiguration: what is kept of the PIN cannot be read.
        """
        with self._trying:
            if self.wait_s():
                return None
            if not self._pin.fits(pin):
                self._failed()
                return None
            self._failures = 0
            return self._open()

    def visit(self, token: str, *, by_hand: bool) -> Visit | None:
        """The visit of a token, None when it has ended.

        ``by_hand``: a person did something, which keeps the visit alive; an open stream does not.
        """
        now_s = self._clock.monotonic_s()
        visit = self._visits.get(token)
        if visit is None:
            return None
        if (
            now_s - visit.used_at_s > self._manners.idle_s
            or now_s - visit.since_s > self._manners.longest_s
        ):
            self._visits.pop(token, None)
            return None
        if by_hand:
            visit.used_at_s = now_s
        return visit

    def leave(self, token: str) -> None:
        """End a visit."""
        self._visits.pop(token, None)

    def _open(self) -> Visit:
        now_s = self._clock.monotonic_s()
        token = urlsafe_b64encode(self._random(_TOKEN_BYTES)).decode().rstrip("=")
        self._visits[token] = visit = Visit(token, now_s, now_s)
        while len(self._visits) > _MOST_VISITS:
            self._visits.pop(next(iter(self._visits)))
        _LOG.info("camera_setup_entered")
        return visit

    def _failed(self) -> None:
        self._failures += 1
        over = self._failures - _FREE_TRIES
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** min(over, 30), _LONGEST_PAUSE_S) if over >= 0 else 0.0
        self._closed_until_s = self._clock.monotonic_s() + pause_s
        _LOG.warning("camera_setup_pin_wrong", tries=self._failures, pause_s=pause_s)
