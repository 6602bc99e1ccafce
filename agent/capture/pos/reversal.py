"""A receipt that takes another one back moves its money the other way.

Some tills write a post-void with its minus signs, some repeat the lines and amounts of the sale as
they were and leave it to the link to say what that means. Both come out the same.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from agent.capture.pos.totals import Receipt
from models.wire.events.sale import Line, LineKind, LinkReason, Tax, Tender, Total


def taken_back(receipt: Receipt) -> Receipt:
    """A post-void that repeats the sale as it was, turned around; any other receipt as it is.

    One that consists of returns, or comes to less than nothing, has its direction already.
    """
    is_void = any(link.reason is LinkReason.VOID for link in receipt.links)
    goods = [line for line in receipt.lines if not line.void]
    repeats = all(line.kind is LineKind.SALE for line in goods) and receipt.goods_minor > 0
    return _turned(receipt) if is_void and goods and repeats else receipt


def _turned(receipt: Receipt) -> Receipt:
    replace = msgspec.structs.replace
    paid = sum(tender.amount_minor - tender.change_minor for tender in receipt.tenders)
    return Receipt(
        lines=[_turned_line(line) for line in receipt.lines],
        discounts=[replace(each, amount_minor=-each.amount_minor) for each in receipt.discounts],
        taxes=[_turned_tax(tax) for tax in receipt.taxes],
        tenders=[_turned_tender(each) for each in receipt.tenders] if paid > 0 else receipt.tenders,
        totals=[_turned_total(total) for total in receipt.totals],
        links=receipt.links,
    )


def _turned_line(line: Line) -> Line:
    return msgspec.structs.replace(
        line,
        extended_amount_minor=-line.extended_amount_minor,
        quantity=str(-Decimal(line.quantity)),
        discounts=[
            msgspec.structs.replace(each, amount_minor=-each.amount_minor)
            for each in line.discounts
        ],
    )


def _turned_tax(tax: Tax) -> Tax:
    taxable = None if tax.taxable_minor is None else -tax.taxable_minor
    return msgspec.structs.replace(tax, amount_minor=-tax.amount_minor, taxable_minor=taxable)


def _turned_tender(tender: Tender) -> Tender:
    face = None if tender.foreign_amount_minor is None else -tender.foreign_amount_minor
    return msgspec.structs.replace(
        tender,
        amount_minor=-tender.amount_minor,
        change_minor=-tender.change_minor,
        foreign_amount_minor=face,
    )


def _turned_total(total: Total) -> Total:
    """A total that the till has signed already stays."""
    return msgspec.structs.replace(total, amount_minor=-abs(total.amount_minor))
