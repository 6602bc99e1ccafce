"""Reads the parts that a store's cameras told of a span of time: once for all that is made of them.

A day is a few thousand rows that lie apart, so looking them up is most of the work. All figures of
a day come from one reading, and what lies in other tables is found by the positions in it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, select

from cloud.footfall.interval import MINUTE_MS, QUARTER_MS, Part
from cloud.footfall.tables import PART
from cloud.storage.columns import to_ms
from models.wire.ids import StoreId, TenantId

Conditions = tuple[ColumnElement[bool], ...]

COUNTED: Final = and_(PART.c.ignored.is_(False), PART.c.superseded.is_(False))
"""Parts that are in the figures."""

_ASKED_AT_ONCE: Final = 6_000
"""Minutes that one statement names, each found by the index: SQLite takes 32,766 parameters."""

_READ: Final = select(*(PART.c[name] for name in Part._fields)).order_by(
    PART.c.begin_at_ms, PART.c.device, PART.c.camera, PART.c.duration_s, PART.c.position
)


def parts_within(
    tenant: TenantId, store: StoreId, begin_at: datetime, end_at: datetime
) -> Conditions:
    """Which parts are of a store and begin within a span, without its end; both aware."""
    return (
        PART.c.tenant == tenant,
        PART.c.store == store,
        PART.c.begin_at_ms >= to_ms(begin_at),
        PART.c.begin_at_ms < to_ms(end_at),
    )


def read_parts(connection: Connection, here: Conditions) -> list[Part]:
    """Every part, those that are in no figure too, in order of time."""
    return list(map(Part._make, connection.execute(_READ.where(*here)).all()))


def read_quarters(
    connection: Connection, here: Conditions, quarters: Collection[int]
) -> list[Part]:
    """Those that begin in these quarters of an hour, numbered since 1970."""
    minutes = [
        quarter * QUARTER_MS + minute
        for quarter in sorted(quarters)
        for minute in range(0, QUARTER_MS, MINUTE_MS)
    ]
    return [
        part
        for at in range(0, len(minutes), _ASKED_AT_ONCE)
        for part in read_parts(
            connection, (*here, PART.c.begin_at_ms.in_(minutes[at : at + _ASKED_AT_ONCE]))
        )
    ]


def totals(connection: Connection) -> tuple[int, int]:
    """Crossings in and out of the whole service, as far as the ledger was folded."""
    sums: Any = [func.coalesce(func.sum(PART.c[name]), 0) for name in ("ingress", "egress")]
    ingress, egress = connection.execute(select(*sums).where(COUNTED)).one()
    return int(ingress), int(egress)
