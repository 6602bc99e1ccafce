"""Reads the footfall tables: what cameras reported of a span of time, their parts added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, select

from cloud.footfall.tables import LINE, PART
from cloud.storage.columns import to_ms
from models.wire.events.footfall import GapReason
from models.wire.ids import DeviceId, StoreId, TenantId

_MINUTE_MS: Final = 60_000
_COUNTED: Final = and_(PART.c.ignored.is_(False), PART.c.superseded.is_(False))


class CameraKey(NamedTuple):
    """A camera's name is unique within its device."""

    device: DeviceId
    camera: str


@dataclass(frozen=True, slots=True)
class Interval:
    """What one camera counted in one interval.

    Attributes:
        begin_ms: milliseconds since 1970, UTC, on a full minute.
        observed_ms: at most the interval's length; with 0, zero crossings mean nothing.
    """

    key: CameraKey
    begin_ms: int
    duration_s: int
    observed_ms: int
    ingress: int
    egress: int

    @property
    def first_minute(self) -> int:
        """Its first minute, as a number since 1970."""
        return self.begin_ms // _MINUTE_MS


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What one camera reported over a span.

    Attributes:
        lines: crossings in and out by line.
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
        self._here: tuple[ColumnElement[bool], ...] = (
            PART.c.tenant == tenant,
            PART.c.store == store,
            PART.c.begin_at_ms >= to_ms(begin_at),
            PART.c.begin_at_ms < to_ms(end_at),
        )

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
        of = (PART.c.device, PART.c.camera, PART.c.begin_at_ms, PART.c.duration_s)
        sums = (func.sum(PART.c[name]) for name in ("observed_ms", "ingress", "egress"))
        query = (
            select(*of, *sums)
            .where(*self._here, _COUNTED)
            .group_by(*of)
            .order_by(PART.c.begin_at_ms, PART.c.device, PART.c.camera, PART.c.duration_s)
        )
        return [
            Interval(
                CameraKey(DeviceId(device), camera),
                begin_ms,
                duration_s,
                # A minute that the device's clock lived through twice was watched once.
                min(int(observed), 1000 * duration_s),
                int(ingress),
                int(egress),
            )
            for device, camera, begin_ms, duration_s, observed, ingress, egress in (
                self._connection.execute(query)
            )
        ]

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
            .where(*self._here, _COUNTED)
            .group_by(*of)
            .order_by(*of)
        )
        found: defaultdict[CameraKey, dict[str, tuple[int, int]]] = defaultdict(dict)
        for device, camera, line, ingress, egress in self._connection.execute(query):
            found[CameraKey(device, camera)][line] = (int(ingress), int(egress))
        return found

    def _gaps(self) -> Mapping[CameraKey, dict[GapReason, int]]:
        query = select(PART.c.device, PART.c.camera, PART.c.gaps).where(
            *self._here, _COUNTED, PART.c.gaps != "{}"
        )
        found: defaultdict[CameraKey, Counter[GapReason]] = defaultdict(Counter)
        for device, camera, gaps in self._connection.execute(query):
            found[CameraKey(device, camera)].update(_decode_gaps(gaps))
        return defaultdict(dict, {key: dict(sorted(gaps.items())) for key, gaps in found.items()})


def totals(connection: Connection) -> tuple[int, int]:
    """Crossings in and out of the whole service, as far as the ledger was folded."""
    sums: Any = [func.coalesce(func.sum(PART.c[name]), 0) for name in ("ingress", "egress")]
    ingress, egress = connection.execute(select(*sums).where(_COUNTED)).one()
    return int(ingress), int(egress)


def _decode_gaps(gaps: str) -> dict[GapReason, int]:
    return msgspec.json.decode(gaps, type=dict[GapReason, int])
