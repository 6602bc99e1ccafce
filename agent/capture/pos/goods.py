"""A line of goods: ``Sale`` or ``Return`` below a ``LineItem``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from agent.capture.pos.codes import codes_of, serials_of
from agent.capture.pos.dialect import Modifiers, Written, void_factor
from agent.capture.pos.fields import children_of, flag, is_true, text_at, text_of, word
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.money import Currency
from agent.capture.pos.profile import TillProfile
from models.wire.events.sale import Discount, Line, LineKind

_QUANTITY: Final = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{0,9})?")
_POSITION: Final = re.compile(r"[0-9]{1,9}")
_REASONS: Final = ("ReasonCode", "Reason", "PromotionID", "Description")


_NO_GOODS: Final = frozenset({"Tender", "Tax", "Discount", "LoyaltyReward", "Rounding"})
_BY_AMOUNT: Final = frozenset(
    {"GiftCertificate", "GiftCard", "StoredValueFund", "StoredValueInstrument", "Fee", "Deposit"}
    | {"DepositRedemption", "Donation", "Tip", "ServiceCharge", "PaymentOnAccount"}
)
"""What is sold without being goods; the standard gives it an amount and no extended one."""
_COMES_BACK: Final = re.compile(r"return|depositredemption", re.IGNORECASE)


def is_goods(child: Element) -> bool:
    """Whether something below a ``LineItem`` is sold, though no profile names it."""
    if child.tag in _NO_GOODS:
        return False
    if child.find("ExtendedAmount") is not None:
        return True  # a kind of sale that no version had yet
    return child.tag in _BY_AMOUNT and child.find("Amount") is not None


def _comes_back(goods: Element, profile: TillProfile) -> bool:
    """Whether goods that no profile names are such that come back, by what they are called."""
    return goods.tag not in profile.sale_lines and _COMES_BACK.match(goods.tag) is not None


def line_position(item: Element, counted: int) -> int:
    """A line item's ``SequenceNumber``, or its place on the receipt where it has none.

    Raises:
        Malformed: it has one that is not a whole number.
    """
    text = text_at(item, "SequenceNumber")
    if not text:
        return counted
    if not _POSITION.fullmatch(text):
        raise Malformed("LineItem/SequenceNumber is not a whole number")
    return int(text)


class LineReader:
    """Reads the lines of one receipt, in its currency and as its profile says."""

    def __init__(self, currency: Currency, profile: TillProfile) -> None:
        self._currency = currency
        self._profile = profile

    def read(self, item: Element, goods: Element, counted: int) -> tuple[Line, int]:
        """One line, and the factor from its written amounts to what it adds; 0 where it is struck.

        The quantity has the sign of the amount, so that quantities add up to what left the shop; a
        struck line keeps the quantity that was rung up. Unit prices stay as written.

        Args:
            item: the ``LineItem``.
            goods: what was sold or came back, below it.
            counted: the line's place on the receipt, for tills that do not number their lines.

        Raises:
            Malformed: its position, amount or quantity is missing or no number.
        """
        found = children_of(goods)
        currency = self._currency
        returned = goods.tag in self._profile.return_lines or _comes_back(goods, self._profile)
        void = flag(item, "VoidFlag") or _is_set(goods, found, "VoidFlag")
        written = self._amount(goods.tag, found)
        sign = self._sign(written, returned=returned, void=void, linked="ItemLink" in found)
        amount = sign * written
        back = -1 if returned and amount < 0 else 1
        modifiers = (
            _modifiers(goods, back if returned and sign else sign, currency)
            if "RetailPriceModifier" in found
            else []
        )
        apart = self._profile.arithmetic.modifiers is Modifiers.APART
        code, gtin = codes_of(goods)
        line = Line(
            sequence=line_position(item, counted),
            kind=LineKind.RETURN if returned else LineKind.SALE,
            extended_amount_minor=amount
            + (sum(each.amount_minor for each in modifiers) if apart else 0),
            item_id=text_of(found, "ItemID") or code,
            gtin=gtin,
            description=text_of(found, "Description"),
            quantity=_signed(_quantity(found, currency), sign, comes_back=back < 0),
            uom=_unit(item, found, self._profile),
            entry_method=item.get("EntryMethod", ""),
            regular_price_minor=currency.minor_or_none(text_of(found, "RegularSalesUnitPrice")),
            actual_price_minor=currency.minor_or_none(text_of(found, "ActualSalesUnitPrice")),
            discounts=modifiers,
            void=void,
            serials=serials_of(goods),
            age_restricted=_is_age_restricted(item, goods, found),
        )
        return line, sign

    def _sign(self, written: int, *, returned: bool, void: bool, linked: bool) -> int:
        arithmetic = self._profile.arithmetic
        rule = arithmetic.returns
        if void and rule is Written.EITHER:
            rule = Written.POSITIVE  # the void's own minus is not the return's
        sign = rule.sign_of(written) if returned else 1
        return sign * void_factor(arithmetic.voids, written, linked=linked) if void else sign

    def _amount(self, tag: str, found: dict[str, Element]) -> int:
        """The line's amount; where the till leaves it out, its price times its quantity."""
        for name in ("ExtendedAmount", "Amount") if tag in _BY_AMOUNT else ("ExtendedAmount",):
            if name in found:
                return self._currency.minor(text_of(found, name), f"{tag}/{name}")
        price = text_of(found, "ActualSalesUnitPrice")
        quantity = text_of(found, "Quantity") or "1"
        if not (_QUANTITY.fullmatch(price) and _QUANTITY.fullmatch(quantity)):
            raise Malformed(f"{tag}/ExtendedAmount is missing")
        product = f"{Decimal(price) * Decimal(quantity):f}"
        return self._currency.minor(product, f"{tag}: price times quantity")


