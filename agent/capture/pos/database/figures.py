"""Money that a till keeps as DOUBLE, to whole minor units, by decimal arithmetic alone.

A binary fraction is first taken as the decimal it stands for (``stored``), then freed of the noise
that its arithmetic left behind, and only then rounded: 0.1 + 0.2 is 30 cents, 1.005 is 1.01.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.money import Currency

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{0,400})?")
_NOISE: Final = Decimal("1e-7")
"""Of a minor unit. A DOUBLE of a million keeps ten decimals, and no till means a ten millionth."""


def number(text: str, name: str) -> Decimal:
    """A number exactly as it is written; raises Malformed."""
    if not _NUMBER.fullmatch(text):
        raise Malformed(f"{name} is not a number")
    return Decimal(text)


def plain(value: Decimal, decimals: int) -> str:
    """A number without noise beyond so many decimals, and without zeros at its end."""
    text = format(_quantised(value, Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def whole(value: Decimal) -> int:
    """The nearest whole number, half of one away from zero, once noise is taken off."""
    return int(_quantised(_quantised(value, _NOISE, ROUND_HALF_EVEN), Decimal(1), ROUND_HALF_UP))


def settled(exact: Iterable[Decimal], residue: Decimal = Decimal(0)) -> list[int]:
    """Whole amounts whose sum is that of the exact ones, rounded once.

    Net prices have fractions of a cent that no till ever rounds by itself: rounding every line
    would make three lines of 0.826 come to 2.49 where the till says 2.48. Each amount is the step
    that the rounded running sum takes, so every one is less than a unit away from its exact value,
    and amounts that are whole already stay as they are.

    Args:
        exact: the amounts in minor units.
        residue: what rounding others has left over and must be made good here.
    """
    amounts, running, before = [], residue, 0
    for each in exact:
        running += each
        after = whole(running)
        amounts.append(after - before)
        before = after
    return amounts


@dataclass(frozen=True, slots=True)
class MoneyColumns:
    """How a till's columns hold money of one currency.

    Attributes:
        in_minor_units: columns hold whole cents instead of units.
    """

    currency: Currency
    in_minor_units: bool = False

    def exact(self, text: str, name: str) -> Decimal:
        """An amount in minor units with all its fractions; raises Malformed."""
        value = number(text, name)
        return value if self.in_minor_units else value * self.currency.scale

    def text(self, minor: int) -> str:
        """A whole amount, as the mapper reads it by the same profile."""
        return str(minor) if self.in_minor_units else self.currency.text(minor)

    def price_text(self, minor: Decimal) -> str:
        """A unit price with its fractions of a minor unit, which no sum is made of."""
        return plain(minor if self.in_minor_units else minor / self.currency.scale, 8)


def _quantised(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    try:
        return value.quantize(step, rounding)
    except InvalidOperation as error:
        raise Malformed("an amount is too large to be one") from error
