"""Phone numbers as one person would dial them and as everybody may compare them (E.164).

A number that thousands use to reach the member price belongs to nobody; such placeholders are
refused here, so that no card gathers the purchases of strangers.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from phonenumbers import phonenumberutil
from phonenumbers.phonenumberutil import NumberParseException, PhoneNumberFormat, ValidationResult

PLACEHOLDERS: Final = frozenset({"+8613800138000", "+8613800000000"})
"""Numbers that Chinese cashiers are known to type for anybody."""

_LONGEST_TEXT: Final = 40


class PhoneNumbers:
    """Reads phone numbers of one region. Holds no number; safe for several threads.

    Lengths are checked, not number ranges: operators open new ranges sooner than a shop's box
    is upgraded.
    """

    def __init__(self, region: str = "CN", placeholders: Collection[str] = PLACEHOLDERS) -> None:
        """``region`` (ISO 3166) is assumed where a number has no country code."""
        self._region = region
        self._placeholders = frozenset(placeholders)
        self._home = f"+{phonenumberutil.country_code_for_region(region)}"

    def e164(self, text: str) -> str | None:
        """The number as ``+8613812345678``; None for what is no number or a placeholder."""
        if len(text) > _LONGEST_TEXT:
            return None
        try:
            number = phonenumberutil.parse(text, self._region)
        except NumberParseException:
            return None
        possible = phonenumberutil.is_possible_number_with_reason(number)
        if possible != ValidationResult.IS_POSSIBLE:
            return None
        written = phonenumberutil.format_number(number, PhoneNumberFormat.E164)
        return None if written in self._placeholders else written

    def familiar(self, e164: str) -> str:
        """The number as people of the region write it: without their own country code."""
        return e164.removeprefix(self._home)
