"""Makes a member's card out of their sales and claims, as they stand in this transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, case, func, or_, select

from cloud.members.golden import GoldenRecord, golden_records
from cloud.members.sealing import PersonalSeals
from cloud.members.tables import MEMBER, SOURCE_RECORD
from cloud.sales.standing import Standing
from cloud.sales.tables import SALE, AnyRow
from cloud.storage.columns import from_ms
from models.wire.cards import Card, Purchase, Spend
from models.wire.envelope import utc_ms
from models.wire.events.sale import Scheme
from models.wire.ids import OneId, StoreId, TenantId

MOST_PURCHASES: Final = 10
"""As many as ``Card.purchases`` may hold."""

MOST_INCLUDED: Final = 200
INCLUDED_FOR: Final = timedelta(days=14)
"""How far back ``Card.includes`` goes, counted from the member's newest arrival at the cloud: the
ids that a shop may still have laid over the card."""

_PURCHASES: Final = (Standing.SALE.value, Standing.RETURN.value)
"""What a member's figures are made of. A sale and the post-void that takes it back are both left
out, since the cashier who voids it need not have the member's card at hand.
"""

_ITEMS = msgspec.json.Decoder(list[str])
_WANTED: Final[BindParameter[Any]] = bindparam("values", expanding=True)
_is_visit = SALE.c.standing == Standing.SALE.value
_is_purchase = SALE.c.standing.in_(_PURCHASES)

_TENANTS: Final = select(MEMBER.c.one_id, MEMBER.c.tenant).where(MEMBER.c.one_id.in_(_WANTED))
_REGISTERED: Final = (
    select(
        SOURCE_RECORD.c.one_id, SOURCE_RECORD.c.store, func.min(SOURCE_RECORD.c.at_ms).label("at")
    )
    .where(SOURCE_RECORD.c.one_id.in_(_WANTED), SOURCE_RECORD.c.sale_id.is_(None))
    .group_by(SOURCE_RECORD.c.one_id, SOURCE_RECORD.c.store)
)
_SUMS: Final = (
    select(
        SALE.c.one_id,
        SALE.c.store,
        SALE.c.currency,
        func.sum(case((_is_visit, 1), else_=0)).label("visits"),
        func.sum(case((_is_purchase, 1), else_=0)).label("purchases"),
        func.sum(case((_is_purchase, SALE.c.total_minor), else_=0)).label("spent"),
        func.max(case((_is_visit, SALE.c.end_at_ms))).label("last_visit"),
        func.min(SALE.c.end_at_ms).label("first"),
    )
    .where(SALE.c.one_id.in_(_WANTED), SALE.c.echo_of.is_(None))
    .group_by(SALE.c.one_id, SALE.c.store, SALE.c.currency)
)
_RANKED = (
    select(
        SALE.c.one_id,
        SALE.c.sale_id,
        SALE.c.end_at_ms,
        SALE.c.store,
        SALE.c.business_day,
        SALE.c.total_minor,
        SALE.c.currency,
        SALE.c["items"],  # a ColumnCollection has a method of that name
        SALE.c.received_at_ms,
        _is_purchase.label("purchase"),
        func.row_number()
        .over(
            partition_by=(SALE.c.one_id, _is_purchase),
            order_by=(SALE.c.end_at_ms.desc(), SALE.c.sale_id),
        )
        .label("by_end"),
        func.row_number()
        .over(partition_by=SALE.c.one_id, order_by=SALE.c.position.desc())
        .label("by_arrival"),
    )
    .where(SALE.c.one_id.in_(_WANTED))
    .subquery()
)
_RECENT: Final = (
    select(_RANKED)
    .where(
        or_(
            _RANKED.c.purchase & (_RANKED.c.by_end <= MOST_PURCHASES),
            _RANKED.c.by_arrival <= MOST_INCLUDED,
        )
    )
    .order_by(_RANKED.c.end_at_ms.desc(), _RANKED.c.sale_id)
)


@dataclass(frozen=True, slots=True)
class Composed:
    """A member's card before it has a version, and who needs it.

    Attributes:
        card: version 0; holds no personal data yet, that is in ``golden``.
        stores: shops where they have a sale or a registration.
    """

    one_id: OneId
    tenant: TenantId
    card: Card
    golden: GoldenRecord
    stores: frozenset[StoreId]


@dataclass(slots=True)
class _Gathered:
    """Rows of one member."""

    sums: list[AnyRow] = field(default_factory=list)
    registered: list[AnyRow] = field(default_factory=list)
    recent: list[AnyRow] = field(default_factory=list)


def compose(
    connection: Connection, seals: PersonalSeals, one_ids: Collection[OneId]
) -> list[Composed]:
    """The cards of these members, in a few statements for all; unknown members are left out."""
    wanted = {"values": list(one_ids)}
    tenants = {row.one_id: row.tenant for row in connection.execute(_TENANTS, wanted)}
    gathered: dict[OneId, _Gathered] = defaultdict(_Gathered)
    for sums in connection.execute(_SUMS, wanted):
        gathered[sums.one_id].sums.append(sums)
    for registered in connection.execute(_REGISTERED, wanted):
        gathered[registered.one_id].registered.append(registered)
    for recent in connection.execute(_RECENT, wanted):
        gathered[recent.one_id].recent.append(recent)
    golden = golden_records(connection, seals, list(tenants))
    return [
        _composed(one_id, tenant, gathered[one_id], golden[one_id])
        for one_id, tenant in tenants.items()
    ]


def with_personal(card: Card, golden: GoldenRecord) -> Card:
    """The card with what the member is known by and called."""
    return msgspec.structs.replace(
        card,
        phones=golden.values(Scheme.PHONE),
        cards=golden.values(Scheme.CARD),
        member_codes=golden.values(Scheme.MEMBER_CODE),
        family_name=golden.name.family,
        given_name=golden.name.given,
    )


def _composed(one_id: OneId, tenant: TenantId, rows: _Gathered, golden: GoldenRecord) -> Composed:
    firsts = [row.first for row in rows.sums] + [row.at for row in rows.registered]
    visits = [row.last_visit for row in rows.sums if row.last_visit is not None]
    card = Card(
        one_id=one_id,
        version=0,
        since=_utc(min(firsts)) if firsts else "",
        visits=sum(row.visits for row in rows.sums),
        spend=_spend(rows.sums),
        last_visit_at=_utc(max(visits)) if visits else "",
        purchases=[
            _purchase(row) for row in rows.recent if row.purchase and row.by_end <= MOST_PURCHASES
        ],
        includes=_includes(rows.recent),
    )
    stores = frozenset(StoreId(row.store) for row in (*rows.sums, *rows.registered))
    return Composed(one_id, tenant, card, golden, stores)


def _spend(sums: Sequence[AnyRow]) -> list[Spend]:
    spent: dict[str, int] = defaultdict(int)
    for row in sums:
        if row.purchases:
            spent[row.currency] += int(row.spent)
    return [Spend(currency, amount) for currency, amount in sorted(spent.items())]


def _purchase(row: AnyRow) -> Purchase:
    return Purchase(
        sale_id=row.sale_id,
        at=_utc(row.end_at_ms),
        store=row.store,
        business_day=row.business_day.isoformat(),
        total_minor=row.total_minor,
        currency=row.currency,
        items=_ITEMS.decode(row.items),
    )


def _includes(recent: Sequence[AnyRow]) -> list[str]:
    """The newest arrivals first. No clock is asked, so the same sales give the same card."""
    arrived = sorted(
        (row for row in recent if row.by_arrival <= MOST_INCLUDED), key=lambda row: row.by_arrival
    )
    newest_ms = max((row.received_at_ms for row in arrived), default=0)
    since_ms = newest_ms - INCLUDED_FOR // timedelta(milliseconds=1)
    return [row.sale_id for row in arrived if row.received_at_ms >= since_ms]


def _utc(ms: int) -> str:
    return utc_ms(from_ms(ms))
