"""How well each source of a store's day captures, and which tills are whole. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from cloud.capture.sequence import Gap, Habit, Series, Taken, audit
from cloud.sales import Standing
from models.wire.events.sale import Flag, Kind

DISAGREE: Final = frozenset({Flag.LINES_DISAGREE.value, Flag.TENDERS_DISAGREE.value})
"""Flags of a receipt whose sums do not come out."""

DISAGREE_LIMIT: Final = 0.05
"""Share of receipts that may not add up. A single odd receipt is the till's; one in twenty is a
profile that has not learnt the till's arithmetic."""

LEAST_RECEIPTS: Final = 20
"""So few say nothing about a share."""


class Source(NamedTuple):
    """What read a transaction; all empty for one that was folded before this was kept."""

    adapter: str
    profile: str
    version: int


def source_of(written: str, version: int) -> Source:
    """The source as the sale table writes it: adapter and profile, parted by the first slash."""
    adapter, _, profile = written.partition("/")
    return Source(adapter, profile, version)


@dataclass(frozen=True, slots=True)
class Captured:
    """A transaction, as far as its capture is concerned. Moments are milliseconds UTC."""

    taken: Taken
    workstation: str
    kind: Kind
    standing: str
    flags: frozenset[str]
    source: Source
    captured_ms: int

    @property
    def is_derived(self) -> bool:
        """Whether its key is only what a receipt had printed on it."""
        return Flag.DERIVED_KEY.value in self.flags

    @property
    def disagrees(self) -> bool:
        """Whether its sums do not come out."""
        return bool(self.flags & DISAGREE)


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """One source's day.

    Attributes:
        receipts: those of the transactions that have sums; controls have none.
        disagreeing: receipts whose sums do not come out.
        flagged: transactions by flag, the most frequent first.
        newest_ms: when it last captured something.
        lag_p50_s, lag_p95_s: from a transaction's end to its capture; half and nineteen of twenty
            were faster. A till's clock is in it.
    """

    source: Source
    transactions: int
    receipts: int
    disagreeing: int
    flagged: Mapping[str, int]
    newest_ms: int
    lag_p50_s: float
    lag_p95_s: float

    @property
    def disagreeing_share(self) -> float:
        """Of the receipts; 0 without any."""
        return self.disagreeing / self.receipts if self.receipts else 0.0

    @property
    def is_over(self) -> bool:
        """Whether so many receipts do not add up that the profile is to be looked at."""
        enough = self.receipts >= LEAST_RECEIPTS
        return enough and self.disagreeing_share > DISAGREE_LIMIT


class Wholeness(StrEnum):
    """Whether a till's numbers are all there, the worst first."""

    GAPS = "gaps"
    PERHAPS = "perhaps"
    REPEATS = "repeats"
    UNKNOWN = "unknown"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class TillFigures:
    """One till's day, told by one kind of number.

    Attributes:
        printed: it is the numbers on receipts that are looked at: voids and controls, of which
            nothing is printed, may or may not have one.
        beside: of printed numbers, the till is captured with true numbers, too: what lacks here was
            not printed, or not overheard.
        controls: transactions that moved no goods: sign-ons, settlements, no-sales.
        unnumbered: transactions whose number is no count.
    """

    workstation: str
    printed: bool
    beside: bool
    transactions: int
    controls: int
    series: tuple[Series, ...]
    unnumbered: int

    @property
    def missing(self) -> int:
        """Numbers that nobody has."""
        return sum(series.missing for series in self.series)

    @property
    def repeated(self) -> int:
        """Numbers that several transactions have."""
        return sum(len(series.repeats) for series in self.series)

    @property
    def wholeness(self) -> Wholeness:
        """Whether its numbers are all there; unknown where it does not count.

        Of printed numbers a gap is perhaps nothing: not all that is rung up is printed.
        """
        if self.missing:
            return Wholeness.PERHAPS if self.printed else Wholeness.GAPS
        if self.repeated:
            return Wholeness.REPEATS
        counts = [series for series in self.series if series.habit is not Habit.SCATTERED]
        return Wholeness.WHOLE if counts else Wholeness.UNKNOWN

    @property
    def gaps(self) -> tuple[tuple[Series, Gap], ...]:
        """Every gap with the counter that it is in."""
        return tuple((series, gap) for series in self.series for gap in series.gaps)


def by_source(day: Iterable[Captured]) -> tuple[SourceFigures, ...]:
    """Figures of every source, by adapter, profile and version."""
    found: defaultdict[Source, list[Captured]] = defaultdict(list)
    for each in day:
        found[each.source].append(each)
    return tuple(_figures(source, mine) for source, mine in sorted(found.items()))


def by_till(
    today: Iterable[Captured], before: Sequence[Iterable[Captured]] = ()
) -> tuple[TillFigures, ...]:
    """Every till's numbers; ``before``: earlier business days, the newest first.

    What a till is known by without true numbers, printed receipts, is told apart from what it has
    with them: neither fills the other's gaps.
    """
    now, earlier = _by_lane(today), [_by_lane(day) for day in before]
    return tuple(
        _till(lane, mine, [day[lane] for day in earlier if lane in day], (lane[0], False) in now)
        for lane, mine in sorted(now.items())
    )


_Lane = tuple[str, bool]


def _by_lane(day: Iterable[Captured]) -> Mapping[_Lane, list[Captured]]:
    found: defaultdict[_Lane, list[Captured]] = defaultdict(list)
    for each in day:
        # What a lesser source saw of the same transaction repeats no number of the better one.
        if each.standing != Standing.ECHO or each.is_derived:
            found[each.workstation, each.is_derived].append(each)
    return found


def _till(
    lane: _Lane,
    today: Sequence[Captured],
    before: Sequence[Sequence[Captured]],
    has_true_numbers: bool,
) -> TillFigures:
    workstation, printed = lane
    series, unnumbered = audit(_taken(today), [_taken(day) for day in before])
    return TillFigures(
        workstation=workstation,
        printed=printed,
        beside=printed and has_true_numbers,
        transactions=len(today),
        controls=sum(each.kind is not Kind.RETAIL for each in today),
        series=tuple(series),
        unnumbered=unnumbered,
    )


def _taken(day: Iterable[Captured]) -> list[Taken]:
    return [each.taken for each in day]


def _figures(source: Source, mine: Sequence[Captured]) -> SourceFigures:
    receipts = [each for each in mine if each.kind is Kind.RETAIL]
    lags = sorted(max(0, each.captured_ms - each.taken.end_ms) for each in mine)
    flags = Counter(flag for each in mine for flag in each.flags)
    return SourceFigures(
        source=source,
        transactions=len(mine),
        receipts=len(receipts),
        disagreeing=sum(each.disagrees for each in receipts),
        flagged=dict(sorted(flags.items(), key=lambda counted: (-counted[1], counted[0]))),
        newest_ms=max(each.captured_ms for each in mine),
        lag_p50_s=_rank(lags, 0.5) / 1000,
        lag_p95_s=_rank(lags, 0.95) / 1000,
    )


def _rank(ordered: Sequence[int], share: float) -> int:
    """The nearest rank: the smallest value that so large a share does not exceed."""
    return ordered[max(0, -(-round(share * 100) * len(ordered) // 100) - 1)]
