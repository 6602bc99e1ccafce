"""Where events lie: every stream has a shelf of positions, and lanes name stretches of it.

An event gets the next position of its stream's shelf and keeps it for ever. Its sequence is only
the name under which the current epoch knows it: a span says that the sequences ``first..last`` of a
lane lie at ``sequence + shift``. So an append writes one row, a lease reads a stretch of the
table, and re-homing a million events rewrites a handful of spans.

Every stored event belongs to exactly one span.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream

SHELF_BITS: Final = 48
"""Positions of one shelf: room for a thousand events a second for 8,900 years."""

SHELVES: Final[Mapping[Stream, int]] = MappingProxyType(
    {
        Stream.TELEMETRY: 1,
        Stream.FOOTFALL: 2,
        Stream.GUIDE: 3,
        Stream.MEMBER: 4,
        # The highest: SQLite appends at the end of a table without splitting pages.
        Stream.SALE: 5,
    }
)
"""Numbers in the files of running shops: add to them, never change them."""

OPEN: Final = 1 << 62
"""The ``last`` of the span to which a lane's next events go."""


def shelf(stream: Stream) -> Range:
    """The first and the last position that a stream's events may ever have."""
    number = SHELVES[stream]
    return (number << SHELF_BITS) + 1, (number + 1 << SHELF_BITS) - 1


def shelf_of(position: int) -> int:
    """The number of the shelf that a position is on."""
    return position >> SHELF_BITS


@dataclass(frozen=True, slots=True)
class Span:
    """The sequences ``first..last`` of a lane, which lie at ``sequence + shift``."""

    first: int
    last: int
    shift: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def positions(self) -> Range:
        """The first and the last position."""
        return self.first + self.shift, self.last + self.shift

    def renumbered(self, first: int) -> Span:
        """The same events under sequences that begin with ``first``."""
        return Span(first, first + len(self) - 1, self.shift + self.first - first)


def within(spans: Iterable[Span], ranges: Iterable[Range]) -> list[Span]:
    """The parts of the spans whose sequences lie in the ranges; both in ascending order."""
    wanted = list(ranges)
    return [
        Span(max(span.first, first), min(span.last, last), span.shift)
        for span in spans
        for first, last in wanted
        if span.first <= last and first <= span.last
    ]


def without(spans: Iterable[Span], ranges: Iterable[Range]) -> list[Span]:
    """The spans less the sequences in the ranges; an open span stays open."""
    return within(spans, RangeSet(ranges).gaps(1, OPEN))


def joined(spans: Sequence[Span]) -> list[Span]:
    """The same mapping with as few spans as can be."""
    fewest: list[Span] = []
    for span in spans:
        if fewest and (fewest[-1].last + 1, fewest[-1].shift) == (span.first, span.shift):
            fewest[-1] = Span(fewest[-1].first, span.last, span.shift)
        else:
            fewest.append(span)
    return fewest
