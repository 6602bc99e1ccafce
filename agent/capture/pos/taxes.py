"""The taxes of a transaction, added up by what they are."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from agent.capture.pos.dialect import Taxes, Written
from agent.capture.pos.fields import first_text, is_true, stated, text_at
from agent.capture.pos.money import Currency
from models.wire.events.sale import Tax

_Name = tuple[str, str, bool | None]


class TaxTable:
    """Collects taxes of lines and of the whole transaction.

    A till that writes both says the same twice: where the transaction has tax lines of its own,
    those of the goods are only their explanation.
    """

    def __init__(self, currency: Currency, rule: Taxes) -> None:
        self._currency = currency
        self._rule = rule
        self._of_lines: dict[_Name, tuple[int, int | None]] = {}
        self._of_transaction: dict[_Name, tuple[int, int | None]] = {}

    def add_goods(self, goods: Element, sign: int, *, comes_back: bool) -> None:
        """Add the taxes below one line of goods.

        Args:
            goods: the line.
            sign: from written amounts to what they add; 0 for a struck line.
            comes_back: its amount is less than nothing, and so are its taxes, however written.
        """
        said = stated(goods, "TaxIncludedInPriceFlag")
        priced_in = is_true(said) if said else None
        for tax in goods.iterfind("Tax"):
            written = self._currency.minor(text_at(tax, "Amount"), "Tax/Amount")
            turned = Written.EITHER.sign_of(written) if comes_back else sign
            self._add(self._of_lines, tax, turned, priced_in=priced_in)

    def add(self, tax: Element, sign: int) -> None:
        """Add a tax line of the transaction."""
        self._add(self._of_transaction, tax, sign, priced_in=None)

    def taxes(self, missing_minor: int | None) -> list[Tax]:
        """One tax per kind, rate and inclusion, in the order in which they first came.

        Args:
            missing_minor: what goods, discounts and rounding lack of the sum to reach; None where
                there is none. Where nothing lacks, taxes of which the till does not say whether
                they are included are.
        """
        return [
            Tax(
                amount_minor=amount,
                tax_id=tax_id,
                taxable_minor=taxable,
                percent=percent,
                included=missing_minor == 0 if included is None else included,
            )
            for (tax_id, percent, included), (amount, taxable) in (
                self._of_transaction or self._of_lines
            ).items()
        ]

    def _add(
        self,
        table: dict[_Name, tuple[int, int | None]],
        tax: Element,
        sign: int,
        *,
        priced_in: bool | None,
    ) -> None:
        amount = sign * self._currency.minor(text_at(tax, "Amount"), "Tax/Amount")
        taxable = self._currency.minor_or_none(text_at(tax, "TaxableAmount"))
        name = (_tax_id(tax), text_at(tax, "Percent"), self._included(tax, priced_in=priced_in))
        before, taxable_before = table.get(name, (0, 0))
        if taxable is None or taxable_before is None:
            table[name] = (before + amount, None)
        else:
            table[name] = (before + amount, taxable_before + sign * taxable)

    def _included(self, tax: Element, *, priced_in: bool | None) -> bool | None:
        """Whether a tax is in the prices; None where the till does not say."""
        if self._rule is not Taxes.BY_FLAG:
            return self._rule is Taxes.INCLUDED
        if priced_in:
            return True
        taxable = tax.find("TaxableAmount")
        said = taxable.get("TaxIncludedInTaxableAmountFlag", "") if taxable is not None else ""
        said = said or stated(tax, "TaxIncludedInPriceFlag")
        said = said or stated(tax, "TaxIncludedInTaxableAmountFlag")
        return is_true(said) if said else priced_in


def _tax_id(tax: Element) -> str:
    named = tax.get("TaxID") or first_text(tax, ("TaxRuleID", "TaxGroupID"))
    return named or stated(tax, "TaxType")
