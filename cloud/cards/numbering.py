"""Numbers the deltas of every shop's feed, without holes at the time of writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from cloud.cards.tables import CARD_FEED, CARD_SHOP
from cloud.members.statements import run_many
from models.wire.ids import OneId, StoreId, TenantId

_HEADS: Final = select(CARD_SHOP).where(
    CARD_SHOP.c.tenant.in_(bindparam("tenants", expanding=True)),
    CARD_SHOP.c.store.in_(bindparam("stores", expanding=True)),
)
_REPLACE_DELTA: Final = (
    update(CARD_FEED)
    .where(
        CARD_FEED.c.tenant == bindparam("of_tenant"),
        CARD_FEED.c.store == bindparam("of_store"),
        CARD_FEED.c.one_id == bindparam("of"),
    )
    .values({name: bindparam(name) for name in ("sequence", "version", "tombstone")})
)
_MOVE_HEAD: Final = (
    update(CARD_SHOP)
    .where(CARD_SHOP.c.tenant == bindparam("of_tenant"), CARD_SHOP.c.store == bindparam("of_store"))
    .values(head=bindparam("head"))
)


@dataclass(frozen=True, slots=True)
class Delta:
    """A step of one shop's feed that has no number yet.

    Attributes:
        again: the feed has an older delta of this member, which this one replaces.
    """

    tenant: TenantId
    store: StoreId
    one_id: OneId
    version: int
    tombstone: bool
    again: bool


def number(connection: Connection, deltas: Sequence[Delta]) -> None:
    """Give the deltas the next sequences of their shops and write them."""
    shops = {(delta.tenant, delta.store) for delta in deltas}
    if not shops:
        return
    wanted = {
        "tenants": sorted({tenant for tenant, _ in shops}),
        "stores": sorted({store for _, store in shops}),
    }
    found = connection.execute(_HEADS, wanted)
    stored = {(row.tenant, row.store): row.head for row in found}
    heads = {shop: stored.get(shop, 0) for shop in shops}
    new: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for delta in deltas:
        shop = delta.tenant, delta.store
        heads[shop] += 1
        (again if delta.again else new).append(_delta_row(delta, heads[shop]))
    run_many(connection, insert(CARD_FEED), new)
    run_many(connection, _REPLACE_DELTA, [_addressed(row) for row in again])
    moved = [
        {"tenant": tenant, "store": store, "head": heads[tenant, store]} for tenant, store in heads
    ]
    run_many(connection, insert(CARD_SHOP), [row for row in moved if _shop(row) not in stored])
    run_many(connection, _MOVE_HEAD, [_addressed(row) for row in moved if _shop(row) in stored])


def _delta_row(delta: Delta, sequence: int) -> dict[str, Any]:
    return {
        "tenant": delta.tenant,
        "store": delta.store,
        "one_id": delta.one_id,
        "sequence": sequence,
        "version": delta.version,
        "tombstone": delta.tombstone,
    }


def _shop(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["tenant"], row["store"]


def _addressed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose key is given under other names, as an UPDATE's condition wants it."""
    key = {"of_tenant": row["tenant"], "of_store": row["store"]}
    if "one_id" in row:
        key["of"] = row["one_id"]
    return key | {
        name: value for name, value in row.items() if name not in ("tenant", "store", "one_id")
    }