def _quantity(found: dict[str, Element], currency: Currency) -> str:
    """How many, or how much: a till that writes one piece of 0.42 kg has sold 0.42 kg.

    Which of the two its price is for is told by the price: the one that comes to the amount.
    """
    element = found.get("Quantity")
    if element is None:
        return "1"
    pieces = (element.text or "").strip() or "1"
    units = (element.get("Units") or "").strip()
    if not (_QUANTITY.fullmatch(units) and _QUANTITY.fullmatch(pieces)) or units == pieces:
        return pieces
    price = text_of(found, "ActualSalesUnitPrice") or text_of(found, "RegularSalesUnitPrice")
    extended = text_of(found, "ExtendedAmount")
    if not (_QUANTITY.fullmatch(price) and _QUANTITY.fullmatch(extended)):
        return pieces
    cent = 1 / currency.scale
    by_units = abs(Decimal(units) * Decimal(price) - abs(Decimal(extended))) < cent
    by_pieces = abs(Decimal(pieces) * Decimal(price) - abs(Decimal(extended))) < cent
    return units if by_units and not by_pieces else pieces


def _signed(quantity: str, sign: int, *, comes_back: bool) -> str:
    """As the amount is signed; some tills write what comes back with a minus there only."""
    if not _QUANTITY.fullmatch(quantity):
        raise Malformed("Quantity is not a plain decimal number")
    if comes_back:
        return str(-abs(Decimal(quantity)))
    return str(-Decimal(quantity)) if sign < 0 else quantity


def _unit(item: Element, found: dict[str, Element], profile: TillProfile) -> str:
    quantity = found.get("Quantity")
    stated = quantity.get("UnitOfMeasureCode", "") if quantity is not None else ""
    return stated or (profile.weighed_uom if flag(item, "weightItem") else "")


def _is_set(goods: Element, found: dict[str, Element], name: str) -> bool:
    return is_true(goods.get(name) or text_of(found, name))


def _is_age_restricted(item: Element, goods: Element, found: dict[str, Element]) -> bool:
    return (
        "AgeRestriction" in found
        or item.find("AgeRestriction") is not None
        or _is_set(goods, found, "AgeRestrictedFlag")
        or is_true(item.get("AgeRestrictedFlag"))
    )


def _modifiers(goods: Element, sign: int, currency: Currency) -> list[Discount]:
    """Reductions and additions of one line; negative for a saving."""
    found = []
    for modifier in goods.iterfind("RetailPriceModifier"):
        amount = modifier.find("Amount")
        if amount is None or not (amount.text or "").strip() or flag(modifier, "VoidFlag"):
            continue  # a changed unit price: the line's amount says it all
        written = currency.minor(amount.text or "", "RetailPriceModifier/Amount")
        reason = next((text for name in _REASONS if (text := text_at(modifier, name))), "")
        minor = sign * direction(amount, written) * abs(written)
        if minor:
            found.append(
                Discount(amount_minor=minor, reason=reason or modifier.get("MethodCode", ""))
            )
    return found


def direction(amount: Element, written: int) -> int:
    """1 for what makes dearer, -1 for a saving, which it is unless the till says otherwise."""
    action = word(amount.get("Action", ""))
    if action == "add":
        return 1 if written >= 0 else -1
    return -1
