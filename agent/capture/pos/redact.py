"""No card number passes: last four digits of masked ones, and none in free text.

A payment card number has 13 to 19 digits and a valid Luhn check digit (ISO/IEC 7812). Cashiers type
them into descriptions and reasons; what looks like one is taken out there. Item codes, member cards
and totals are fields of their own and are not touched: one barcode in ten is a valid Luhn number.
"""

from __future__ import annotations

import re
from typing import Final

REDACTED: Final = "[card]"

_RUN: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_MASKED: Final = re.compile(r"[0-9 ]*[*xX#•.·]+[ *xX#•.·-]*([0-9]{1,4})")


def last4(account_number: str) -> str:
    """The digits after the mask of an account number, at most four.

    A number that is not masked yields nothing: a till that stores whole numbers gets no part of
    them into our data.
    """
    masked = _MASKED.fullmatch(account_number.strip())
    return masked[1] if masked else ""


def without_cards(text: str) -> str:
    """Free text with everything that looks like a payment card number taken out."""
    return _RUN.sub(_redact, text)


def _redact(run: re.Match[str]) -> str:
    digits = [int(char) for char in run[0] if char.isdecimal()]
    return REDACTED if _passes_luhn(digits) else run[0]


def _passes_luhn(digits: list[int]) -> bool:
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
