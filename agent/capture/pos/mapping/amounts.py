"""Numbers as tills write them: decimal marks, thousands marks, signs in front and behind.

Nothing is guessed. ``1,234`` is twelve hundred or one and a bit, and only the profile knows; where
it says that ``,`` groups thousands, ``12,50`` is refused instead of becoming 1,250.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.money import Currency

_MARKS: Final = frozenset(".,'’ ٫٬·")
_MINUS: Final = str.maketrans({"−": "-", "–": "-", "－": "-", "＋": "+"})
_SIGNED: Final = re.compile(r"(?P<front>[+-]?)(?P<body>[^+-]*)(?P<back>[+-]?)")
_LONGEST: Final = 48


@dataclass(frozen=True, slots=True)
class Amounts:
    """How numbers are written.

    Attributes:
        decimal_mark: between units and decimals.
        thousands_mark: between groups of three digits; none where empty.
        in_minor_units: amounts are whole numbers of minor units (cents) without a mark.
        symbols: texts before or behind an amount that mean nothing more (``CNY``, ``元``); the
            currency is named elsewhere.
    """

    decimal_mark: str = "."
    thousands_mark: str = ""
    in_minor_units: bool = False
    symbols: tuple[str, ...] = ("¥", "￥", "$", "€", "£")

    def __post_init__(self) -> None:
        """Marks that could be mistaken for each other, or for digits, are found at start."""
        if self.decimal_mark not in _MARKS or self.thousands_mark not in _MARKS | {""}:
            raise ValueError("marks must each be one of: " + " ".join(sorted(_MARKS)))
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("decimal_mark and thousands_mark must differ")

    def minor(self, text: str, currency: Currency, name: str) -> int:
        """An amount in minor units; negative with a minus on either side or in parentheses.

        Raises:
            Malformed: not such a number, or finer than the currency.
        """
        plain = self.plain(text, name)
        if not self.in_minor_units:
            return currency.minor(plain, name)
        if not plain.lstrip("+-").isdecimal():
            raise Malformed(f"{name} is not a whole number of minor units")
        return int(plain)

    def price_or_none(self, text: str, currency: Currency) -> int | None:
        """A unit price in minor units; None where there is none that they can hold exactly."""
        try:
            return self.minor(text, currency, "")
        except Malformed:
            return None

    def product(self, quantity: str, price: str, currency: Currency, name: str) -> int:
        """Quantity times unit price in minor units, half a unit rounded away from zero.

        For tills that leave this to the reader; whether it is right shows in the check of sums.
        """
        exact = Decimal(quantity) * Decimal(self.plain(price, name))
        scaled = exact if self.in_minor_units else exact * currency.scale
        return int(scaled.quantize(Decimal(1), ROUND_HALF_UP))

    def plain(self, text: str, name: str) -> str:
        """A number as ``-1234.5``; raises Malformed where it is none by these marks."""
        bare, negative = _without_parentheses(self._without_symbols(text.translate(_MINUS)))
        found = _SIGNED.fullmatch(bare) if len(bare) <= _LONGEST else None
        if found is None or (found["front"] and found["back"]):
            raise Malformed(f"{name} is not a number")
        # A sign may stand before or behind the currency's symbol.
        whole, mark, decimals = self._without_symbols(found["body"]).partition(self.decimal_mark)
        digits = self._ungrouped(whole or "0" * bool(decimals))
        if not _are_digits(digits) or (mark and decimals and not _are_digits(decimals)):
            raise Malformed(f"{name} is not a number by the profile's marks")
        minus = "-" if negative or "-" in (found["front"], found["back"]) else ""
        return f"{minus}{digits}.{decimals}" if decimals else minus + digits

    def _without_symbols(self, text: str) -> str:
        bare = text.strip()
        for symbol in self.symbols:
            bare = bare.removeprefix(symbol).removesuffix(symbol).strip()
        return bare

    def _ungrouped(self, whole: str) -> str:
        if not self.thousands_mark or self.thousands_mark not in whole:
            return whole
        first, *groups = whole.split(self.thousands_mark)
        if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):  # noqa: PLR2004 - thousands
            return ""
        return first + "".join(groups)


def _without_parentheses(text: str) -> tuple[str, bool]:
    """Accountants write losses in parentheses."""
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    return text, False


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()
