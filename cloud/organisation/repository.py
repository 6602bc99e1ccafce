"""Keeps tenants and stores. Every function works inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cloud.errors import Conflict
from cloud.organisation.facts import Store
from cloud.organisation.tables import STORE, TENANT
from cloud.storage import in_turn
from cloud.storage.columns import to_ms
from models.wire.ids import StoreId, TenantId


class Ensured(StrEnum):
    """What had to be done for a store to be as described."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def ensure_store(connection: Connection, store: Store, now: datetime) -> Ensured:
    """Make a store what it is said to be, and its tenant known. Idempotent.

    Name, time zone and the day's begin follow the description. Currency and phone region stay as
    first written: totals were added up in the one, and members were recognised by the other.

    Raises:
        Conflict: the store exists with another currency or phone region.
    """
    in_turn(connection, f"organisation {store.tenant}")
    known = find_store(connection, store.tenant, store.store)
    if known is None:
        _create(connection, store, now)
        return Ensured.CREATED
    if known == store:
        return Ensured.UNCHANGED
    _refuse_rewriting(known, store)
    connection.execute(
        update(STORE)
        .where(STORE.c.tenant == store.tenant, STORE.c.store == store.store)
        .values(name=store.name, timezone=store.timezone, day_begins_hour=store.day_begins_hour)
    )
    return Ensured.CHANGED


def find_store(connection: Connection, tenant: TenantId, store: StoreId) -> Store | None:
    """One store, or None."""
    query = select(STORE).where(STORE.c.tenant == tenant, STORE.c.store == store)
    row = connection.execute(query).one_or_none()
    return None if row is None else _store(row)


def stores_of(connection: Connection, tenant: TenantId) -> list[Store]:
    """A tenant's stores, by their id."""
    query = select(STORE).where(STORE.c.tenant == tenant).order_by(STORE.c.store)
    return [_store(row) for row in connection.execute(query)]


def tenants(connection: Connection) -> list[TenantId]:
    """All tenants, by name."""
    query = select(TENANT.c.tenant).order_by(TENANT.c.tenant)
    return [TenantId(row.tenant) for row in connection.execute(query)]


def _create(connection: Connection, store: Store, now: datetime) -> None:
    known = select(TENANT.c.tenant).where(TENANT.c.tenant == store.tenant)
    if connection.execute(known).one_or_none() is None:
        connection.execute(insert(TENANT).values(tenant=store.tenant, created_ms=to_ms(now)))
    connection.execute(
        insert(STORE).values(
            tenant=store.tenant,
            store=store.store,
            name=store.name,
            timezone=store.timezone,
            currency=store.currency,
            phone_region=store.phone_region,
            day_begins_hour=store.day_begins_hour,
            created_ms=to_ms(now),
        )
    )


def _refuse_rewriting(known: Store, wanted: Store) -> None:
    for fact, before, after in (
        ("currency", known.currency, wanted.currency),
        ("phone region", known.phone_region, wanted.phone_region),
    ):
        if before != after:
            raise Conflict(
                f"store {known.store} has the {fact} {before}, which cannot become {after}; "
                "open the shop under another id"
            )


def _store(row: Row[Any]) -> Store:
    return Store(
        tenant=TenantId(row.tenant),
        store=StoreId(row.store),
        name=row.name,
        timezone=row.timezone,
        currency=row.currency,
        phone_region=row.phone_region,
        day_begins_hour=row.day_begins_hour,
    )
