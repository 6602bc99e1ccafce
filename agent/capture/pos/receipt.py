"""The inside of a retail transaction: goods, discounts, taxes, tenders, totals and links."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from agent.capture.pos.dialect import void_factor
from agent.capture.pos.fields import is_true, text_at
from agent.capture.pos.goods import line_sign, read_line
from agent.capture.pos.links import read_links
from agent.capture.pos.money import Currency
from agent.capture.pos.profile import TillProfile
from agent.capture.pos.redact import without_cards
from agent.capture.pos.taxes import TaxTable
from agent.capture.pos.tenders import add_tender
from models.wire.events.sale import Discount, Line, Link, LinkReason, Tax, Tender, Total


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


def read_receipt(body: Element, currency: Currency, profile: TillProfile) -> Receipt:
    """Read a ``RetailTransaction``. Line items of other kinds (age checks, messages) are skipped.

    Raises:
        Malformed: an amount, a quantity or a position cannot be read.
    """
    reader = _ReceiptReader(currency, profile)
    for item in body.iterfind("LineItem"):
        reader.read_item(item)
    receipt = reader.receipt
    receipt.taxes = reader.taxes.taxes()
    receipt.totals = [
        Total(
            type=total.get("TotalType", ""), amount_minor=currency.minor(total.text or "", "Total")
        )
        for total in body.iterfind("Total")
    ]
    receipt.links += read_links(body, profile, LinkReason.OTHER)
    return receipt


class _ReceiptReader:
    def __init__(self, currency: Currency, profile: TillProfile) -> None:
        self.receipt = Receipt()
        self.taxes = TaxTable(currency, profile.arithmetic.taxes)
        self._currency = currency
        self._profile = profile
        self._goods = frozenset(profile.sale_lines + profile.return_lines)

    def read_item(self, item: Element) -> None:
        for child in item:
            if child.tag in self._goods:
                self._read_goods(item, child)
            elif child.tag == "Tender":
                add_tender(self.receipt.tenders, item, child, self._currency, self._profile)
            elif child.tag == "Tax":
                self.taxes.add(child, self._void_sign(item, child))
        for path in self._profile.arithmetic.discounts:
            for reduction in item.iterfind(path):
                self._read_discount(item, reduction)

    def _read_goods(self, item: Element, goods: Element) -> None:
        sign = line_sign(item, goods, self._currency, self._profile)
        line = read_line(item, goods, sign, self._currency, self._profile)
        self.receipt.lines.append(line)
        self.receipt.links += read_links(goods, self._profile, LinkReason.RETURN)
        self.taxes.add_goods(goods, sign)

    def _read_discount(self, item: Element, reduction: Element) -> None:
        rule = self._profile.arithmetic
        written = self._currency.minor(text_at(reduction, rule.discount_amount), reduction.tag)
        sign = rule.discount_sign.sign * self._void_sign(item, reduction, rule.discount_amount)
        if sign * written:
            reason = without_cards(text_at(reduction, rule.discount_reason))
            self.receipt.discounts.append(Discount(amount_minor=sign * written, reason=reason))

    def _void_sign(self, item: Element, child: Element, amount: str = "Amount") -> int:
        if not is_true(item.get("VoidFlag")):
            return 1
        written = self._currency.minor(text_at(child, amount), f"{child.tag}/{amount}")
        linked = child.find("ItemLink") is not None
        return void_factor(self._profile.arithmetic.voids, written, linked=linked)
