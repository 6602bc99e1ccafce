"""How many pictures a second are looked at: as many as a camera's share of the processor allows.

Pure: it is told of time and processor time, and answers a rate. What a picture costs is measured,
not assumed, so the same settings do on a weak box and a strong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOWEST_FPS: Final = 3.5
HIGHEST_FPS: Final = 7.0
"""Below, counts suffer; above, they do not gain (docs/explanation/footfall.md)."""

START_FPS: Final = 5.0

_STEP_FPS: Final = 0.5
_RUNGS: Final = round((HIGHEST_FPS - LOWEST_FPS) / _STEP_FPS)


@dataclass(frozen=True, slots=True)
class Effort:
    """What watching has cost since it began; every figure only grows.

    Attributes:
        at_s: monotonic seconds.
        looking_s: processor time of looking at pictures: their share grows with the rate.
        all_s: processor time of the whole process; the rest is taking and decoding pictures.
        pictures: how many were looked at.
    """

    at_s: float
    looking_s: float
    all_s: float
    pictures: int


class Governor:
    """Chooses a rate between 3.5 and 7, in steps of a half.

    Every ten seconds the cost of one picture and of all else are measured. Too dear a rate is left
    at once; a higher one is taken when it would have fitted with a tenth to spare three times in a
    row, one step at a time. So a steady load ends at one rate and stays there.

    Args:
        share: of one core, that the camera may use.
    """

    _WINDOW_S: Final = 10.0
    _SPARE: Final = 1.1
    _PATIENCE: Final = 3
    _INERTIA: Final = 0.5

    def __init__(self, share: float) -> None:
        self._share = share
        self._rung = round((START_FPS - LOWEST_FPS) / _STEP_FPS)
        self._began: Effort | None = None
        self._picture_s = 0.0
        self._rest_share = 0.0
        self._fitted = 0

    @property
    def fps(self) -> float:
        """Pictures to look at per second."""
        return _fps(self._rung)

    def account(self, effort: Effort) -> float:
        """Take the costs so far, as often as one likes; the rate from now on."""
        began = self._began
        if began is None:
            self._began = effort
        elif effort.at_s - began.at_s >= self._WINDOW_S and effort.pictures > began.pictures:
            self._measure(began, effort)
            self._began = effort
            self._choose()
        return self.fps

    def _measure(self, began: Effort, ended: Effort) -> None:
        looking_s = max(0.0, ended.looking_s - began.looking_s)
        rest_s = max(0.0, ended.all_s - began.all_s - looking_s)
        picture_s = looking_s / (ended.pictures - began.pictures)
        rest_share = rest_s / (ended.at_s - began.at_s)
        old = self._INERTIA if self._picture_s else 0.0
        self._picture_s += (picture_s - self._picture_s) * (1 - old)
        self._rest_share += (rest_share - self._rest_share) * (1 - old)

    def _choose(self) -> None:
        if self._use(self._rung) > self._share:
            self._fitted = 0
            while self._rung > 0 and self._use(self._rung) > self._share:
                self._rung -= 1
        elif self._rung < _RUNGS and self._use(self._rung + 1) * self._SPARE <= self._share:
            self._fitted += 1
            if self._fitted >= self._PATIENCE:
                self._rung, self._fitted = self._rung + 1, 0
        else:
            self._fitted = 0

    def _use(self, rung: int) -> float:
        """The share of a core that a rate would cost."""
        return self._rest_share + _fps(rung) * self._picture_s


def _fps(rung: int) -> float:
    return LOWEST_FPS + rung * _STEP_FPS
