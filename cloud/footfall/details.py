"""Reads what cameras told beside heads: lines, zones, heat and marks of a span of time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from cloud.footfall.detail import unpacked
from cloud.footfall.reports import COUNTED, CameraKey, parts_within
from cloud.footfall.tables import HEAT, LINE, PART, ZONE
from models.wire.events.footfall import LineKind, LineTally, MarkKind, ZoneKind
from models.wire.ids import DeviceId, StoreId, TenantId

_LINE_SUMS = (
    "ingress",
    "egress",
    "staff_ingress",
    "staff_egress",
    "groups_in",
    "groups_out",
    "again",
)


@dataclass(frozen=True, slots=True)
class LineCount:
    """One line over the span.

    Attributes:
        analysed: all of it; where False its sub-counts are unknown, whatever they say.
    """

    key: CameraKey
    tally: LineTally
    analysed: bool


@dataclass(frozen=True, slots=True)
class ZoneCount:
    """One zone in one part of an interval; what it says adds up, but ``most``.

    Attributes:
        begin_ms: milliseconds since 1970, UTC.
        observed_ms: how long its camera watched.
        stays: stays that ended, by the bucket of ``STAY_BOUNDS_S``.
    """

    key: CameraKey
    begin_ms: int
    observed_ms: int
    zone: str
    kind: ZoneKind
    person_ms: int
    staff_ms: int
    most: int
    stays: Mapping[int, int]
    cut: int

    @property
    def first_minute(self) -> int:
        """Its first minute, as a number since 1970."""
        return self.begin_ms // 60_000


class Details:
    """What the cameras of one store told of a span of time, inside the caller's transaction."""

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
        self._here = (*parts_within(tenant, store, begin_at, end_at), COUNTED)

    def lines(self) -> list[LineCount]:
        """Every line, by camera and name."""
        of = (PART.c.device, PART.c.camera, LINE.c.line, LINE.c.kind)
        sums = [func.sum(LINE.c[name]).label(name) for name in _LINE_SUMS]
        query = (
            select(*of, func.min(PART.c.analyses).label("analyses"), *sums)
            .join(LINE, LINE.c.position == PART.c.position)
            .where(*self._here)
            .group_by(*of)
            .order_by(*of)
        )
        return [
            LineCount(
                CameraKey(DeviceId(row.device), row.camera),
                LineTally(
                    line=row.line,
                    kind=LineKind(row.kind),
                    **{name: int(getattr(row, name)) for name in _LINE_SUMS},
                ),
                analysed=bool(row.analyses),
            )
            for row in self._connection.execute(query)
        ]

    def zones(self) -> list[ZoneCount]:
        """Every zone of every part, in order of time."""
        query = (
            select(PART.c.device, PART.c.camera, PART.c.begin_at_ms, PART.c.observed_ms, *ZONE.c)
            .join(ZONE, ZONE.c.position == PART.c.position)
            .where(*self._here)
            .order_by(PART.c.begin_at_ms, PART.c.position, ZONE.c.zone)
        )
        stays = msgspec.json.Decoder(dict[int, int], strict=False)
        return [
            ZoneCount(
                CameraKey(DeviceId(row.device), row.camera),
                row.begin_at_ms,
                row.observed_ms,
                row.zone,
                ZoneKind(row.kind),
                row.person_ms,
                row.staff_ms,
                row.most,
                stays.decode(row.stays) if row.stays != "{}" else {},
                row.cut,
            )
            for row in self._connection.execute(query)
        ]

    def heat(self) -> Mapping[CameraKey, Mapping[int, int]]:
        """Milliseconds that visitors stood in each cell of each camera's picture."""
        query = (
            select(PART.c.device, PART.c.camera, HEAT.c.cells)
            .join(HEAT, HEAT.c.position == PART.c.position)
            .where(*self._here)
        )
        found: defaultdict[CameraKey, Counter[int]] = defaultdict(Counter)
        for device, camera, cells in self._connection.execute(query):
            sums = found[CameraKey(DeviceId(device), camera)]
            for cell, ms in unpacked(cells):
                sums[cell] += ms
        return {key: dict(sorted(cells.items())) for key, cells in sorted(found.items())}

    def marks(self) -> Mapping[CameraKey, Mapping[MarkKind, int]]:
        """For how many milliseconds each camera was not to be trusted, and why."""
        query = select(PART.c.device, PART.c.camera, PART.c.marks).where(
            *self._here, PART.c.marks != "{}"
        )
        decoder = msgspec.json.Decoder(dict[MarkKind, int])
        found: defaultdict[CameraKey, Counter[MarkKind]] = defaultdict(Counter)
        for device, camera, marks in self._connection.execute(query):
            found[CameraKey(DeviceId(device), camera)].update(decoder.decode(marks))
        return {key: dict(sorted(marks.items())) for key, marks in sorted(found.items())}
