"""What of a till's transaction reaches a card: pure rules, no storage.

Only money that moved counts: training, given-up and parked transactions and the till's controls
never lie over a card. A return counts with its negative total and is no visit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Final

from agent.replica.view import LaidSale
from models.wire.cards import Purchase
from models.wire.envelope import utc_ms
from models.wire.events.sale import Kind, Line, LineKind, Link, LinkReason, SaleRecorded, Status
from models.wire.ids import SaleId

_COUNTED: Final = frozenset({Status.COMPLETED, Status.OFFLINE})
_ITEMS: Final = 5


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
    return sale.kind is Kind.RETAIL and sale.status in _COUNTED


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
    void = next((link for link in sale.links if _is_void(link)), None)
    if void is None:
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
            at=utc_ms(sale.end_at.astimezone(UTC)),
            store=sale.natural_key.partition("/")[0],
            business_day=sale.business_day_date.isoformat(),
            total_minor=sale.total_minor,
            currency=sale.currency,
            items=[line.description for line in sale.lines if _is_shown(line)][:_ITEMS],
        ),
        visits=_visits(sale),
    )


def _visits(sale: SaleRecorded) -> int:
    if voided_receipt(sale) is not None:
        return -1 if sale.total_minor < 0 else 0
    bought = any(line.kind is LineKind.SALE and not line.void for line in sale.lines)
    return 1 if bought or not sale.lines else 0


def _is_void(link: Link) -> bool:
    return link.reason is LinkReason.VOID and link.line is None and bool(link.sequence_number)


def _is_shown(line: Line) -> bool:
    return bool(line.description) and not line.void
