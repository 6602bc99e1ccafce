"""The last few seconds, picture by picture: what lies ahead of a moment says how it was meant.

Walking pace is told from where somebody was a second before and is a second after, so that a
pause begins when it does, and not when it has lasted for a while.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.floor_tuning import FloorTuning
from agent.capture.footfall.counting.tracks import Flags, Floats


@dataclass(frozen=True, slots=True)
class Look:
    """One picture: who was where (n rows), and in which of the zones (z rows) they were believed.

    Attributes:
        at_s: when.
        span_s: how much of the time since the picture before was watched closely.
        ids: (n,) ascending.
        feet: (n, 2) pixels.
        heights: (n,) pixels.
        within: (z, n).
    """

    at_s: float
    span_s: float
    ids: NDArray[np.int64]
    feet: Floats
    heights: Floats
    within: Flags

    def of(self, rows: Flags) -> Look:
        """Some of those who were there."""
        ids, feet, heights = self.ids[rows], self.feet[rows], self.heights[rows]
        return Look(self.at_s, self.span_s, ids, feet, heights, self.within[:, rows])


class Looks:
    """Pictures that wait to be judged, and those that were judged just now."""

    def __init__(self, tuning: FloorTuning) -> None:
        self._tuning = tuning
        self._looks: list[Look] = []
        self._times: list[float] = []
        self._judged = 0

    def add(self, look: Look) -> None:
        """One more, not earlier than the last."""
        self._looks.append(look)
        self._times.append(look.at_s)

    @property
    def oldest_s(self) -> float:
        """The time of the next to be judged; infinite where none waits."""
        return self._times[self._judged] if self._judged < len(self._looks) else np.inf

    def next_until(self, until_s: float) -> tuple[Look, Floats] | None:
        """The next to be judged if taken until then, with everybody's pace (n,) in h/s.

        A pace that nothing is known of is not a number.
        """
        if self._judged == len(self._looks) or self.oldest_s > until_s:
            return None
        look = self._looks[self._judged]
        pace = self._pace(look)
        self._judged += 1
        self._forget(look.at_s - 2 * self._tuning.pace_s)
        return look, pace

    def _pace(self, look: Look) -> Floats:
        window_s = self._tuning.pace_s
        earlier = max(bisect_right(self._times, look.at_s - window_s) - 1, 0)
        later = min(bisect_left(self._times, look.at_s + window_s), len(self._times) - 1)
        begin_foot, begin_s = _before_or_after(look, self._looks[earlier], window_s)
        end_foot, end_s = _before_or_after(look, self._looks[later], window_s)
        way, took_s = end_foot - begin_foot, end_s - begin_s
        took_s[took_s < window_s / 2] = np.nan
        pace: Floats = np.hypot(way[:, 0], self._tuning.depth * way[:, 1]) / took_s / look.heights
        return pace

    def _forget(self, before_s: float) -> None:
        gone = bisect_left(self._times, before_s, 0, self._judged)
        if gone:
            del self._looks[:gone], self._times[:gone]
            self._judged -= gone


def _before_or_after(look: Look, other: Look, window_s: float) -> tuple[Floats, Floats]:
    """Where those of a look were in another one, and when; who was not in it, is where they are."""
    if not len(other.ids) or abs(other.at_s - look.at_s) > 2 * window_s:
        return look.feet, np.full(len(look.ids), look.at_s)
    rows = np.minimum(other.ids.searchsorted(look.ids), len(other.ids) - 1)
    there = other.ids[rows] == look.ids
    feet = np.where(there[:, np.newaxis], other.feet[rows], look.feet)
    return feet, np.where(there, other.at_s, look.at_s)
