"""The last sweep: whatever an adapter has read, no sale leaves with card data in it.

Fields are known here by what they are, so no adapter has to think of it: a receipt's number that
reads like a card stays, the same digits in a description go, and of an item's code those go that no
article can have.
"""

from __future__ import annotations

from functools import cache
from typing import Final, TypeVar

import msgspec

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.sensitive.cards import FEWEST
from agent.capture.pos.sensitive.fields import Context
from agent.capture.pos.sensitive.text import last4, without_cards
from models.wire.events.sale import (
    Discount,
    Line,
    Link,
    Loyalty,
    SaleRecorded,
    Tax,
    Tender,
    Total,
)

_MOST_MINOR: Final = 10 ** (FEWEST - 1)
"""Amounts below have fewer digits than any card's number."""

_Part = TypeVar("_Part", bound=msgspec.Struct)


class CardForAmount(Malformed):
    """What reads as an amount is the number of a card that damage has put there."""


def sale_without_cards(sale: SaleRecorded) -> SaleRecorded:
    """The sale without card data; the very same object where there was none.

    Raises:
        CardForAmount: it stands in an amount, of which no digit can be masked; names the amount.
    """
    _check_amounts(sale)
    codes = (
        *("natural_key", "business_unit", "workstation_id", "till_id"),
        *("sequence_number", "transaction_id", "receipt_number"),
    )
    changes: dict[str, object] = _changed(sale, free=("control",), codes=codes)
    for name, clean in _PARTS:
        parts = getattr(sale, name)
        cleaned = [clean(part) for part in parts]
        if any(now is not before for now, before in zip(cleaned, parts, strict=True)):
            changes[name] = cleaned
    return msgspec.structs.replace(sale, **changes) if changes else sale


def _check_amounts(sale: SaleRecorded) -> None:
    parts = (part for name, _ in _PARTS for part in getattr(sale, name))
    for part in (sale, *parts, *(each for line in sale.lines for each in line.discounts)):
        for name in _amounts_of(part.__struct_fields__):
            amount = abs(getattr(part, name) or 0)
            if amount >= _MOST_MINOR and _is_card(amount):
                raise CardForAmount(f"{name} has the digits of a card's number")


@cache
def _amounts_of(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in fields if name.endswith("_minor"))


def _is_card(amount_minor: int) -> bool:
    """As it was written, or with the decimals that it got by its currency."""
    digits = str(amount_minor)
    written = (digits, *(digits.removesuffix("0" * places) for places in (2, 3)))
    return any(without_cards(each) != each for each in written)


def _line(line: Line) -> Line:
    changes: dict[str, object] = _changed(
        line,
        free=("description", "uom", "entry_method"),
        codes=("quantity",),
        items=("item_id", "gtin"),
    )
    discounts = [_discount(each) for each in line.discounts]
    if any(now is not was for now, was in zip(discounts, line.discounts, strict=True)):
        changes["discounts"] = discounts
    serials = [without_cards(serial, Context.CODE) for serial in line.serials]
    if serials != line.serials:
        changes["serials"] = serials
    return msgspec.structs.replace(line, **changes) if changes else line


def _discount(discount: Discount) -> Discount:
    return _clean(discount, free=("reason",))


def _link(link: Link) -> Link:
    return _clean(link, codes=("business_unit", "workstation_id", "sequence_number"))


def _tax(tax: Tax) -> Tax:
    return _clean(tax, free=("tax_id",))


def _tender(tender: Tender) -> Tender:
    if tender.card_last4 and len(tender.card_last4) > len("1234"):
        tender = msgspec.structs.replace(tender, card_last4=last4(tender.card_last4))
    return _clean(tender, free=("type", "wallet", "currency"))


def _total(total: Total) -> Total:
    return _clean(total, free=("type",))


def _loyalty(loyalty: Loyalty) -> Loyalty:
    free = ("programme", "family_name", "given_name")
    return _clean(loyalty, free=free, codes=("value",))


_PARTS = (
    ("lines", _line),
    ("discounts", _discount),
    ("links", _link),
    ("taxes", _tax),
    ("tenders", _tender),
    ("totals", _total),
    ("loyalty", _loyalty),
)


def _clean(part: _Part, free: tuple[str, ...] = (), codes: tuple[str, ...] = ()) -> _Part:
    changes = _changed(part, free, codes)
    return msgspec.structs.replace(part, **changes) if changes else part


def _changed(
    part: msgspec.Struct,
    free: tuple[str, ...] = (),
    codes: tuple[str, ...] = (),
    items: tuple[str, ...] = (),
) -> dict[str, object]:
    """The members that read otherwise afterwards."""
    changes: dict[str, object] = {}
    fields = ((free, Context.FREE), (codes, Context.CODE), (items, Context.ITEM))
    for names, context in fields:
        for name in names:
            text = getattr(part, name)
            clean = without_cards(text, context)
            if clean != text:
                changes[name] = clean
    return changes
