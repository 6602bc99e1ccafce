"""The inside of a retail transaction: goods, discounts, taxes, tenders, totals and links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element

from agent.capture.pos.dialect import Arithmetic, Written, void_factor
from agent.capture.pos.fields import flag, stated, text_at, word
from agent.capture.pos.goods import LineReader, is_goods
from agent.capture.pos.links import read_links
from agent.capture.pos.money import Currency
from agent.capture.pos.profile import TillProfile
from agent.capture.pos.reversal import taken_back
from agent.capture.pos.taxes import TaxTable
from agent.capture.pos.tenders import add_tender
from agent.capture.pos.totals import Receipt
from models.wire.events.sale import Discount, LineKind, LinkReason, Total

_NO_MONEY: Final = re.compile("Quantity|Count|Points|Weight", re.IGNORECASE)


def read_receipt(body: Element, currency: Currency, dialects: Sequence[TillProfile]) -> Receipt:
    """Read a ``RetailTransaction``. Line items of other kinds (age checks, messages) are skipped.

    Of the dialects that the profile allows (``TillProfile.dialects``) the first counts in which
    the receipt adds up, or the first of all.

    Raises:
        Malformed: an amount, a quantity or a position cannot be read.
    """
    first: Receipt | None = None
    for profile in dialects:
        receipt = _read(body, currency, profile)
        if receipt.comes_to(profile.arithmetic):
            return receipt
        first = first or receipt
    assert first is not None, "a profile has a dialect at least"
    return first


def _read(body: Element, currency: Currency, profile: TillProfile) -> Receipt:
    reader = _ReceiptReader(currency, profile)
    for item in body.iterfind("LineItem"):
        reader.read_item(item)
    receipt = reader.receipt
    receipt.totals = _totals(body, currency, profile.arithmetic)
    receipt.links += read_links(body, profile, default_reason(body))
    grand = receipt.sum_to_reach(profile.arithmetic)
    receipt.taxes = reader.taxes.taxes(None if grand is None else grand - receipt.goods_minor)
    return taken_back(receipt)


def default_reason(body: Element) -> LinkReason:
    """Why a transaction names another one where its link does not say."""
    said = (stated(body, name) for name in ("TransactionStatus", "TypeCode", "TransactionType"))
    is_void = any(word(text) in ("postvoided", "postvoid") for text in said)
    return LinkReason.VOID if is_void else LinkReason.OTHER


def _totals(body: Element, currency: Currency, arithmetic: Arithmetic) -> list[Total]:
    """The printed totals; of pieces and points, which are no money, none.

    Raises:
        Malformed: one by which the receipt is checked is no amount.
    """
    found = []
    for total in body.iterfind("Total"):
        kind = stated(total, "TotalType")
        text = (total.text or "").strip() or stated(total, "Amount")
        amount = currency.minor_or_none(text)
        if kind in (arithmetic.grand_total, arithmetic.tax_total):
            amount = currency.minor(text, "Total")
        if amount is not None and not _NO_MONEY.search(kind):
            found.append(Total(type=kind, amount_minor=amount))
    return found


class _ReceiptReader:
    def __init__(self, currency: Currency, profile: TillProfile) -> None:
        self.receipt = Receipt()
        self.taxes = TaxTable(currency, profile.arithmetic.taxes)
        self._lines = LineReader(currency, profile)
        self._currency = currency
        self._profile = profile
        self._goods = frozenset(profile.sale_lines + profile.return_lines)
        self._items = 0

    def read_item(self, item: Element) -> None:
        self._items += 1
        for child in item:
            if child.tag in self._goods:
                self._read_goods(item, child)
            elif child.tag == "Tender":
                add_tender(self.receipt.tenders, item, child, self._currency, self._profile)
            elif child.tag == "Tax":
                self.taxes.add(child, self._tax_sign(item, child))
            elif child.tag == "Rounding":
                self._read_rounding(item, child)
            elif is_goods(child):
                self._read_goods(item, child)  # a kind of sale that no version had yet
        for path in self._profile.arithmetic.discounts:
            for reduction in item.iterfind(path):
                self._read_discount(item, reduction)

    def _read_goods(self, item: Element, goods: Element) -> None:
        line, sign = self._lines.read(item, goods, self._items)
        self.receipt.lines.append(line)
        self.receipt.links += read_links(goods, self._profile, LinkReason.RETURN)
        comes_back = line.kind is LineKind.RETURN and line.extended_amount_minor < 0
        self.taxes.add_goods(goods, sign, comes_back=comes_back)

    def _read_discount(self, item: Element, reduction: Element) -> None:
        rule = self._profile.arithmetic
        written = self._currency.minor(text_at(reduction, rule.discount_amount), reduction.tag)
        sign = rule.discount_sign.sign_of(written)
        amount = reduction.find(rule.discount_amount)
        if amount is not None and word(amount.get("Action", "")) == "add":
            sign = -sign
        sign *= self._void_sign(item, reduction, rule.discount_amount)
        if sign * written:
            reason = text_at(reduction, rule.discount_reason)
            self.receipt.discounts.append(Discount(amount_minor=sign * written, reason=reason))

    def _read_rounding(self, item: Element, rounding: Element) -> None:
        """To the smallest coin: counted like a discount, in either direction."""
        written = self._currency.minor(
            text_at(rounding, "Amount") or (rounding.text or "").strip(), "Rounding"
        )
        down = flag(item, "NegativeAmountFlag") or flag(rounding, "NegativeAmountFlag")
        minor = -abs(written) if down else written
        if minor and not flag(item, "VoidFlag"):
            self.receipt.discounts.append(Discount(amount_minor=minor, reason="Rounding"))

    def _tax_sign(self, item: Element, tax: Element) -> int:
        """A tax that is paid back is called a refund, or negative, by tills that sign nothing."""
        written = self._currency.minor(text_at(tax, "Amount"), "Tax/Amount")
        back = word(stated(tax, "TypeCode")) == "refund" or flag(item, "NegativeAmountFlag")
        sign = Written.EITHER.sign_of(written) if back else 1
        return sign * self._void_sign(item, tax)

    def _void_sign(self, item: Element, child: Element, amount: str = "Amount") -> int:
        if not (flag(item, "VoidFlag") or flag(child, "VoidFlag")):
            return 1
        written = self._currency.minor(text_at(child, amount), f"{child.tag}/{amount}")
        linked = child.find("ItemLink") is not None
        return void_factor(self._profile.arithmetic.voids, written, linked=linked)
