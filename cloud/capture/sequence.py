"""Whether the numbers of one till's day are whole: which are missing, which were used twice. Pure.

Every transaction takes a number, control transactions too, so a hole is a transaction that we do
not have, and a number that two transactions have is one too many. Three habits of tills must not be
taken for either:

- A counter that is full begins anew (``9999`` → ``1``), or is set back when a till is replaced.
- Some count through their life, some begin anew with every business day. What lies between
  yesterday's last number and today's first is missing only where the days before show the habit.
- Some number with ids or moments, which leave more numbers out than they use.

The end of a day shows itself only on the next one: nobody knows what should have come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cloud.capture.numbering import read_number

SCATTERED_TIMES: Final = 50
"""Numbers left out per number used, from which on nobody counted."""

_SCATTERED_FROM: Final = 1000
_LEAST_JUMP: Final = 20
"""A smaller step back is a till that wrote two transactions in the wrong order."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A transaction and its number. Moments are milliseconds UTC.

    Attributes:
        number: as the till wrote it.
        end_ms: when it ended, by the till's clock; ``received_ms``: when it arrived here.
    """

    number: str
    sale_id: str
    end_ms: int
    received_ms: int


class Habit(StrEnum):
    """What the days before show of a counter."""

    RUNS_ON = "runs_on"
    BEGINS_DAILY = "begins_daily"
    UNKNOWN = "unknown"
    SCATTERED = "scattered"


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that nobody has, ``first`` to ``last``.

    Attributes:
        seen_ms: when the number behind them arrived: since then they are missed.
        before_first: they lie before the day's first number, so they may be the day before's.
    """

    first: int
    last: int
    seen_ms: int
    before_first: bool = False

    @property
    def count(self) -> int:
        """How many numbers."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Repeat:
    """A number that several transactions have."""

    number: int
    times: int


@dataclass(frozen=True, slots=True)
class Series:
    """One counter's day.

    Attributes:
        prefix: what stands in front of every count.
        width: digits that it is filled up to with zeros; 0 for a plain number.
        first, last: in the counter's own order, so that the last may be the smaller one.
        taken: different numbers.
    """

    prefix: str
    width: int
    first: int
    last: int
    taken: int
    habit: Habit
    gaps: tuple[Gap, ...]
    repeats: tuple[Repeat, ...]

    @property
    def missing(self) -> int:
        """Numbers in all gaps."""
        return sum(gap.count for gap in self.gaps)

    def text(self, count: int) -> str:
        """A number as this counter writes it."""
        return f"{self.prefix}{count:0{self.width}d}"


@dataclass(frozen=True, slots=True)
class _Counts:
    """The numbers of one prefix and day, and whose they are."""

    sales: Mapping[int, Sequence[Taken]]
    width: int

    @property
    def numbers(self) -> list[int]:
        return sorted(self.sales)

    def runs(self) -> list[list[int]]:
        """The numbers in the counter's order: two runs where it jumped back, else one."""
        numbers = self.numbers
        cut = max(range(1, len(numbers)), key=lambda at: numbers[at] - numbers[at - 1], default=0)
        early, late = numbers[cut:], numbers[:cut]
        if cut and self._is_jump(early, late):
            return [early, late]
        return [numbers]

    def _is_jump(self, early: Sequence[int], late: Sequence[int]) -> bool:
        """Whether all high numbers ended before all low ones, across a hole that nobody counts."""
        hole = early[0] - late[-1] - 1
        if hole <= max(len(self.sales), _LEAST_JUMP) and not _is_full(early[-1], late[0]):
            return False
        ended = max(taken.end_ms for number in early for taken in self.sales[number])
        return ended <= min(taken.end_ms for number in late for taken in self.sales[number])

    def received_ms(self, number: int) -> int:
        return min(taken.received_ms for taken in self.sales[number])

    def repeats(self) -> Iterator[Repeat]:
        for number in self.numbers:
            times = len({taken.sale_id for taken in self.sales[number]})
            if times > 1:
                yield Repeat(number, times)


def audit(
    today: Iterable[Taken], before: Sequence[Iterable[Taken]] = ()
) -> tuple[list[Series], int]:
    """The day's counters by prefix, and how many transactions have no number that counts.

    ``before``: the till's earlier business days, the newest first; two are enough to tell a habit.
    """
    counts, without = _by_prefix(today)
    earlier = [_by_prefix(day)[0] for day in before]
    return [
        _series(prefix, mine, [day[prefix] for day in earlier if prefix in day])
        for prefix, mine in sorted(counts.items())
    ], without


