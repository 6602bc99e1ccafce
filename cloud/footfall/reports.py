"""What a store's cameras reported of a span of time, their parts added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, select

from cloud.footfall.details import LineCount
from cloud.footfall.interval import CameraKey, Interval, Part, intervals_of, looking
from cloud.footfall.parts import parts_within, read_parts, read_quarters
from cloud.footfall.tables import PART
from models.wire.events.footfall import GapReason, LineKind, MarkKind
from models.wire.ids import StoreId, TenantId

_Reason = TypeVar("_Reason", GapReason, MarkKind)

_GAPS: Final = msgspec.json.Decoder(dict[GapReason, int])
_MARKS: Final = msgspec.json.Decoder(dict[MarkKind, int])


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What one camera reported over a span.

    Attributes:
        lines: crossings in and out by entrance line.
        gaps_ms: why it did not watch, and how long.
    """

    key: CameraKey
    observed_ms: int
    lines: Mapping[str, tuple[int, int]]
    gaps_ms: Mapping[GapReason, int]

    @property
    def ingress(self) -> int | None:
        """People who came in over all its lines; None when it never watched."""
        return self._sum(0)

    @property
    def egress(self) -> int | None:
        """People who went out over all its lines; None when it never watched."""
        return self._sum(1)

    def _sum(self, direction: int) -> int | None:
        if not self.observed_ms and not any(map(any, self.lines.values())):
            return None
        return sum(crossings[direction] for crossings in self.lines.values())


class Reports:
    """Reports of one store about a span of time, inside the caller's transaction.

    The parts are read when they are first needed, once for everything.
    """

    def __init__(
        self,
        connection: Connection,
        tenant: TenantId,
        store: StoreId,
        begin_at: datetime,
        end_at: datetime,
    ) -> None:
        """The span is from ``begin_at`` up to but without ``end_at``; both aware."""
        self._connection = connection
        self._here = parts_within(tenant, store, begin_at, end_at)

    @cached_property
    def parts(self) -> list[Part]:
        """Every part, those that are in no figure too, in order of time."""
        return read_parts(self._connection, self._here)

    def exist(self) -> bool:
        """Whether any camera reported anything, if only that it did not watch."""
        query = select(PART.c.position).where(*self._here).limit(1)
        return self._connection.execute(query).first() is not None

    def ignored(self) -> int:
        """How many reports made no sense and are in no figure."""
        return sum(part.ignored for part in self.parts)

    def intervals(self) -> list[Interval]:
        """Every interval that was reported, in order of time; parts of one are added."""
        return looking(intervals_of(self._counted))

    def intervals_within(self, quarters: Collection[int]) -> list[Interval]:
        """Those that begin in these quarters of an hour, numbered since 1970, and no others read.

        Where unwatched ones look is left open: ask ``looking`` with all of a day's.
        """
        parts = read_quarters(self._connection, self._here, quarters)
        return intervals_of(part for part in parts if part.is_counted)

    def cameras(
        self, intervals: Iterable[Interval], lines: Iterable[LineCount]
    ) -> list[CameraReport]:
        """The cameras behind the intervals, by device and name, with their gaps and these lines."""
        observed: Counter[CameraKey] = Counter()
        for interval in intervals:
            observed[interval.key] += interval.observed_ms
        doors: defaultdict[CameraKey, dict[str, tuple[int, int]]] = defaultdict(dict)
        for each in lines:
            if each.tally.kind is LineKind.ENTRANCE:
                doors[each.key][each.tally.line] = each.tally.ingress, each.tally.egress
        gaps = _lost(self._counted, lambda part: part.gaps, _GAPS)
        return [
            CameraReport(key, observed[key], doors[key], gaps.get(key, {}))
            for key in sorted(observed)
        ]

    def marks(self) -> Mapping[CameraKey, Mapping[MarkKind, int]]:
        """For how many milliseconds each camera was not to be trusted, and why."""
        return _lost(self._counted, lambda part: part.marks, _MARKS)

    @property
    def _counted(self) -> Iterable[Part]:
        return (part for part in self.parts if part.is_counted)


def _lost(
    parts: Iterable[Part],
    said: Callable[[Part], str],
    decoder: msgspec.json.Decoder[dict[_Reason, int]],
) -> dict[CameraKey, dict[_Reason, int]]:
    found: defaultdict[CameraKey, Counter[_Reason]] = defaultdict(Counter)
    for part in parts:
        if (text := said(part)) != "{}":
            found[part.key].update(decoder.decode(text))
    return {key: dict(sorted(sums.items())) for key, sums in sorted(found.items())}
