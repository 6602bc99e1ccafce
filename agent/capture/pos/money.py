"""Amounts as tills write them, to integer minor units by their currency's exponent.

Exact or not at all: an amount that its currency cannot hold (half a cent, a tenth of a yen) is
malformed, since every way of rounding it would be a guess about somebody's money.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from agent.capture.pos.malformed import Malformed

_NO_MINOR_UNIT: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS: Final = "BHD IQD JOD KWD LYD OMR TND"
_TEN_THOUSANDTHS: Final = "CLF UYW"
_USUAL_EXPONENT: Final = 2

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(_NO_MINOR_UNIT.split(), 0)
    | dict.fromkeys(_THOUSANDTHS.split(), 3)
    | dict.fromkeys(_TEN_THOUSANDTHS.split(), 4)
)
"""Decimals of the currencies that do not have two (ISO 4217, list one)."""

# At most 15 + 12 digits: products stay exact in Decimal's 28 and results fit 64 bits.
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{0,12})?")
_CODE: Final = re.compile(r"[A-Z]{3}")

NO_CURRENCY: Final = "XXX"
"""ISO 4217; a sign-on moves no money and need not say in what."""


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency, which knows how to read its amounts."""

    code: str
    scale: Decimal

    @classmethod
    def of(cls, code: str) -> Currency:
        """The currency of an alphabetic code; raises Malformed unless it is three letters."""
        if not _CODE.fullmatch(code):
            raise Malformed("the currency is not a three-letter ISO 4217 code")
        return cls(code, Decimal(10 ** EXPONENTS.get(code, _USUAL_EXPONENT)))

    def minor(self, text: str, element: str) -> int:
        """An amount in minor units.

        Args:
            text: a plain decimal number with an optional sign; no grouping, no exponent.
            element: what to call it in the error.

        Raises:
            Malformed: it is not such a number, or has more decimals than the currency.
        """
        plain = text.strip()
        if not _AMOUNT.fullmatch(plain):
            raise Malformed(f"{element} is not a plain decimal number")
        scaled = Decimal(plain) * self.scale
        whole = int(scaled)
        if whole != scaled:
            raise Malformed(f"{element} has more decimals than {self.code} can hold")
        return whole

    def text(self, minor: int) -> str:
        """An amount for people, with as many decimals as the currency has."""
        return str((Decimal(minor) / self.scale).quantize(1 / self.scale))

    def minor_or_none(self, text: str) -> int | None:
        """A price in minor units, or None where there is none that they can hold exactly.

        For unit prices and taxable amounts, which tills may give in fractions of a cent: they
        explain a line, and nothing is added up from them.
        """
        try:
            return self.minor(text, "")
        except Malformed:
            return None
