"""Who came in again shortly after going out: an approximate sub-count of those who came in.

By the track's identity alone, and only as long as that can be believed: whoever was out of sight
for a moment, or within somebody else, may be another one since. So it tells of people who step out
before the door and turn round in view. Whoever was out of the picture is a new walker and counts as
a new visitor. The colour of clothes was measured and left out: it takes too many strangers for one
another (``docs/explanation/footfall.md`` has the figures).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.capture.footfall.counting.line import Crossing, Direction
from agent.capture.footfall.counting.moment import Moment


@dataclass(frozen=True, slots=True)
class ReturnTuning:
    """When somebody who comes in is the one who went out.

    Attributes:
        window_s: for how long somebody may have been outside.
        unseen_s: who was out of sight for longer may be somebody else.
        beside: so may be whose foot was this near to another person's across the picture, in h ...
        behind: ... and this near up or down the picture.
    """

    window_s: float = 120.0
    unseen_s: float = 0.6
    beside: float = 0.2
    behind: float = 0.25


DEFAULTS: Final = ReturnTuning()


@dataclass(slots=True)
class _Outside:
    """Somebody who went out, and is still believed to be the same."""

    left_at_s: float
    seen_at_s: float


class Returns:
    """Tells which crossings are returns.

    Args:
        entrances: names of the lines that are entrances; others are not looked at.
        tuning: never changed in the product.
    """

    def __init__(self, entrances: Collection[str], tuning: ReturnTuning = DEFAULTS) -> None:
        self._entrances = frozenset(entrances)
        self._tuning = tuning
        self._outside: dict[int, _Outside] = {}

    def update(self, moment: Moment) -> list[Crossing]:
        """Those of the moment's crossings with which somebody came back."""
        if self._outside:
            self._doubt(moment)
        return [each for each in moment.crossings if self._came_back(each)]

    def _came_back(self, crossing: Crossing) -> bool:
        if crossing.line not in self._entrances:
            return False
        if crossing.direction is Direction.OUT:
            self._outside[crossing.track] = _Outside(crossing.at_s, crossing.at_s)
            return False
        outside = self._outside.pop(crossing.track, None)
        return outside is not None and crossing.at_s - outside.left_at_s <= self._tuning.window_s

    def _doubt(self, moment: Moment) -> None:
        """Forget those who are gone, and those who may have become somebody else."""
        believed = {}
        for walker, row in self._in_view(moment):
            outside = self._outside[walker]
            if moment.seen[row]:
                outside.seen_at_s = moment.at_s
            unseen_s = moment.at_s - outside.seen_at_s
            if unseen_s <= self._tuning.unseen_s and not self._touches_anybody(moment, row):
                believed[walker] = outside
        self._outside = believed

    def _in_view(self, moment: Moment) -> Iterator[tuple[int, int]]:
        """Of those outside the ones who are followed, with their rows."""
        rows = moment.ids.searchsorted([*self._outside]).tolist()
        for walker, row in zip(self._outside, rows, strict=True):
            if row < len(moment.ids) and moment.ids[row] == walker:
                yield walker, row

    def _touches_anybody(self, moment: Moment, row: int) -> bool:
        apart = np.abs(moment.feet - moment.feet[row]) / moment.heights[row]
        near = (apart < (self._tuning.beside, self._tuning.behind)).all(axis=1) & moment.proven
        near[row] = False
        return bool(near.any())
