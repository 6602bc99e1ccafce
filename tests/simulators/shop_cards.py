"""What a shop's replica meets: invented members' cards, and a till's sales."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from models.wire.cards import Card, CardDelta, Purchase, Spend
from models.wire.events.sale import Link, LinkReason, SaleRecorded
from models.wire.ids import SaleId, TenantId, sale_id
from tests.simulators.facts import NOON, a_sale, with_revision

STORE = "sh-0001"
PHONE = "+8613916825678"
OTHER_PHONE = "+8613787655678"
WANG = str(UUID(int=0x0A11CE))
LI = str(UUID(int=0x0B0B))


def a_card(
    one_id: str = WANG,
    version: int = 1,
    *,
    phone: str = PHONE,
    family_name: str = "王",
    given_name: str = "小明",
    visits: int = 12,
    spend_minor: int = 123_450,
    purchases: Sequence[Purchase] = (),
    includes: Sequence[str] = (),
    cards: Sequence[str] = ("8800001234",),
    member_codes: Sequence[str] = (),
) -> Card:
    """The cloud's card of a member, last seen the day before ``NOON``."""
    return Card(
        one_id=one_id,
        version=version,
        since="2024-03-05T02:00:00.000Z",
        visits=visits,
        spend=[Spend("CNY", spend_minor)],
        phones=[phone] if phone else [],
        cards=list(cards),
        member_codes=list(member_codes),
        family_name=family_name,
        given_name=given_name,
        last_visit_at="2026-11-21T10:30:00.000Z",
        purchases=list(purchases),
        includes=list(includes),
    )


def a_purchase(number: int = 900, *, total_minor: int = 8_800, at: datetime = NOON) -> Purchase:
    """A purchase that the cloud knows."""
    return Purchase(
        sale_id=id_of(a_sale(number)),
        at=(at - timedelta(days=1)).astimezone(UTC).isoformat(),
        store=STORE,
        business_day="2026-11-21",
        total_minor=total_minor,
        currency="CNY",
        items=["伊利纯牛奶 250ml", "全麦面包"],
    )


def a_delta(sequence: int, card: Card) -> CardDelta:
    """One step of the shop's feed with a card."""
    return CardDelta(
        store=STORE, sequence=sequence, one_id=card.one_id, version=card.version, card=card
    )


def a_tombstone(sequence: int, one_id: str = WANG, version: int = 99) -> CardDelta:
    """One step of the shop's feed that forgets a member."""
    return CardDelta(store=STORE, sequence=sequence, one_id=one_id, version=version, card=None)


def id_of(sale: SaleRecorded) -> SaleId:
    """The sale's id through all revisions."""
    return sale_id(TenantId("demo"), sale.natural_key)


def a_void_of(sale: SaleRecorded, sequence: int, *, loyal: bool = True) -> SaleRecorded:
    """The post-void that takes a sale back; ``loyal`` keeps the member on the receipt."""
    link = Link(
        reason=LinkReason.VOID,
        business_unit=sale.business_unit,
        workstation_id=sale.workstation_id,
        business_day_date=sale.business_day_date,
        sequence_number=sale.sequence_number,
    )
    voiding = a_sale(sequence, total_minor=-sale.total_minor, end_at=sale.end_at)
    loyalty = sale.loyalty if loyal else []
    return with_revision(msgspec.structs.replace(voiding, links=[link], loyalty=loyalty))
