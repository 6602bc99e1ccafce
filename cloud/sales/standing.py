"""What a transaction is worth to the day and to the member. Pure.

Money is *booked* when it moves: sales add, returns and post-voids subtract, each in its own hour
and on its own business day, so that our day and the till's settlement agree to the cent. A *sale
that counts* is one that no post-void took back; only those are counted as sales and as visits.

    ==============================  =========  ============  =================
    transaction                     standing   money booked  counted as a sale
    ==============================  =========  ============  =================
    completed or offline sale       sale       yes           yes
    all its goods come back         return     yes           no
    taken back by a post-void       reversed   yes           no
    the post-void itself            reversal   yes           no
    given up before payment         voided     no            no
    parked (its resumption counts)  suspended  no            no
    training                        training   no            no
    control, tender control         control    no            no
    seen by a better source, too    echo       no            no
    ==============================  =========  ============  =================
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final, assert_never

from models.wire.events.sale import Kind, LineKind, Link, LinkReason, SaleRecorded, Status
from models.wire.ids import StoreId, TenantId


class Standing(StrEnum):
    """What became of a transaction, all revisions and later transactions considered."""

    SALE = "sale"
    RETURN = "return"
    REVERSED = "reversed"
    REVERSAL = "reversal"
    VOIDED = "voided"
    SUSPENDED = "suspended"
    TRAINING = "training"
    CONTROL = "control"
    ECHO = "echo"


BOOKED: Final = frozenset(
    {Standing.SALE, Standing.RETURN, Standing.REVERSED, Standing.REVERSAL},
)
"""Standings whose total is money that moved."""

_REASONS: Final = (
    LinkReason.VOID,
    LinkReason.RETURN,
    LinkReason.EXCHANGE,
    LinkReason.RESUME,
    LinkReason.OTHER,
)


def standing_of(sale: SaleRecorded) -> Standing:
    """The standing that the transaction has by itself.

    ``reversed`` only comes from another transaction, ``echo`` from another capture of the same.
    """
    voids = _link(sale, LinkReason.VOID) is not None
    return own_standing(sale.kind, sale.status, voids=voids, goods_back=takes_goods_back(sale))


def own_standing(kind: Kind, status: Status, *, voids: bool, goods_back: bool) -> Standing:
    """As ``standing_of``, of what the sale table keeps: ``voids`` where it names what it voids."""
    if status is Status.TRAINING:
        return Standing.TRAINING
    if kind is not Kind.RETAIL:
        return Standing.CONTROL
    match status:
        case Status.SUSPENDED:
            return Standing.SUSPENDED
        case Status.COMPLETED | Status.OFFLINE:
            return _settled(voids=voids, goods_back=goods_back)
        case Status.VOIDED:
            # Some tills call the receipt that takes a sale back "voided" as well.
            return Standing.REVERSAL if voids else Standing.VOIDED
        case _:
            assert_never(status)


def takes_goods_back(sale: SaleRecorded) -> bool:
    """Whether nothing but returns is on the receipt; an exchange is a sale."""
    goods = [line.kind for line in sale.lines if not line.void]
    return all(kind is LineKind.RETURN for kind in goods) if goods else sale.total_minor < 0


def foremost_link(sale: SaleRecorded) -> Link | None:
    """The link that says most about the transaction: a void before a return before the rest."""
    if not sale.links:
        return None  # as nearly always
    return next((link for reason in _REASONS if (link := _link(sale, reason))), None)


def receipt_ref(tenant: TenantId, store: StoreId, sale: SaleRecorded) -> str:
    """How other receipts of the same shop name this one."""
    shop = f"{tenant}/{store}"
    return _ref(shop, sale.workstation_id, sale.business_day_date, sale.sequence_number)


def linked_ref(tenant: TenantId, store: StoreId, sale: SaleRecorded, link: Link) -> str | None:
    """The ``receipt_ref`` of what the link names, or None where it names no receipt of this shop.

    What a link leaves out is as on the receipt that carries it.
    """
    if not link.sequence_number or link.business_unit not in ("", sale.business_unit):
        return None
    day = link.business_day_date or sale.business_day_date
    workstation = link.workstation_id or sale.workstation_id
    return _ref(f"{tenant}/{store}", workstation, day, link.sequence_number)


def _ref(shop: str, workstation: str, day: date, number: str) -> str:
    """A printed void may name with zeros what the till's file names without."""
    return f"{shop}/{bare(workstation)}/{day.isoformat()}/{bare(number)}"


def bare(name: str) -> str:
    """A number or name of a till as sources are compared: without case, zeros and spaces before."""
    return name.strip().casefold().lstrip("0") or name.strip()


def _settled(*, voids: bool, goods_back: bool) -> Standing:
    if voids:
        return Standing.REVERSAL
    return Standing.RETURN if goods_back else Standing.SALE


def _link(sale: SaleRecorded, reason: LinkReason) -> Link | None:
    return next((link for link in sale.links if link.reason is reason), None)