def _by_prefix(day: Iterable[Taken]) -> tuple[dict[str, _Counts], int]:
    found: defaultdict[str, defaultdict[int, list[Taken]]] = defaultdict(lambda: defaultdict(list))
    widths: defaultdict[str, int] = defaultdict(int)
    without = 0
    for taken in day:
        numbered = read_number(taken.number)
        if numbered is None:
            without += 1
            continue
        prefix, count = numbered
        found[prefix][count].append(taken)
        digits = taken.number.strip()[len(prefix) :]
        widths[prefix] = max(widths[prefix], len(digits) if digits.startswith("0") else 0)
    return {prefix: _Counts(sales, widths[prefix]) for prefix, sales in found.items()}, without


def _series(prefix: str, today: _Counts, before: Sequence[_Counts]) -> Series:
    runs = today.runs()
    first, last = runs[0][0], runs[-1][-1]
    gaps = [gap for run in runs for gap in _holes(today, run)]
    missing = sum(gap.count for gap in gaps)
    if missing > max(SCATTERED_TIMES * len(today.sales), _SCATTERED_FROM):
        habit, gaps = Habit.SCATTERED, []
    else:
        habit = _habit(before)
        gaps = [*_before_first(habit, today, first, before), *gaps, *_turned_over(today, runs)]
    return Series(
        prefix=prefix,
        width=today.width,
        first=first,
        last=last,
        taken=len(today.sales),
        habit=habit,
        gaps=tuple(gaps),
        repeats=tuple(today.repeats()),
    )


def _holes(counts: _Counts, run: Sequence[int]) -> Iterator[Gap]:
    for below, above in pairwise(run):
        if above - below > 1:
            yield Gap(below + 1, above - 1, counts.received_ms(above))


def _turned_over(counts: _Counts, runs: Sequence[Sequence[int]]) -> Iterator[Gap]:
    """What is missing where a full counter began anew within the day."""
    for early, late in pairwise(runs):
        if _is_full(early[-1], late[0]):
            yield from _around(early[-1], late[0], counts.received_ms(late[0]))


def _habit(before: Sequence[_Counts]) -> Habit:
    """What the newest two of the days before show; one alone shows nothing."""
    if len(before) < 2:  # noqa: PLR2004 - a habit needs a repetition
        return Habit.UNKNOWN
    newer, older = (day.runs() for day in before[:2])
    if newer[0][0] == older[-1][-1] + 1 or _is_turn(older[-1][-1], newer[0][0]):
        return Habit.RUNS_ON
    begins_alike = newer[0][0] == older[0][0] <= older[-1][-1]
    return Habit.BEGINS_DAILY if begins_alike else Habit.UNKNOWN


def _before_first(
    habit: Habit, today: _Counts, first: int, before: Sequence[_Counts]
) -> Iterator[Gap]:
    seen_ms = today.received_ms(first)
    if habit is Habit.BEGINS_DAILY:
        begin = before[0].runs()[0][0]
        if begin < first:
            yield Gap(begin, first - 1, seen_ms, before_first=True)
    elif habit is Habit.RUNS_ON:
        last = before[0].runs()[-1][-1]
        if last + 1 < first:
            yield Gap(last + 1, first - 1, seen_ms, before_first=True)
        elif first < last and _is_full(last, first):
            yield from _around(last, first, seen_ms, before_first=True)


def _around(last: int, first: int, seen_ms: int, *, before_first: bool = False) -> Iterator[Gap]:
    """What lies between a number near the counter's end and one near its beginning."""
    if last < _end_of(last):
        yield Gap(last + 1, _end_of(last), seen_ms, before_first)
    if first > 1:
        yield Gap(1, first - 1, seen_ms, before_first)


def _is_full(last: int, first: int) -> bool:
    """Whether the counter was nearly at its end and then near its beginning: a hundredth off."""
    end = _end_of(last)
    return end > _LEAST_JUMP and end - last <= end // 100 and first <= max(1, end // 100)


def _is_turn(last: int, first: int) -> bool:
    """Whether the counter turned over with nothing missing."""
    return _is_full(last, first) and last == _end_of(last) and first <= 1


def _end_of(number: int) -> int:
    """The largest number of as many digits: 9999 for 1234."""
    return int("9" * len(str(number)))
