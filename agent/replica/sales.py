"""What of a till's transaction reaches a card: pure rules, no storage.

Only money that moved counts: training, given-up and parked transactions and the till's controls
never lie over a card. A return counts with its negative total and is no visit. The cloud decides
by the same rules (``cloud.sales.standing``), so that its card changes nothing when it comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, assert_never

from agent.replica.view import LaidSale
from models.wire.cards import Purchase
from models.wire.envelope import utc_ms
from models.wire.events.sale import Kind, LineKind, LinkReason, SaleRecorded, Status
from models.wire.ids import SaleId

_ITEMS: Final = 5
_LONGEST_ITEM: Final = 60


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a transaction stands in a shop's day; links between transactions name this."""

    business_unit: str
    workstation_id: str
    business_day: str
    sequence_number: str

    def __str__(self) -> str:
        parts = (self.business_unit, self.workstation_id, self.business_day, self.sequence_number)
        return "\x1f".join(parts)


def counts(sale: SaleRecorded) -> bool:
    """Whether the transaction changes a member's figures at all."""
    if sale.kind is not Kind.RETAIL:
        return False
    match sale.status:
        case Status.COMPLETED | Status.OFFLINE:
            return True
        case Status.VOIDED:  # some tills call the receipt that takes a sale back "voided" as well
            return _takes_sale_back(sale)
        case Status.SUSPENDED | Status.TRAINING:
            return False
        case _:
            assert_never(sale.status)


def receipt_of(sale: SaleRecorded) -> Receipt:
    """The transaction's own place."""
    return Receipt(
        sale.business_unit,
        sale.workstation_id,
        sale.business_day_date.isoformat(),
        sale.sequence_number,
    )


def voided_receipt(sale: SaleRecorded) -> Receipt | None:
    """The place of the sale that this post-void takes back; None for any other transaction.

    What a link leaves out is the voiding transaction's own: tills shorten links within a day.
    """
    void = next((link for link in sale.links if link.reason is LinkReason.VOID), None)
    if void is None or not void.sequence_number:
        return None
    day = void.business_day_date or sale.business_day_date
    return Receipt(
        void.business_unit or sale.business_unit,
        void.workstation_id or sale.workstation_id,
        day.isoformat(),
        void.sequence_number,
    )


def laid_sale(sale: SaleRecorded, sale_id: SaleId) -> LaidSale:
    """What the transaction adds to a card."""
    return LaidSale(
        revision=sale.revision,
        purchase=Purchase(
            sale_id=sale_id,
            at=utc_ms(_aware(sale.end_at)),
            store=sale.natural_key.partition("/")[0],
            business_day=sale.business_day_date.isoformat(),
            total_minor=sale.total_minor,
            currency=sale.currency,
            items=_items(sale),
        ),
        visits=_visits(sale),
    )


def _aware(moment: datetime) -> datetime:
    """The moment itself; UTC where a till wrote no offset and its profile none."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _visits(sale: SaleRecorded) -> int:
    if _takes_sale_back(sale):
        return -1 if sale.total_minor < 0 and voided_receipt(sale) else 0
    goods = [line.kind for line in sale.lines if not line.void]
    returned = all(kind is LineKind.RETURN for kind in goods) if goods else sale.total_minor < 0
    return 0 if returned else 1


def _takes_sale_back(sale: SaleRecorded) -> bool:
    return any(link.reason is LinkReason.VOID for link in sale.links)


def _items(sale: SaleRecorded) -> list[str]:
    shown = [line.description for line in sale.lines if line.description and not line.void]
    return [description[:_LONGEST_ITEM] for description in shown[:_ITEMS]]
