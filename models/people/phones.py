"""Phone numbers in one spelling, so that one person does not become two.

A till with older software writes ``+86 138…``, its neighbour ``138…``, a guide types ``0086138…``.
The key under which a number is sealed and looked up depends on its spelling, so all are brought to
that of ITU-T E.164 (``+86138…``) before anything else. Which numbers are possible, and which are
mobile ones, is Google's libphonenumber's knowledge; it loads a country's figures when the first
number of that country is read, so a shop's box holds one or two countries only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from phonenumbers import PhoneNumber, phonenumberutil
from phonenumbers.phonenumberutil import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from models.people.placeholders import PLACEHOLDER_PHONES, Placeholders

MOBILE_NUMBERS: Final[Mapping[str, str]] = MappingProxyType({"CN": "1[3-9][0-9]{9}"})
"""By region, what a mobile number looks like. Asked before the ranges that the library knows, since
operators open new ones sooner than we upgrade. CN: the plan of 2017 (工信部信管〔2017〕68号)."""

_MOBILE_TYPES: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_LONGEST_TEXT: Final = 64


class Nobody(Enum):
    """Why a text is not one person's phone number."""

    NO_MOBILE_NUMBER = auto()
    PLACEHOLDER = auto()


class PhoneNumbers:
    """Reads mobile numbers as people write them. Holds no number; safe for several threads."""

    def __init__(
        self,
        home: str = "CN",
        placeholders: Iterable[str] = PLACEHOLDER_PHONES,
        mobiles: Mapping[str, str] = MOBILE_NUMBERS,
    ) -> None:
        """Compile the patterns.

        Args:
            home: ISO 3166 region in which a number without country code is read.
            placeholders: patterns over the whole national number that belong to nobody.
            mobiles: see ``MOBILE_NUMBERS``.
        """
        self._home = home
        self._home_prefix = f"+{phonenumberutil.country_code_for_region(home)}"
        self._placeholders = Placeholders(placeholders)
        self._mobiles = {region: re.compile(pattern) for region, pattern in mobiles.items()}

    def read(self, text: str, region: str = "") -> str | Nobody:
        """The number as ``+8613912345670``, or why it is nobody's.

        Args:
            text: as read at a till or typed by a guide, in any script's digits.
            region: where it is dialled; empty for home.
        """
        number = _parsed(text, region or self._home)
        if number is None:
            return Nobody.NO_MOBILE_NUMBER
        reason = phonenumberutil.is_possible_number_with_reason(number)
        if reason != ValidationResult.IS_POSSIBLE:
            return Nobody.NO_MOBILE_NUMBER
        national = phonenumberutil.national_significant_number(number)
        if national in self._placeholders:
            return Nobody.PLACEHOLDER
        return _e164(number) if self._is_mobile(number, national) else Nobody.NO_MOBILE_NUMBER

    def e164(self, text: str) -> str | None:
        """The number read at home; None when it is nobody's."""
        read = self.read(text)
        return None if isinstance(read, Nobody) else read

    def familiar(self, e164: str) -> str:
        """The number as people at home write it: without their own country code."""
        return e164.removeprefix(self._home_prefix)

    def _is_mobile(self, number: PhoneNumber, national: str) -> bool:
        region = phonenumberutil.region_code_for_country_code(number.country_code or 0)
        pattern = self._mobiles.get(region)
        if pattern is not None:
            return pattern.fullmatch(national) is not None
        return phonenumberutil.number_type(number) in _MOBILE_TYPES


def in_one_spelling(text: str, region: str) -> str:
    """A number in E.164, or the text as it was where it cannot be a number of any country.

    Lines and placeholders are kept: who is a person is decided by whoever looks for one.

    Args:
        text: as read at the till.
        region: ISO 3166 region in which a number without country code is read.
    """
    number = _parsed(text, region)
    if number is None or not phonenumberutil.is_possible_number(number):
        return text
    return _e164(number)


def _parsed(text: str, region: str) -> PhoneNumber | None:
    if len(text) > _LONGEST_TEXT:
        return None
    try:
        return phonenumberutil.parse(text, region)
    except NumberParseException:
        return None


def _e164(number: PhoneNumber) -> str:
    return phonenumberutil.format_number(number, PhoneNumberFormat.E164)
