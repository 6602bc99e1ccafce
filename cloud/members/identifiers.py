"""Identifiers in one spelling, or the reason why what the till wrote identifies nobody. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from phonenumbers import PhoneNumber, phonenumberutil
from phonenumbers.phonenumberutil import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from cloud.members.policy import IdentityPolicy
from models.wire.events.sale import Scheme
from models.wire.personal import namespace_of

_LONGEST: Final = 64
_MOBILE: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class Refusal(StrEnum):
    """Why a value is no identifier."""

    EMPTY = "empty"
    ERASED = "erased"
    INVALID = "invalid"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, repr=False)
class Identifier:
    """One identifier in its one spelling. Personal: lives in memory only, never printed.

    Attributes:
        namespace: the scheme, with the programme of a card or code: ``phone``, ``card:gold``.
    """

    scheme: Scheme
    namespace: str
    value: str

    def __repr__(self) -> str:
        return f"Identifier({self.namespace})"


class Normaliser:
    """Brings phones to E.164, and cards and codes to what their programme would print."""

    def __init__(self, policy: IdentityPolicy) -> None:
        self._blocked_phones = tuple(map(re.compile, policy.blocked_phones))
        self._blocked_codes = tuple(map(re.compile, policy.blocked_codes))
        self._mobile = {
            region: re.compile(pattern) for region, pattern in policy.mobile_numbers.items()
        }

    def read(
        self, scheme: Scheme, value: str, programme: str = "", region: str = "CN"
    ) -> Identifier | Refusal:
        """The identifier that was meant.

        Args:
            scheme: what kind of identifier it is said to be.
            value: as read at the till or typed by a guide.
            programme: whose card or code it is; leading zeros of a number are kept as given.
            region: where a phone number without country code is dialled.
        """
        text = unicodedata.normalize("NFKC", value).strip()
        if not text:
            return Refusal.EMPTY
        if len(text) > _LONGEST or not text.isprintable():
            return Refusal.INVALID
        if scheme is Scheme.PHONE:
            return self._phone(text, region)
        if _matches(self._blocked_codes, text):
            return Refusal.BLOCKED
        return Identifier(scheme, namespace_of(scheme, programme.strip()), text)

    def _phone(self, text: str, region: str) -> Identifier | Refusal:
        try:
            number = phonenumberutil.parse(text, region)
        except NumberParseException:
            return Refusal.INVALID
        reason = phonenumberutil.is_possible_number_with_reason(number)
        if reason != ValidationResult.IS_POSSIBLE:
            return Refusal.INVALID
        national = phonenumberutil.national_significant_number(number)
        if _matches(self._blocked_phones, national):
            return Refusal.BLOCKED
        if not self._is_mobile(number, national):
            return Refusal.INVALID
        e164 = phonenumberutil.format_number(number, PhoneNumberFormat.E164)
        return Identifier(Scheme.PHONE, namespace_of(Scheme.PHONE), e164)

    def _is_mobile(self, number: PhoneNumber, national: str) -> bool:
        region = phonenumberutil.region_code_for_country_code(number.country_code or 0)
        pattern = self._mobile.get(region)
        if pattern is not None:
            return pattern.fullmatch(national) is not None
        return phonenumberutil.number_type(number) in _MOBILE


def _matches(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in patterns)
