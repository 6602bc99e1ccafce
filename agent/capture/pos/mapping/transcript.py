"""A transaction in the till's own texts, under our names: what every reader of fields ends in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, assert_never


class Part(StrEnum):
    """What one record, or one line of a receipt, tells about."""

    HEADER = "header"
    LINE = "line"
    LINE_DISCOUNT = "line_discount"
    TENDER = "tender"
    TAX = "tax"
    DISCOUNT = "discount"
    TRAILER = "trailer"
    IGNORED = "ignored"


class Field(StrEnum):
    """The fields that a profile may find. Those of a part of its own stand below its name."""

    # the transaction
    TRANSACTION_ID = "transaction_id"
    BUSINESS_UNIT = "business_unit"
    WORKSTATION_ID = "workstation_id"
    TILL_ID = "till_id"
    BUSINESS_DAY = "business_day"
    SEQUENCE_NUMBER = "sequence_number"
    RECEIPT_NUMBER = "receipt_number"
    OPERATOR = "operator"
    BEGIN_AT = "begin_at"
    END_AT = "end_at"
    END_DATE = "end_date"
    END_TIME = "end_time"
    KIND = "kind"
    STATUS = "status"
    DIRECTION = "direction"
    TRAINING = "training"
    CONTROL = "control"
    CURRENCY = "currency"
    TOTAL = "total"
    SUBTOTAL = "subtotal"
    TAX_TOTAL = "tax_total"
    CHANGE = "change"
    PHONE = "phone"
    CARD = "card"
    MEMBER_CODE = "member_code"
    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    LINK_REASON = "link_reason"
    LINK_BUSINESS_UNIT = "link_business_unit"
    LINK_WORKSTATION_ID = "link_workstation_id"
    LINK_BUSINESS_DAY = "link_business_day"
    LINK_SEQUENCE_NUMBER = "link_sequence_number"
    # a line of goods
    LINE_SEQUENCE = "line_sequence"
    LINE_DIRECTION = "line_direction"
    ITEM_ID = "item_id"
    GTIN = "gtin"
    DESCRIPTION = "description"
    QUANTITY = "quantity"
    UOM = "uom"
    ENTRY_METHOD = "entry_method"
    REGULAR_PRICE = "regular_price"
    ACTUAL_PRICE = "actual_price"
    AMOUNT = "amount"
    VOID = "void"
    # a reduction, of the line that it stands in or of the transaction
    DISCOUNT = "discount"
    DISCOUNT_REASON = "discount_reason"
    # a payment
    TENDER_TYPE = "tender_type"
    TENDER_AMOUNT = "tender_amount"
    TENDER_CHANGE = "tender_change"
    TENDER_CARD = "tender_card"
    TENDER_CURRENCY = "tender_currency"
    # a tax
    TAX_ID = "tax_id"
    TAX_AMOUNT = "tax_amount"
    TAX_PERCENT = "tax_percent"
    TAXABLE = "taxable"
    TAX_INCLUDED = "tax_included"


Texts = Mapping[Field, str]
"""What was found, without surrounding space; a field that is missing or empty was not there."""

REDUCTION: Final = frozenset({Field.DISCOUNT, Field.DISCOUNT_REASON})
GOODS: Final = frozenset(
    {
        Field.LINE_SEQUENCE,
        Field.LINE_DIRECTION,
        Field.ITEM_ID,
        Field.GTIN,
        Field.DESCRIPTION,
        Field.QUANTITY,
        Field.UOM,
        Field.ENTRY_METHOD,
        Field.REGULAR_PRICE,
        Field.ACTUAL_PRICE,
        Field.AMOUNT,
        Field.VOID,
    }
)
PAYMENT: Final = frozenset(each for each in Field if each.startswith("tender_"))
TAX: Final = frozenset(
    {Field.TAX_ID, Field.TAX_AMOUNT, Field.TAX_PERCENT, Field.TAXABLE, Field.TAX_INCLUDED}
)
OWN: Final = GOODS | REDUCTION | PAYMENT | TAX
"""Fields of parts; all others tell about the transaction, wherever they stand."""


@dataclass(slots=True)
class Transcript:
    """What was found of one transaction, in the till's order.

    Attributes:
        header: fields of the transaction; the first text found for a field stands.
        lines: goods, each with the reductions and taxes that stood in its own record.
        reductions: by position in ``lines``, reductions that followed a line in their own record.
    """

    header: dict[Field, str] = field(default_factory=dict)
    lines: list[Texts] = field(default_factory=list)
    reductions: list[tuple[int, Texts]] = field(default_factory=list)
    tenders: list[Texts] = field(default_factory=list)
    taxes: list[Texts] = field(default_factory=list)
    discounts: list[Texts] = field(default_factory=list)

    def add(self, part: Part, texts: Texts) -> None:
        """Take one record, or what a line of a receipt matched.

        A tender that stands in a line's record is taken once: tables without a record of their own
        for it repeat it in every row.
        """
        for name, text in texts.items():
            if text and name not in OWN:
                self.header.setdefault(name, text)
        match part:
            case Part.HEADER | Part.TRAILER:
                self._add_strays(texts)
            case Part.LINE:
                self._add_line(texts)
            case Part.LINE_DISCOUNT:
                self.reductions.append((len(self.lines) - 1, texts))
            case Part.TENDER:
                self.tenders.append(texts)
            case Part.TAX:
                self.taxes.append(texts)
            case Part.DISCOUNT:
                self.discounts.append(texts)
            case Part.IGNORED:
                pass
            case _:
                assert_never(part)

    def _add_line(self, texts: Texts) -> None:
        if any(texts.get(name) for name in GOODS):
            self.lines.append(texts)
        if not self.tenders and texts.get(Field.TENDER_AMOUNT):
            self.tenders.append(texts)

    def _add_strays(self, texts: Texts) -> None:
        """A header may say how it was paid, what was taken off and which tax it holds."""
        if texts.get(Field.TENDER_AMOUNT):
            self.tenders.append(texts)
        if texts.get(Field.TAX_AMOUNT):
            self.taxes.append(texts)
        if texts.get(Field.DISCOUNT):
            self.discounts.append(texts)
