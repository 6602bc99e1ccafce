"""Lines of goods and what was taken off them, from texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from agent.capture.pos.dialect import void_factor
from agent.capture.pos.gtin import GtinKind, kind_of_gtin
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.rules import LineDiscounts, SaleRules
from agent.capture.pos.mapping.transcript import Field, Texts, Transcript
from agent.capture.pos.money import Currency
from models.wire.events.sale import Discount, Line, LineKind

_QUANTITY: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{0,9})?")
_POSITION: Final = re.compile(r"[0-9]{1,9}")


def read_goods(
    transcript: Transcript, direction: LineKind, currency: Currency, rules: SaleRules
) -> list[Line]:
    """The lines in the till's order, with the reductions that followed them.

    Raises:
        Malformed: an amount, a quantity or a direction cannot be read; names the line's place.
    """
    lines = []
    for place, texts in enumerate(transcript.lines):
        following = [each for at, each in transcript.reductions if at == place]
        try:
            line = _line(texts, following, direction, currency, rules)
        except Malformed as error:
            raise Malformed(f"line {place + 1}: {error}") from error
        position = _position(texts.get(Field.LINE_SEQUENCE, ""), place + 1)
        lines.append(msgspec.structs.replace(line, sequence=position))
    if any(not 0 <= at < len(lines) for at, _ in transcript.reductions):
        raise Malformed("a reduction of a line stands before any line")
    return lines


def read_discount(texts: Texts, sign: int, currency: Currency, rules: SaleRules) -> Discount | None:
    """One reduction, negative for a saving; None where nothing was taken off.

    Raises:
        Malformed: its amount is no number.
    """
    text = texts.get(Field.DISCOUNT, "")
    written = rules.amounts.minor(text, currency, Field.DISCOUNT) if text else 0
    amount = sign * rules.sums.discount_sign(written) * written
    if not amount:
        return None
    return Discount(amount_minor=amount, reason=texts.get(Field.DISCOUNT_REASON, ""))


def has_wrong_gtin(lines: Iterable[Line]) -> bool:
    """Whether any line's code is neither a trade item's nor the shop's own."""
    return any(line.gtin and kind_of_gtin(line.gtin) is GtinKind.INVALID for line in lines)


def line_sign(texts: Texts, direction: LineKind, written_minor: int, rules: SaleRules) -> int:
    """The factor from an amount of a line's record to what it adds; 0 where the line was struck.

    Raises:
        Malformed: a direction that the profile does not know.
    """
    sign = rules.sums.return_sign(
        direction_of(texts.get(Field.LINE_DIRECTION, ""), direction, rules), written_minor
    )
    if rules.says_yes(texts.get(Field.VOID, "")):
        return sign * void_factor(rules.sums.voids, written_minor, linked=False)
    return sign


def direction_of(text: str, default: LineKind, rules: SaleRules) -> LineKind:
    """Which way goods went; ``default`` where the text is empty.

    Raises:
        Malformed: a word that the profile does not know.
    """
    read = rules.direction_of(text) if text else default
    if read is None:
        raise Malformed(f"a direction is not known to profile {rules.name!r}; add it to directions")
    return read


def _line(
    texts: Texts,
    following: list[Texts],
    direction: LineKind,
    currency: Currency,
    rules: SaleRules,
) -> Line:
    quantity = _quantity(texts.get(Field.QUANTITY, ""), rules)
    written = _written(texts, quantity, currency, rules)
    sign = line_sign(texts, direction, written, rules)
    reductions = (read_discount(each, sign, currency, rules) for each in (texts, *following))
    discounts = [each for each in reductions if each is not None]
    item_id, gtin = _codes(texts)
    line = Line(
        sequence=0,
        kind=direction_of(texts.get(Field.LINE_DIRECTION, ""), direction, rules),
        extended_amount_minor=sign * written,
        item_id=item_id,
        gtin=gtin,
        description=texts.get(Field.DESCRIPTION, ""),
        quantity=_signed(quantity, sign),
        uom=texts.get(Field.UOM, ""),
        entry_method=texts.get(Field.ENTRY_METHOD, ""),
        regular_price_minor=_price(texts, Field.REGULAR_PRICE, currency, rules),
        actual_price_minor=_price(texts, Field.ACTUAL_PRICE, currency, rules),
        discounts=discounts,
        void=rules.says_yes(texts.get(Field.VOID, "")),
    )
    return line if rules.sums.line_discounts is LineDiscounts.INSIDE else _reduced(line)


def _signed(quantity: str, sign: int) -> str:
    """Quantities add up to what left the shop; a struck line keeps what was rung up."""
    return str(-Decimal(quantity)) if sign < 0 else quantity


def _reduced(line: Line) -> Line:
    off = sum(each.amount_minor for each in line.discounts)
    amount = line.extended_amount_minor + off
    return msgspec.structs.replace(line, extended_amount_minor=amount)


def _written(texts: Texts, quantity: str, currency: Currency, rules: SaleRules) -> int:
    amount, price = texts.get(Field.AMOUNT, ""), texts.get(Field.ACTUAL_PRICE, "")
    if amount or not price:
        return rules.amounts.minor(amount, currency, Field.AMOUNT)
    return rules.amounts.product(quantity, price, currency, Field.ACTUAL_PRICE)


def _codes(texts: Texts) -> tuple[str, str]:
    """Item number and GTIN, as read; whether it is a right one is a flag of the sale."""
    code = texts.get(Field.GTIN, "")
    return texts.get(Field.ITEM_ID, "") or code, code


def _quantity(text: str, rules: SaleRules) -> str:
    if not text:
        return "1"
    marks = rules.amounts
    plain = marks.plain(text, Field.QUANTITY)
    if not _QUANTITY.fullmatch(plain):
        raise Malformed(f"{Field.QUANTITY} has too many digits")
    return plain


def _position(text: str, place: int) -> int:
    return int(text) if _POSITION.fullmatch(text) and text.isascii() else place


def _price(texts: Texts, name: Field, currency: Currency, rules: SaleRules) -> int | None:
    text = texts.get(name, "")
    return rules.amounts.price_or_none(text, currency) if text else None
