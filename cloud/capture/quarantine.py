"""Reads what the shops could not read: the records in quarantine, and one beside its reading."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, func, select

from cloud.capture.tables import QUARANTINED, RELEASED
from cloud.sales.tables import AnyRow
from cloud.storage.columns import from_ms, to_ms
from models.wire.events.capture import TILL_FOLDER, Piece, ReleasedHow
from models.wire.ids import DeviceId, StoreId, TenantId


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A stay of a record in quarantine; fields as in ``RecordQuarantined``. Times are aware UTC.

    Attributes:
        released_at, how: None while it is there.
    """

    tenant: TenantId
    store: StoreId
    device: DeviceId
    name: str
    quarantined_at: datetime
    source: str
    adapter: str
    profile: str
    profile_version: int
    file: str
    record: int
    key: str
    reason: str
    size_bytes: int
    pieces: tuple[Piece, ...]
    pieces_left_out: int
    released_at: datetime | None
    how: ReleasedHow | None

    @property
    def is_of_till_folder(self) -> bool:
        """Whether it came by the till's folder, which has a name in each language instead."""
        return self.source == TILL_FOLDER

    @property
    def is_released(self) -> bool:
        """Whether it has left the quarantine."""
        return self.how is not None


def records(
    connection: Connection,
    tenant: TenantId,
    store: StoreId | None = None,
    *,
    stores: Collection[StoreId] | None = None,
    released: bool = False,
    limit: int = 100,
) -> list[Quarantined]:
    """Records in quarantine, the oldest first; or those that have left it, the newest first.

    ``store``: of this one only; ``stores``: of these only, where somebody may see no others.
    """
    query = _joined().where(QUARANTINED.c.tenant == tenant)
    if store is not None:
        query = query.where(QUARANTINED.c.store == store)
    if stores is not None:
        query = query.where(QUARANTINED.c.store.in_(sorted(stores)))
    began = QUARANTINED.c.quarantined_ms
    if released:
        query = query.where(RELEASED.c.how.is_not(None)).order_by(RELEASED.c.released_ms.desc())
    else:
        query = query.where(RELEASED.c.how.is_(None)).order_by(began)
    query = query.order_by(QUARANTINED.c.device, QUARANTINED.c.name).limit(limit)
    return [_record(row) for row in connection.execute(query)]


def count_records(connection: Connection, tenant: TenantId, store: StoreId) -> int:
    """How many records of a store are in quarantine now."""
    query = (
        select(func.count())
        .select_from(QUARANTINED.outerjoin(RELEASED, _SAME_STAY))
        .where(
            QUARANTINED.c.tenant == tenant,
            QUARANTINED.c.store == store,
            RELEASED.c.how.is_(None),
        )
    )
    return int(connection.execute(query).scalar_one())


def find_record(
    connection: Connection, tenant: TenantId, device: DeviceId, name: str, began: datetime | None
) -> Quarantined | None:
    """One stay; of a record that was there several times the newest, where none is named."""
    query = _joined().where(
        QUARANTINED.c.tenant == tenant,
        QUARANTINED.c.device == device,
        QUARANTINED.c.name == name,
    )
    if began is not None:
        query = query.where(QUARANTINED.c.quarantined_ms == to_ms(began))
    query = query.order_by(QUARANTINED.c.quarantined_ms.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _record(row)


_SAME_STAY = and_(
    *(QUARANTINED.c[name] == RELEASED.c[name] for name in ("device", "name", "quarantined_ms"))
)


def _joined() -> Select[*tuple[Any, ...]]:
    return select(QUARANTINED, RELEASED.c.released_ms, RELEASED.c.how).select_from(
        QUARANTINED.outerjoin(RELEASED, _SAME_STAY)
    )


def _record(row: AnyRow) -> Quarantined:
    return Quarantined(
        tenant=TenantId(row.tenant),
        store=StoreId(row.store),
        device=DeviceId(row.device),
        name=row.name,
        quarantined_at=from_ms(row.quarantined_ms),
        source=row.source,
        adapter=row.adapter,
        profile=row.profile,
        profile_version=row.profile_version,
        file=row.file,
        record=row.record,
        key=row.key,
        reason=row.reason,
        size_bytes=row.size_bytes,
        pieces=tuple(msgspec.json.decode(row.pieces, type=list[Piece])),
        pieces_left_out=row.pieces_left_out,
        released_at=None if row.released_ms is None else from_ms(row.released_ms),
        how=None if row.how is None else ReleasedHow(row.how),
    )
