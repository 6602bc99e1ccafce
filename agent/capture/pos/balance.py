"""Whether a receipt adds up. What does not is flagged and captured all the same."""

from __future__ import annotations

from typing import Final

from agent.capture.pos.dialect import Arithmetic
from agent.capture.pos.totals import Receipt
from models.wire.events.sale import Flag, Status

_UNPAID: Final = frozenset({Status.VOIDED, Status.SUSPENDED})


def balance_flags(receipt: Receipt, status: Status, arithmetic: Arithmetic) -> list[Flag]:
    """What disagrees with the printed grand total, which is believed.

    Tenders are not asked for where nothing was paid. Without a printed total the lines cannot
    agree with it, so a receipt with lines is flagged.
    """
    flags = []
    grand = receipt.grand_total(arithmetic)
    counted = goods_minor(receipt)
    if (counted if grand is None and not receipt.lines else grand) != counted or not _taxes_agree(
        receipt, arithmetic
    ):
        flags.append(Flag.LINES_DISAGREE)
    expected = counted if grand is None else grand
    if status not in _UNPAID and paid_minor(receipt) != expected:
        flags.append(Flag.TENDERS_DISAGREE)
    return flags


def goods_minor(receipt: Receipt) -> int:
    """What goods, discounts and added taxes come to."""
    return receipt.goods_minor + sum(tax.amount_minor for tax in receipt.taxes if not tax.included)


def paid_minor(receipt: Receipt) -> int:
    """What was paid: tendered less change."""
    return sum(tender.amount_minor - tender.change_minor for tender in receipt.tenders)


def _taxes_agree(receipt: Receipt, arithmetic: Arithmetic) -> bool:
    printed = receipt.total_of(arithmetic.tax_total) if arithmetic.tax_total else None
    return printed is None or printed == sum(tax.amount_minor for tax in receipt.taxes)
