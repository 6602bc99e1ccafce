"""When a frame of a clip was taken, whatever its container says."""

from __future__ import annotations

import math
from typing import Final

_LONGEST_STEP_S: Final = 10.0
_LONGEST_HOLE_S: Final = 86_400.0
"""Longer, and a counter has begun anew: that of MPEG-TS does so every 26.5 hours."""

_USUAL_FPS: Final = 25.0
_LOWEST_FPS: Final = 0.1
_HIGHEST_FPS: Final = 1000.0


class Timeline:
    """The container's times, made to grow.

    A time that stands still, goes back, jumps by more than ten seconds or is no number is not
    believed. One such frame is put half a frame after the one before it, so that the next honest
    time still fits; from the second in a row on, frames follow each other at the container's rate,
    and later times are read relative to them. A clip without any times is thus timed by its index.

    A recording with a date may have been switched off in between. There a jump forward that lasts
    is believed from the second frame on, up to a day: that time is a hole.

    Args:
        fps: frames per second as the container says; 25 is assumed where it says nothing credible.
        dated: times matter, not only how they differ.
    """

    def __init__(self, fps: float, *, dated: bool = False) -> None:
        credible = _LOWEST_FPS <= fps <= _HIGHEST_FPS
        self.period_s = 1 / (fps if credible else _USUAL_FPS)
        self._dated = dated
        self._last_s: float | None = None
        self._told_s = math.nan
        self._offset_s = 0.0
        self._doubted = 0

    def at_s(self, told_s: float) -> float:
        """The next frame's time, given what the container says of it; always grows."""
        if self._last_s is None:
            self._last_s = told_s if _believable_first(told_s) else 0.0
            return self._last_s
        expected_s = told_s + self._offset_s
        step_s = expected_s - self._last_s
        if 0 < step_s <= _LONGEST_STEP_S or self._is_behind_a_hole(step_s, told_s):
            self._doubted = 0
            self._last_s = expected_s
        else:
            self._last_s = self._instead_s(self._last_s, told_s)
        self._told_s = told_s
        return self._last_s

    def _is_behind_a_hole(self, step_s: float, told_s: float) -> bool:
        lasts = self._doubted > 0 and 0 < told_s - self._told_s <= _LONGEST_STEP_S
        return self._dated and lasts and 0 < step_s <= _LONGEST_HOLE_S

    def _instead_s(self, last_s: float, told_s: float) -> float:
        self._doubted += 1
        if self._doubted == 1:
            return last_s + self.period_s / 2
        at_s = last_s + self.period_s
        if math.isfinite(told_s):
            self._offset_s = at_s - told_s
        return at_s


def _believable_first(told_s: float) -> bool:
    return 0 <= told_s <= _LONGEST_STEP_S
