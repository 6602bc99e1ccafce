"""One transaction of a till's tables to a sale.

Tables of tills hold what their programs calculate with, not what they print. What is missing is
put together here, by decimal arithmetic and once: a line's amount of quantity, net price and rate;
the total of the taxes and their bases, or else of the payments; change as what was handed over
beyond what was to be paid. Then the sale is mapped and its sums checked as those of any adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from agent.capture.pos.composing import compose_sale
from agent.capture.pos.database.figures import MoneyColumns, number, plain, settled, whole
from agent.capture.pos.database.profile import DatabaseProfile, Prices, Rates
from agent.capture.pos.database.stored import Row, StoredReceipt
from agent.capture.pos.dialect import Taxes, Written
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.sale import SaleMapper
from agent.capture.pos.mapping.transcript import Field, Part, Transcript
from agent.capture.pos.money import Currency
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.errors import EventTooLarge
from models.wire.events.sale import Kind, LineKind

_Texts = dict[Field, str]
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_MONEY: Final = (Field.TOTAL, Field.SUBTOTAL, Field.TAX_TOTAL, Field.CHANGE, Field.DISCOUNT)
_TAX_MONEY: Final = (Field.TAX_AMOUNT, Field.TAXABLE)
_PERCENT: Final = Decimal(100)
_RATE_DECIMALS: Final = 6
_QUANTITY_DECIMALS: Final = 6


class DatabaseReader:
    """Reads the transactions of one make of till for one device. Keeps nothing between them."""

    def __init__(self, profile: DatabaseProfile, context: CaptureContext) -> None:
        self._profile = profile
        self._context = context
        known = bool(profile.payments.table)
        self._mapper = SaleMapper(profile, context, tenders_known=known)

    def read(self, stored: StoredReceipt) -> CapturedSale | Refused:
        """The sale, or why there is none; nothing is raised."""
        try:
            sale = self._mapper.sale(self._transcript(stored), stored.digest)
            return compose_sale(sale, self._context.device, self._context.moment())
        except (Malformed, EventTooLarge) as error:
            return self._refused(stored, str(error))
        except _FAULTS as error:
            reason = f"our reader failed on it ({type(error).__name__}); report it"
            return self._refused(stored, reason)

    def _refused(self, stored: StoredReceipt, reason: str) -> Refused:
        return Refused(stored.data, reason, number=1, offset=0, key=stored.id)

    def _transcript(self, stored: StoredReceipt) -> Transcript:
        transcript, header = Transcript(), _texts(stored.receipt)
        is_retail = self._profile.kind_of(header.get(Field.KIND, "")) is Kind.RETAIL
        code = header.get(Field.CURRENCY) or self._profile.currency
        if is_retail and code:
            columns = MoneyColumns(Currency.of(code), self._profile.amounts.in_minor_units)
            _Writing(self._profile, columns, stored).write(transcript, header)
        else:
            transcript.add(Part.HEADER, header)
        return transcript


class _Writing:
    """One retail transaction on its way into a transcript."""

    def __init__(
        self, profile: DatabaseProfile, columns: MoneyColumns, stored: StoredReceipt
    ) -> None:
        self._profile = profile
        self._columns = columns
        self._lines = [_texts(row) for row in stored.lines]
        self._payments = [_texts(row) for row in stored.payments]
        self._taxes = [_texts(row) for row in stored.taxes]

    def write(self, transcript: Transcript, header: _Texts) -> None:
        """Add every part; raises Malformed."""
        total = {Field.TOTAL: self._columns.text(self._total())}
        transcript.add(Part.HEADER, total | self._in_cents(header, _MONEY))
        for line in self._goods():
            transcript.add(Part.LINE, line)
        for tax in self._taxes:
            transcript.add(Part.TAX, self._in_cents(tax, _TAX_MONEY))
        for payment in self._in_order(self._payments):
            transcript.add(Part.TENDER, self._tender(payment))

    def _goods(self) -> list[_Texts]:
        """Lines with amounts that come, with the taxes, to what the exact ones come to."""
        exact = [self._amount(line) for line in self._lines]
        counted = [not self._is_void(line) for line in self._lines]
        steps = iter(
            settled((each for each, is_so in zip(exact, counted, strict=True) if is_so),
                    self._residue())
        )  # fmt: skip
        amounts = [
            next(steps) if is_so else whole(each)
            for each, is_so in zip(exact, counted, strict=True)
        ]
        return [self._line(*each) for each in zip(self._lines, amounts, strict=True)]

    def _residue(self) -> Decimal:
        """What rounding the taxes that are added has left over."""
        if self._profile.sums.taxes is not Taxes.ADDED:
            return Decimal(0)
        of_lines = [each for each in self._lines if each.get(Field.TAX_AMOUNT)]
        exact = [self._exact(each, Field.TAX_AMOUNT) for each in self._taxes or of_lines]
        return sum((each - whole(each) for each in exact), Decimal(0))

    def _line(self, line: _Texts, amount_minor: int) -> _Texts:
        quantity = plain(self._quantity(line), _QUANTITY_DECIMALS)
        texts = self._in_cents(line, (Field.DISCOUNT, *_TAX_MONEY))
        texts |= {Field.QUANTITY: quantity, Field.AMOUNT: self._columns.text(amount_minor)}
        for name in (Field.ACTUAL_PRICE, Field.REGULAR_PRICE):
            if line.get(name):
                price = self._exact(line, name) * self._with_tax(line)
                texts[name] = self._columns.price_text(price)
        if self._profile.sums.returns is Written.SIGNED and not line.get(Field.LINE_DIRECTION):
            went = LineKind.RETURN if amount_minor < 0 else LineKind.SALE
            texts[Field.LINE_DIRECTION] = went.value
        return texts

    def _amount(self, line: _Texts) -> Decimal:
        if line.get(Field.AMOUNT):
            return self._exact(line, Field.AMOUNT) * self._with_tax(line)
        price = self._exact(line, Field.ACTUAL_PRICE)
        return self._quantity(line) * price * self._with_tax(line)

    def _quantity(self, line: _Texts) -> Decimal:
        return number(line.get(Field.QUANTITY, "1"), Field.QUANTITY)

    def _with_tax(self, line: _Texts) -> Decimal:
        """The factor from what a column of a line holds to what the shop shows."""
        net = self._profile.prices is Prices.NET
        if not net or self._profile.sums.taxes is not Taxes.INCLUDED:
            return Decimal(1)
        return 1 + self._rate(line.get(Field.TAX_PERCENT, "0"))

    def _rate(self, text: str) -> Decimal:
        rate = number(text, Field.TAX_PERCENT)
        return rate if self._profile.rates is Rates.FRACTION else rate / _PERCENT

    def _in_cents(self, texts: _Texts, names: Sequence[Field]) -> _Texts:
        """A row with these of its amounts rounded, and its rate in percent."""
        rounded = {
            name: self._columns.text(self._rounded(texts, name))
            for name in names
            if texts.get(name)
        }
        if rate := texts.get(Field.TAX_PERCENT):
            rounded[Field.TAX_PERCENT] = plain(self._rate(rate) * _PERCENT, _RATE_DECIMALS)
        return texts | rounded

    def _total(self) -> int:
        """What was to be paid: bases and taxes, or where they are not all there, the payments."""
        if self._taxes and all(each.get(Field.TAXABLE) for each in self._taxes):
            names = (Field.TAXABLE, Field.TAX_AMOUNT)
            return whole(self._sum(self._taxes, names))
        if self._profile.payments.table:
            return whole(self._sum(self._payments, (Field.TENDER_AMOUNT,)))
        # Nothing in this database could contradict the lines.
        counted = (each for each in self._lines if not self._is_void(each))
        added = self._taxes if self._profile.sums.taxes is Taxes.ADDED else ()
        goods = sum((self._amount(each) for each in counted), Decimal(0))
        return whole(goods + self._sum(added, (Field.TAX_AMOUNT,)))

    def _is_void(self, line: _Texts) -> bool:
        return self._profile.says_yes(line.get(Field.VOID, ""))

    def _sum(self, rows: Sequence[_Texts], names: Sequence[Field]) -> Decimal:
        return sum((self._exact(row, name) for row in rows for name in names), Decimal(0))

    def _tender(self, payment: _Texts) -> _Texts:
        """A payment; more handed over than was to be paid is change."""
        texts = self._in_cents(payment, (Field.TENDER_CHANGE,))
        texts.pop(Field.AMOUNT, None)
        paid = self._rounded(payment, Field.TENDER_AMOUNT)
        handed = self._rounded(payment, Field.AMOUNT) if payment.get(Field.AMOUNT) else 0
        if handed > paid > 0:
            texts[Field.TENDER_CHANGE] = self._columns.text(handed - paid)
            paid = handed
        return texts | {Field.TENDER_AMOUNT: self._columns.text(paid)}

    def _in_order(self, payments: Sequence[_Texts]) -> list[_Texts]:
        """Change behind what it was given for: payments are sorted by ids that say nothing."""
        change = self._profile.sums.change_types
        total = self._sum(payments, (Field.TENDER_AMOUNT,))

        def is_change(payment: _Texts) -> bool:
            against = self._exact(payment, Field.TENDER_AMOUNT) * total < 0
            return against or payment.get(Field.TENDER_TYPE, "") in change

        return sorted(payments, key=is_change)

    def _rounded(self, texts: _Texts, name: Field) -> int:
        return whole(self._exact(texts, name))

    def _exact(self, texts: _Texts, name: Field) -> Decimal:
        return self._columns.exact(texts.get(name, ""), name)


def _texts(row: Row) -> _Texts:
    return {Field(name): text for name, text in row.items()}


def with_currency(profile: DatabaseProfile, currency: str) -> DatabaseProfile:
    """The profile with the shop's currency, where it names none itself."""
    return profile if profile.currency or not currency else replace(profile, currency=currency)
