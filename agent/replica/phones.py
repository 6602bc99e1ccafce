"""Phone numbers as one person would dial them and as everybody may compare them (E.164).

A number that cashiers type to reach the member price belongs to nobody; such placeholders are
refused here, so that no card gathers the purchases of strangers. What is refused is what the cloud
refuses by default (``cloud.members.policy``): a provisional card for such a number would wait for
ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from phonenumbers import PhoneNumber, phonenumberutil
from phonenumbers.phonenumberutil import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

PLACEHOLDERS: Final = (
    "13800138000",  # the operator's own top-up line, known to every cashier
    r".*(\d)\1{6,}.*",  # seven equal digits in a row are a cashier's invention
    r"\d{3}01234567",
    r"\d{3}12345678",
    r"\d{3}23456789",
    r"\d{3}98765432",
    r"\d{3}87654321",
    r"\d{3}76543210",
)
"""Patterns over the whole national number."""

PLACEHOLDER_CODES: Final = ("0+", "9+", "123456(?:7(?:8(?:90?)?)?)?")
"""The same for card numbers and member codes."""

MOBILES: Final = {"CN": "1[3-9][0-9]{9}"}
"""By region, asked before the ranges a library knows: operators open new ones all the time."""

_BY_LIBRARY: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_LONGEST_TEXT: Final = 40


class PhoneNumbers:
    """Reads mobile numbers of one region. Holds no number; safe for several threads."""

    def __init__(self, region: str = "CN", placeholders: Iterable[str] = PLACEHOLDERS) -> None:
        """``region`` (ISO 3166) is assumed where a number has no country code."""
        self._region = region
        self._placeholders = re.compile("|".join(f"(?:{one})" for one in placeholders))
        self._home = f"+{phonenumberutil.country_code_for_region(region)}"

    def e164(self, text: str) -> str | None:
        """The number as ``+8613912345670``; None for what is no mobile number or a placeholder."""
        if len(text) > _LONGEST_TEXT:
            return None
        try:
            number = phonenumberutil.parse(text, self._region)
        except NumberParseException:
            return None
        possible = phonenumberutil.is_possible_number_with_reason(number)
        if possible != ValidationResult.IS_POSSIBLE or not self._is_somebodys(number):
            return None
        return phonenumberutil.format_number(number, PhoneNumberFormat.E164)

    def familiar(self, e164: str) -> str:
        """The number as people of the region write it: without their own country code."""
        return e164.removeprefix(self._home)

    def _is_somebodys(self, number: PhoneNumber) -> bool:
        national = phonenumberutil.national_significant_number(number)
        return self._placeholders.fullmatch(national) is None and _is_mobile(number, national)


def is_placeholder_code(code: str) -> bool:
    """Whether a card number or member code is a cashier's invention."""
    return any(re.fullmatch(pattern, code) for pattern in PLACEHOLDER_CODES)


def _is_mobile(number: PhoneNumber, national: str) -> bool:
    region = phonenumberutil.region_code_for_country_code(number.country_code or 0)
    if region in MOBILES:
        return re.fullmatch(MOBILES[region], national) is not None
    return phonenumberutil.number_type(number) in _BY_LIBRARY
