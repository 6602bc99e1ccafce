"""What stands on a receipt, and its sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from agent.capture.pos.dialect import Arithmetic
from agent.capture.pos.fields import word
from models.wire.events.sale import Discount, Line, Link, Tax, Tender, Total

_GRAND_TOTALS: Final = frozenset(
    {"transactiongrandamount", "grandamount", "grandtotal", "transactiontotalamount"}
    | {"transactiontotal", "transactionamount", "totalgrandamount", "receipttotal"}
    | {"receipttotalamount", "transactiongrandtotal"}
)
"""What tills call the sum that is to be paid, where it is not called as the profile says."""


@dataclass(slots=True)
class Receipt:
    """What stands on a receipt, with every amount signed as ``dialect`` promises."""

    lines: list[Line] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    tenders: list[Tender] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def total_of(self, kind: str) -> int | None:
        """The printed total of one ``TotalType``; None where it was not printed."""
        printed = (total.amount_minor for total in self.totals if total.type == kind)
        return next(printed, None)

    def grand_total(self, arithmetic: Arithmetic) -> int | None:
        """What the customer paid, as printed; None where no total is called so."""
        named = self.total_of(arithmetic.grand_total)
        if named is not None:
            return named
        others = (total for total in self.totals if word(total.type) in _GRAND_TOTALS)
        return next((total.amount_minor for total in others), None)

    def sum_to_reach(self, arithmetic: Arithmetic) -> int | None:
        """By what a reading is judged: the printed total, without one what was paid, or nothing."""
        grand = self.grand_total(arithmetic)
        if grand is None and self.tenders:
            return sum(tender.amount_minor - tender.change_minor for tender in self.tenders)
        return grand

    def comes_to(self, arithmetic: Arithmetic) -> bool:
        """Whether goods, discounts and added taxes come to that sum; True without one."""
        grand = self.sum_to_reach(arithmetic)
        added = sum(tax.amount_minor for tax in self.taxes if not tax.included)
        return grand is None or grand == self.goods_minor + added

    @property
    def goods_minor(self) -> int:
        """What goods, discounts of the whole transaction and rounding come to, without taxes."""
        lines = sum(line.extended_amount_minor for line in self.lines)
        return lines + sum(discount.amount_minor for discount in self.discounts)
