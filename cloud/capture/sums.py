"""The receipts of a day that do not add up, with the sums that show it.

The sums are made anew from the ledger's event, as the shop made them: goods, discounts and added
taxes against the total, and what was paid less change against it. Nothing of a member is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, or_, select

from cloud.capture.quality import Source, source_of
from cloud.ledger.entry import entry_of
from cloud.ledger.tables import EventRow, table_of
from cloud.sales.tables import SALE, AnyRow
from cloud.storage.columns import from_ms
from models.wire.events.sale import Flag, SaleRecorded, Status
from models.wire.ids import SaleId, StoreId, TenantId

MOST_SHOWN: Final = 50

_EVENTS: Final = table_of(EventRow)
_UNPAID: Final = frozenset({Status.VOIDED, Status.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Sums:
    """What a receipt's parts come to, in minor units.

    Attributes:
        taxes_minor: taxes that are not in the lines already.
        paid_minor: tendered less change; None where nothing was to be paid.
    """

    lines_minor: int
    discounts_minor: int
    taxes_minor: int
    tendered_minor: int
    change_minor: int
    total_minor: int
    is_paid: bool

    @property
    def goods_off_minor(self) -> int:
        """Lines, discounts and added taxes less the total; 0 where they agree."""
        return self.lines_minor + self.discounts_minor + self.taxes_minor - self.total_minor

    @property
    def paid_off_minor(self) -> int:
        """Tenders less change less the total; 0 where they agree or nothing was to be paid."""
        paid = self.tendered_minor - self.change_minor
        return paid - self.total_minor if self.is_paid else 0


@dataclass(frozen=True, slots=True)
class OddReceipt:
    """A receipt that does not add up. ``end_at`` is aware UTC.

    Attributes:
        goods: whether goods and total disagree by the till's dialect; where their sum comes out
            all the same, it is the taxes that differ from what is printed as their total.
        tenders: whether what was paid and the total disagree.
    """

    sale_id: SaleId
    workstation: str
    sequence_number: str
    end_at: datetime
    source: Source
    currency: str
    goods: bool
    tenders: bool
    sums: Sums


def sums_of(sale: SaleRecorded) -> Sums:
    """The sums of one transaction."""
    return Sums(
        lines_minor=sum(line.extended_amount_minor for line in sale.lines),
        discounts_minor=sum(discount.amount_minor for discount in sale.discounts),
        taxes_minor=sum(tax.amount_minor for tax in sale.taxes if not tax.included),
        tendered_minor=sum(tender.amount_minor for tender in sale.tenders),
        change_minor=sum(tender.change_minor for tender in sale.tenders),
        total_minor=sale.total_minor,
        is_paid=sale.status not in _UNPAID,
    )


def odd_receipts(
    connection: Connection, tenant: TenantId, store: StoreId, day: date
) -> list[OddReceipt]:
    """The newest of them, at most ``MOST_SHOWN``."""
    odd = or_(
        *(
            SALE.c.flags.contains(flag.value)
            for flag in (Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE)
        )
    )
    query = (
        select(SALE)
        .where(SALE.c.tenant == tenant, SALE.c.store == store, SALE.c.business_day == day, odd)
        .order_by(SALE.c.end_at_ms.desc(), SALE.c.sale_id)
        .limit(MOST_SHOWN)
    )
    rows = connection.execute(query).all()
    events = select(_EVENTS).where(_EVENTS.c.position.in_([row.position for row in rows]))
    sales = {row.position: entry_of(row).data() for row in connection.execute(events)}
    return [
        _odd(row, sale) for row in rows if isinstance(sale := sales.get(row.position), SaleRecorded)
    ]


def _odd(row: AnyRow, sale: SaleRecorded) -> OddReceipt:
    flags = frozenset(row.flags.split())
    return OddReceipt(
        sale_id=SaleId(row.sale_id),
        workstation=row.workstation,
        sequence_number=row.sequence_number,
        end_at=from_ms(row.end_at_ms),
        source=source_of(row.source, row.profile_version),
        currency=row.currency,
        goods=Flag.LINES_DISAGREE.value in flags,
        tenders=Flag.TENDERS_DISAGREE.value in flags,
        sums=sums_of(sale),
    )
