"""A line of goods: ``Sale`` or ``Return`` below a ``LineItem``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from agent.capture.pos.dialect import void_factor
from agent.capture.pos.fields import children_of, is_true, text_at, text_of
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.money import Currency
from agent.capture.pos.profile import TillProfile
from agent.capture.pos.redact import without_cards
from models.wire.events.sale import Discount, Line, LineKind

_QUANTITY: Final = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{0,9})?")
_GTIN_TYPES: Final = frozenset({"GTIN", "EAN", "UPC", "EAN13", "EAN8", "UPCA", "UPCE", "GTIN14"})
_POSITION: Final = re.compile(r"[0-9]{1,9}")


def line_position(item: Element) -> int:
    """A line item's ``SequenceNumber``; raises Malformed unless it is a whole number."""
    text = text_at(item, "SequenceNumber")
    if not _POSITION.fullmatch(text):
        raise Malformed("LineItem/SequenceNumber is not a whole number")
    return int(text)


def line_sign(item: Element, goods: Element, currency: Currency, profile: TillProfile) -> int:
    """The factor from the written amounts of a line to what it adds: 1, -1, or 0 when struck.

    Raises:
        Malformed: the line has no amount.
    """
    arithmetic = profile.arithmetic
    sign = arithmetic.returns.sign if goods.tag in profile.return_lines else 1
    if not is_true(item.get("VoidFlag")):
        return sign
    written = currency.minor(text_at(goods, "ExtendedAmount"), "ExtendedAmount")
    linked = goods.find("ItemLink") is not None
    return sign * void_factor(arithmetic.voids, written, linked=linked)


def read_line(
    item: Element, goods: Element, sign: int, currency: Currency, profile: TillProfile
) -> Line:
    """One line.

    The quantity has the sign of the amount, so that quantities add up to what left the shop; a
    struck line keeps the quantity that was rung up. Unit prices stay as written.

    Raises:
        Malformed: its position, amount or quantity is missing or no number.
    """
    found = children_of(goods)
    returned = goods.tag in profile.return_lines
    code, gtin = _codes(goods)
    extended = currency.minor(text_of(found, "ExtendedAmount"), f"{goods.tag}/ExtendedAmount")
    return Line(
        sequence=line_position(item),
        kind=LineKind.RETURN if returned else LineKind.SALE,
        extended_amount_minor=sign * extended,
        item_id=text_of(found, "ItemID") or code,
        gtin=gtin,
        description=without_cards(text_of(found, "Description")),
        quantity=_signed(text_of(found, "Quantity") or "1", sign),
        uom=_unit(item, found, profile),
        entry_method=item.get("EntryMethod", ""),
        regular_price_minor=currency.minor_or_none(text_of(found, "RegularSalesUnitPrice")),
        actual_price_minor=currency.minor_or_none(text_of(found, "ActualSalesUnitPrice")),
        discounts=_modifiers(goods, sign, currency),
        void=is_true(item.get("VoidFlag")),
    )


def _codes(goods: Element) -> tuple[str, str]:
    """The code that the cashier scanned or typed, and the one of them that is a GTIN."""
    code = gtin = ""
    for identity in goods.iterfind("POSIdentity"):
        text = text_at(identity, "POSItemID")
        code = code or text
        if identity.get("POSIDType", "").upper() in _GTIN_TYPES:
            gtin = gtin or text
    return code, gtin


def _signed(quantity: str, sign: int) -> str:
    if not _QUANTITY.fullmatch(quantity):
        raise Malformed("Quantity is not a plain decimal number")
    return str(-Decimal(quantity)) if sign < 0 else quantity


def _unit(item: Element, found: dict[str, Element], profile: TillProfile) -> str:
    quantity = found.get("Quantity")
    stated = quantity.get("UnitOfMeasureCode", "") if quantity is not None else ""
    return stated or (profile.weighed_uom if is_true(item.get("weightItem")) else "")


def _modifiers(goods: Element, sign: int, currency: Currency) -> list[Discount]:
    """Reductions that ``ExtendedAmount`` holds already; negative for a saving."""
    found = []
    for modifier in goods.iterfind("RetailPriceModifier"):
        amount = modifier.find("Amount")
        if amount is None:
            continue  # a changed unit price: the line's amount says it all
        written = currency.minor(amount.text or "", "RetailPriceModifier/Amount")
        direction = 1 if amount.get("Action") == "Add" else -1
        reason = text_at(modifier, "ReasonCode") or modifier.get("MethodCode", "")
        if written and sign:
            minor = sign * direction * written
            found.append(Discount(amount_minor=minor, reason=without_cards(reason)))
    return found
