"""The numbers of one business day of one counter, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from math import inf
from typing import NamedTuple

from agent.capture.books.entry import Lane, Till
from agent.capture.pos.sequence import DayNumbers
from models.wire.ranges import RangeSet


class PageKey(NamedTuple):
    """Whose numbers a page holds."""

    till: Till
    lane: Lane
    series: str
    day: date


@dataclass(slots=True)
class Page:
    """What was captured.

    Attributes:
        row: its number in the file; 0 while it has none.
        opened: when the first transaction was, by the till's clock, and its number.
        closed: the same of the last one.
        repeats: numbers that two transactions bear.
        out_of_order_s: when a number came that was not the greatest, by a clock that never jumps.
    """

    row: int = 0
    numbers: RangeSet = field(default_factory=RangeSet)
    opened: tuple[int, int] = (0, 0)
    closed: tuple[int, int] = (0, 0)
    repeats: set[int] = field(default_factory=set)
    out_of_order_s: float = -inf

    def add(self, number: int, at_s: int, now_s: float) -> bool:
        """Take up a number; whether it is a new one. 0 is no number that could leave a gap."""
        if number < 1 or number in self.numbers:
            return False
        moment = (at_s, number)
        if not self.numbers:
            self.opened = self.closed = moment
        elif number < self.numbers.last:
            self.out_of_order_s = now_s
        self.opened, self.closed = min(self.opened, moment), max(self.closed, moment)
        self.numbers.add(number, number)
        return True

    def join(self, other: Page) -> None:
        """Take up what another time has noted of the same page, and its row."""
        if self.numbers and other.numbers:
            self.opened = min(self.opened, other.opened)
            self.closed = max(self.closed, other.closed)
        elif other.numbers:
            self.opened, self.closed = other.opened, other.closed
        self.numbers = RangeSet([*self.numbers, *other.numbers])
        self.repeats |= other.repeats
        self.row = other.row

    def of(self, day: date) -> DayNumbers:
        """What tells of gaps; for a page with numbers."""
        return DayNumbers(day, self.numbers, self.opened[1], self.closed[1])
