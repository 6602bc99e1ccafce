"""Reads what the sale table says of the capture of a store's day, at one consistent moment.

One day of one store is read by its index, and of the two business days before it the same columns:
they show what a till's counter does over night.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from cloud.capture.quality import (
    Captured,
    SourceFigures,
    TillFigures,
    by_source,
    by_till,
    source_of,
)
from cloud.capture.sequence import Taken
from cloud.sales.tables import SALE, AnyRow
from models.wire.calendar import YEARS
from models.wire.events.sale import Kind
from models.wire.ids import StoreId, TenantId

_BEFORE: Final = 2
_WITHIN: Final = timedelta(days=14)
"""A till that nobody used for longer has shown no habit."""

_COLUMNS: Final = tuple(
    SALE.c[name]
    for name in (
        "sale_id",
        "workstation",
        "sequence_number",
        "kind",
        "standing",
        "flags",
        "source",
        "profile_version",
        "end_at_ms",
        "captured_at_ms",
        "received_at_ms",
    )
)


@dataclass(frozen=True, slots=True)
class CaptureDay:
    """How a store's business day was captured.

    Attributes:
        tills: by name; a till that is known by true numbers and by printed receipts has two.
        disagreeing: transactions whose sums do not come out.
    """

    day: date
    tills: tuple[TillFigures, ...]
    sources: tuple[SourceFigures, ...]
    transactions: int
    flagged: int
    disagreeing: int

    @property
    def missing(self) -> int:
        """Numbers that nobody has, over all tills."""
        return sum(till.missing for till in self.tills if not till.beside)

    @property
    def repeated(self) -> int:
        """Numbers that several transactions have, over all tills."""
        return sum(till.repeated for till in self.tills if not till.beside)


def read_capture_day(
    connection: Connection, tenant: TenantId, store: StoreId, day: date
) -> CaptureDay:
    """The day as it stands now."""
    today = _of_day(connection, tenant, store, day)
    before = [
        _of_day(connection, tenant, store, each)
        for each in _days_before(connection, tenant, store, day)
    ]
    return CaptureDay(
        day=day,
        tills=by_till(today, before),
        sources=by_source(today),
        transactions=len(today),
        flagged=sum(bool(each.flags) for each in today),
        disagreeing=sum(each.disagrees for each in today),
    )


def _days_before(connection: Connection, tenant: TenantId, store: StoreId, day: date) -> list[date]:
    if day.year not in YEARS or (day - _WITHIN).year not in YEARS:
        return []
    query = (
        select(SALE.c.business_day)
        .where(
            SALE.c.tenant == tenant,
            SALE.c.store == store,
            SALE.c.business_day >= day - _WITHIN,
            SALE.c.business_day < day,
        )
        .distinct()
        .order_by(SALE.c.business_day.desc())
        .limit(_BEFORE)
    )
    return list(connection.execute(query).scalars())


def _of_day(connection: Connection, tenant: TenantId, store: StoreId, day: date) -> list[Captured]:
    here: tuple[Any, ...] = (
        SALE.c.tenant == tenant,
        SALE.c.store == store,
        SALE.c.business_day == day,
    )
    return [_captured(row) for row in connection.execute(select(*_COLUMNS).where(*here))]


def _captured(row: AnyRow) -> Captured:
    return Captured(
        taken=Taken(row.sequence_number, row.sale_id, row.end_at_ms, row.received_at_ms),
        workstation=row.workstation,
        kind=Kind(row.kind),
        standing=row.standing,
        flags=frozenset(row.flags.split()),
        source=source_of(row.source, row.profile_version),
        captured_ms=row.captured_at_ms,
    )
