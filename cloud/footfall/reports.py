"""Reads the footfall tables: what cameras reported of a span of time, their parts added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, select

from cloud.footfall.tables import LINE, PART
from cloud.storage.columns import to_ms
from models.wire.events.footfall import GapReason, LineKind
from models.wire.ids import DeviceId, StoreId, TenantId

_MINUTE_MS: Final = 60_000
COUNTED: Final = and_(PART.c.ignored.is_(False), PART.c.superseded.is_(False))
"""Parts that are in the figures."""

QUARTER_MS: Final = 900_000
_ASKED_AT_ONCE: Final = 6_000
"""Minutes that one statement names, each found by the index: SQLite takes 32,766 parameters."""

_CROWD: Final = ("staff_ingress", "staff_egress", "groups_in", "groups_out", "again", "passers")
_SUMS: Final = (
    "observed_ms",
    "ingress",
    "egress",
    "door_lines",
    "passing_lines",
    "marked_ms",
    *_CROWD,
)
# What an old agent told has heads and nothing else; an unwatched minute has nothing to be unknown.
_UNKNOWN: Final = case(
    (and_(PART.c.analyses == "", PART.c.observed_ms + PART.c.ingress + PART.c.egress > 0), 1),
    else_=0,
)


class CameraKey(NamedTuple):
    """A camera's name is unique within its device."""

    device: DeviceId
    camera: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who the heads of an interval were, over all lines of a camera.

    Attributes:
        staff_in, staff_out: how many of those who came and went were staff.
        groups_in, groups_out: groups of visitors; somebody alone is one.
        again: how many of those who came had gone out shortly before.
        passers: who crossed a passing line, either way, without staff.
    """

    staff_in: int = 0
    staff_out: int = 0
    groups_in: int = 0
    groups_out: int = 0
    again: int = 0
    passers: int = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """What one camera counted in one interval.

    Attributes:
        begin_ms: milliseconds since 1970, UTC, on a full minute.
        observed_ms: at most the interval's length; with 0, zero crossings mean nothing.
        door: the camera looks at an entrance; so does one that never watched, for all we know.
        passing: it looks at who walks past.
        marked_ms: for so long the camera is not to be trusted.
        crowd: None where nobody analysed that, which is unknown.
    """

    key: CameraKey
    begin_ms: int
    duration_s: int
    observed_ms: int
    ingress: int
    egress: int
    door: bool = True
    passing: bool = False
    marked_ms: int = 0
    crowd: Crowd | None = None

    @property
    def first_minute(self) -> int:
        """Its first minute, as a number since 1970."""
        return self.begin_ms // _MINUTE_MS


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


def parts_within(
    tenant: TenantId, store: StoreId, begin_at: datetime, end_at: datetime
) -> tuple[ColumnElement[bool], ...]:
    """Which parts are of a store and begin within a span, without its end; both aware."""
    return (
        PART.c.tenant == tenant,
        PART.c.store == store,
        PART.c.begin_at_ms >= to_ms(begin_at),
        PART.c.begin_at_ms < to_ms(end_at),
    )


class Reports:
    """Reports of one store about a span of time, inside the caller's transaction."""

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

    def exist(self) -> bool:
        """Whether any camera reported anything, if only that it did not watch."""
        query = select(PART.c.position).where(*self._here).limit(1)
        return self._connection.execute(query).first() is not None

    def ignored(self) -> int:
        """How many reports made no sense and are in no figure."""
        query = select(func.count()).where(*self._here, PART.c.ignored.is_(True))
        return int(self._connection.execute(query).scalar_one())

    def intervals(self) -> list[Interval]:
        """Every interval that was reported, in order of time; parts of one are added."""
        return looking(self._added())

    def intervals_within(self, quarters: Collection[int]) -> list[Interval]:
        """Those that begin in these quarters of an hour, numbered since 1970.

        Where unwatched ones look is left open: ask ``looking`` with all of a day's.
        """
        minutes = [
            quarter * QUARTER_MS + minute * _MINUTE_MS
            for quarter in sorted(quarters)
            for minute in range(QUARTER_MS // _MINUTE_MS)
        ]
        return [
            each
            for at in range(0, len(minutes), _ASKED_AT_ONCE)
            for each in self._added(PART.c.begin_at_ms.in_(minutes[at : at + _ASKED_AT_ONCE]))
        ]

    def _added(self, *narrowed: ColumnElement[bool]) -> list[Interval]:
        of = (PART.c.device, PART.c.camera, PART.c.begin_at_ms, PART.c.duration_s)
        sums = [func.sum(PART.c[name]).label(name) for name in _SUMS]
        query = (
            select(*of, *sums, func.sum(_UNKNOWN).label("unknown"))
            .where(*self._here, COUNTED, *narrowed)
            .group_by(*of)
            .order_by(PART.c.begin_at_ms, PART.c.device, PART.c.camera, PART.c.duration_s)
        )
        return [_interval(row) for row in self._connection.execute(query)]

    def cameras(self, intervals: Iterable[Interval]) -> list[CameraReport]:
        """The cameras behind the intervals, by device and name, with their lines and gaps."""
        observed: Counter[CameraKey] = Counter()
        for interval in intervals:
            observed[interval.key] += interval.observed_ms
        lines, gaps = self._lines(), self._gaps()
        return [CameraReport(key, observed[key], lines[key], gaps[key]) for key in sorted(observed)]

    def _lines(self) -> Mapping[CameraKey, dict[str, tuple[int, int]]]:
        of = (PART.c.device, PART.c.camera, LINE.c.line)
        query = (
            select(*of, func.sum(LINE.c.ingress), func.sum(LINE.c.egress))
            .join(LINE, LINE.c.position == PART.c.position)
            .where(*self._here, COUNTED, LINE.c.kind == LineKind.ENTRANCE.value)
            .group_by(*of)
            .order_by(*of)
        )
        found: defaultdict[CameraKey, dict[str, tuple[int, int]]] = defaultdict(dict)
        for device, camera, line, ingress, egress in self._connection.execute(query):
            found[CameraKey(device, camera)][line] = (int(ingress), int(egress))
        return found

    def _gaps(self) -> Mapping[CameraKey, dict[GapReason, int]]:
        query = select(PART.c.device, PART.c.camera, PART.c.gaps).where(
            *self._here, COUNTED, PART.c.gaps != "{}"
        )
        found: defaultdict[CameraKey, Counter[GapReason]] = defaultdict(Counter)
        for device, camera, gaps in self._connection.execute(query):
            found[CameraKey(device, camera)].update(_decode_gaps(gaps))
        return defaultdict(dict, {key: dict(sorted(gaps.items())) for key, gaps in found.items()})


def looking(intervals: Sequence[Interval]) -> list[Interval]:
    """The intervals of a span, the unwatched ones looking where their camera was seen to look.

    A camera that never watched looks at a door, for all we know.
    """
    watched = {each.key for each in intervals if each.observed_ms}
    doors = {each.key for each in intervals if each.observed_ms and each.door}
    passing = {each.key for each in intervals if each.observed_ms and each.passing}
    return [
        each
        if each.observed_ms
        else replace(
            each,
            door=each.key in doors or each.key not in watched,
            passing=each.key in passing,
        )
        for each in intervals
    ]


def _interval(row: Row[*tuple[Any, ...]]) -> Interval:
    observed_ms = int(row.observed_ms)
    return Interval(
        CameraKey(DeviceId(row.device), row.camera),
        row.begin_at_ms,
        row.duration_s,
        # A minute that the device's clock lived through twice was watched once.
        min(observed_ms, 1000 * row.duration_s),
        int(row.ingress),
        int(row.egress),
        door=bool(row.door_lines),
        passing=bool(row.passing_lines),
        marked_ms=min(int(row.marked_ms), 1000 * row.duration_s),
        crowd=None if row.unknown or not observed_ms else _crowd(row),
    )


def _crowd(row: Row[*tuple[Any, ...]]) -> Crowd:
    return Crowd(*(int(getattr(row, name)) for name in _CROWD))


def totals(connection: Connection) -> tuple[int, int]:
    """Crossings in and out of the whole service, as far as the ledger was folded."""
    sums: Any = [func.coalesce(func.sum(PART.c[name]), 0) for name in ("ingress", "egress")]
    ingress, egress = connection.execute(select(*sums).where(COUNTED)).one()
    return int(ingress), int(egress)


def _decode_gaps(gaps: str) -> dict[GapReason, int]:
    return msgspec.json.decode(gaps, type=dict[GapReason, int])
