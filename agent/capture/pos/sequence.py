"""Which numbers of a till are missing, told from those that were captured. Pure.

A till numbers its transactions, controls too, so a number that never came is a transaction that may
never have come. What is no gap: the place where the counter began anew or turned over, numbers that
another workstation of the same counter took, and a jump so wide that it is another row of numbers.
The order in which numbers were captured does not matter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from models.wire.ranges import Range, RangeSet

WIDEST_GAP: Final = 10_000
"""A jump over more numbers is another counter, not a day of lost sales."""

_NUMBER: Final = re.compile(r"((?:.*[^0-9])?)([0-9]{1,12})", re.DOTALL)
_LEAST_DIGITS: Final = 3
_NEAR_THE_END: Final = 100
"""A counter turns over at 999, 9999 and so on; a hundredth before it, it may be about to."""

_SAME_START: Final = 2


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number as the till wrote it: what stands before the digits is a series of its own."""

    series: str
    number: int


def numbered(text: str) -> Numbered | None:
    """The number that a till counts up; None where it ends in no digits, or in more than 12.

    So long a run of digits is an id of a platform, which nothing counts up.
    """
    found = _NUMBER.fullmatch(text.strip())
    return Numbered(found[1], int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """The numbers of one business day of one counter.

    Attributes:
        numbers: those that were captured; at least one, none below 1.
        opened_with: the number of the day's first transaction, by the till's clock.
        closed_with: that of its last one.
    """

    day: date
    numbers: RangeSet
    opened_with: int
    closed_with: int

    @property
    def turn(self) -> Range | None:
        """The hole at which the counter began anew during the day; None where it did not.

        Numbers above it were then given before those below it.
        """
        holes = self.numbers.gaps(self.lowest, self.numbers.last)
        between = [hole for hole in holes if self.closed_with < hole[0] <= hole[1]]
        between = [hole for hole in between if hole[1] < self.opened_with]
        return max(between, key=_width, default=None)

    @property
    def lowest(self) -> int:
        """The smallest number."""
        return next(iter(self.numbers))[0]

    @property
    def first(self) -> int:
        """The smallest number of what came first."""
        return self.turn[1] + 1 if self.turn else self.lowest

    @property
    def last(self) -> int:
        """The greatest number of what came last."""
        return self.turn[0] - 1 if self.turn else self.numbers.last


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that are missing: of this business day, or between the last one and this."""

    day: date
    first: int
    last: int

    def __len__(self) -> int:
        """How many numbers."""
        return self.last - self.first + 1


def missing(
    days: Sequence[DayNumbers], shared: Sequence[Sequence[RangeSet]] | None = None
) -> list[Gap]:
    """The gaps of one counter.

    Args:
        days: in order.
        shared: for each of them, what the other workstations of the shop took that day. A counter
            is common to two workstations where no number of the day is in both.
    """
    others = shared or [()] * len(days)
    goes_on = counts_on(days)
    found: list[Gap] = []
    for index, each in enumerate(days):
        before = days[index - 1] if index else None
        holes = RangeSet(_within(each))
        if before is not None:
            for hole in _between(before, each) if goes_on else _start(each, days):
                holes.add(*hole)
        for taken in _taken_elsewhere(days, others, index, goes_on=goes_on):
            holes = holes.without(taken)
        found += [Gap(each.day, first, last) for first, last in holes]
    return found


def counts_on(days: Sequence[DayNumbers]) -> bool:
    """Whether the counter goes on over midnight: more often than not it went on exactly.

    One that begins anew each day never does, and one that was seen for a day only has not yet.
    """
    steps = [_step(before, after) for before, after in pairwise(days)]
    exact = sum(step == 1 for step in steps)
    return exact > sum(step < 1 for step in steps)


def _within(day: DayNumbers) -> list[Range]:
    turn = day.turn
    holes = day.numbers.gaps(day.lowest, day.numbers.last)
    found = [hole for hole in holes if hole != turn and _width(hole) <= WIDEST_GAP]
    return found + (_over_the_end(day.numbers.last, day.lowest) if turn else [])


def _between(before: DayNumbers, after: DayNumbers) -> list[Range]:
    step = _step(before, after)
    if after.first <= before.last:
        return _over_the_end(before.last, after.first)
    return [(before.last + 1, after.first - 1)] if 1 < step <= WIDEST_GAP + 1 else []


def _start(day: DayNumbers, days: Sequence[DayNumbers]) -> list[Range]:
    """What is missing at the beginning of a day whose counter begins every day with one number."""
    starts = Counter(after.first for before, after in pairwise(days) if _step(before, after) < 1)
    usual, times = max(starts.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    if times < _SAME_START or not 0 < day.first - usual <= WIDEST_GAP:
        return []
    return [(usual, day.first - 1)]


def _step(before: DayNumbers, after: DayNumbers) -> int:
    """By how much the counter went on between two days; below 1 where it began anew."""
    step = after.first - before.last
    if step < 1 and (end := _end_near(before.last)) and after.first <= _margin(end):
        return end - before.last + after.first
    return step


def _over_the_end(last: int, first: int) -> list[Range]:
    """What is missing around the place where a counter turned over."""
    end = _end_near(last)
    if not end or first > _margin(end):
        return []
    around = [(last + 1, end), (1, first - 1)]
    return [hole for hole in around if hole[0] <= hole[1]]


def _end_near(number: int) -> int:
    """Where a counter that has come so far turns over; 0 where that is not near."""
    digits = max(len(str(number)), _LEAST_DIGITS)
    end: int = 10**digits - 1
    return end if end - number <= _margin(end) else 0


def _margin(end: int) -> int:
    return end // _NEAR_THE_END


def _taken_elsewhere(
    days: Sequence[DayNumbers],
    others: Sequence[Sequence[RangeSet]],
    index: int,
    *,
    goes_on: bool,
) -> list[RangeSet]:
    """Numbers that are not missing, because another day or workstation of this counter has them."""
    near = range(max(index - 1, 0), min(index + 2, len(days))) if goes_on else [index]
    taken = [days[each].numbers for each in near if each != index]
    for each in near:
        taken += [other for other in others[each] if not days[each].numbers.common(other)]
    return taken


def _width(hole: Range) -> int:
    return hole[1] - hole[0] + 1
