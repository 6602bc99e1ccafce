"""Reads what cameras told of weeks, summed by quarters of an hour where nothing is lost by it.

A month of minutes is forty thousand rows of a camera; what is asked of a month is whether doors
were watched and how many crossed. A quarter of which every minute was alike says that in one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Integer, Row, cast, func, literal_column, select

from cloud.footfall.interval import QUARTER_MS, CameraKey, Interval
from cloud.footfall.parts import COUNTED, parts_within
from cloud.footfall.tables import PART
from models.wire.ids import DeviceId, StoreId, TenantId

_MINUTES: Final = 15
# Spelt out, since PostgreSQL takes two bound parameters for two different expressions.
_QUARTER: Final = PART.c.begin_at_ms // literal_column(f"{QUARTER_MS}", Integer)
_EVERY_MINUTE: Final = 2**_MINUTES - 1
# Counting different values would have PostgreSQL sort every row. Of fifteen powers of two below
# 2**15 the sum is 2**15 - 1 where they are all different, and only there.
_MINUTE_BIT: Final = literal_column("1", Integer).bitwise_lshift(
    cast(PART.c.begin_at_ms % literal_column(f"{QUARTER_MS}", Integer), Integer)
    // literal_column("60000", Integer)
)


@dataclass(frozen=True, slots=True)
class Quarter:
    """What one camera told of one quarter of an hour.

    Attributes:
        number: counted since 1970.
        every_minute: it is one report of each of the fifteen minutes.
        minute_long: every interval is a minute's.
        least_ms: watched by a camera to be trusted, of the part that had least of that.
        most_ms: watched, of the part that was watched most.
        doors_least, doors_most: entrance lines that a part told.
    """

    key: CameraKey
    number: int
    every_minute: bool
    minute_long: bool
    least_ms: int
    most_ms: int
    doors_least: int
    doors_most: int
    ingress: int
    egress: int

    @property
    def crossed(self) -> bool:
        """Whether anybody came or went."""
        return bool(self.ingress or self.egress)

    def as_interval(self, enough_ms: int) -> Interval | None:
        """The quarter in one piece; None where its minutes differ and have to be read.

        They are alike where each of them was watched for ``enough_ms`` by a camera to be trusted
        with the same kind of lines, or none of them at all.
        """
        if not self.minute_long:
            return None
        if not self.most_ms and not self.crossed:
            return self._whole(0)
        alike = bool(self.doors_least) == bool(self.doors_most)
        watched = self.every_minute and self.least_ms >= enough_ms
        return self._whole(QUARTER_MS) if alike and watched else None

    def _whole(self, observed_ms: int) -> Interval:
        return Interval(
            self.key,
            self.number * QUARTER_MS,
            QUARTER_MS // 1000,
            observed_ms,
            self.ingress,
            self.egress,
            door=bool(self.doors_most),
        )


def quarters(
    connection: Connection,
    tenant: TenantId,
    store: StoreId,
    begin_at: datetime,
    end_at: datetime,
) -> list[Quarter]:
    """Every quarter of every camera of a store with a report, in no order."""
    of = (_QUARTER, PART.c.device, PART.c.camera)
    query = (
        select(
            *of[1:],
            _QUARTER.label("number"),
            func.count().label("parts"),
            func.sum(_MINUTE_BIT).label("minute_bits"),
            func.max(PART.c.duration_s).label("longest_s"),
            func.min(PART.c.observed_ms - PART.c.marked_ms).label("least_ms"),
            func.max(PART.c.observed_ms).label("most_ms"),
            func.min(PART.c.door_lines).label("doors_least"),
            func.max(PART.c.door_lines).label("doors_most"),
            func.sum(PART.c.ingress).label("ingress"),
            func.sum(PART.c.egress).label("egress"),
        )
        .where(*parts_within(tenant, store, begin_at, end_at), COUNTED)
        .group_by(*of)
    )
    return [_quarter(row) for row in connection.execute(query)]


def _quarter(row: Row[*tuple[Any, ...]]) -> Quarter:
    return Quarter(
        CameraKey(DeviceId(row.device), row.camera),
        int(row.number),
        every_minute=row.parts == _MINUTES and row.minute_bits == _EVERY_MINUTE,
        minute_long=row.longest_s == QUARTER_MS // 1000 // _MINUTES,
        least_ms=row.least_ms,
        most_ms=row.most_ms,
        doors_least=row.doors_least,
        doors_most=row.doors_most,
        ingress=int(row.ingress),
        egress=int(row.egress),
    )
