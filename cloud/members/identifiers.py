"""Identifiers in one spelling, or the reason why what the till wrote identifies nobody. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud.members.policy import IdentityPolicy
from models.people.phones import Nobody, PhoneNumbers
from models.people.placeholders import Placeholders
from models.wire.events.sale import Scheme
from models.wire.personal import namespace_of

_LONGEST: Final = 64


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
        self._phones = PhoneNumbers(
            policy.default_region, policy.blocked_phones, policy.mobile_numbers
        )
        self._blocked_codes = Placeholders(policy.blocked_codes)

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
        if text in self._blocked_codes:
            return Refusal.BLOCKED
        return Identifier(scheme, namespace_of(scheme, programme.strip()), text)

    def _phone(self, text: str, region: str) -> Identifier | Refusal:
        read = self._phones.read(text, region)
        match read:
            case Nobody.PLACEHOLDER:
                return Refusal.BLOCKED
            case Nobody.NO_MOBILE_NUMBER:
                return Refusal.INVALID
            case str():
                return Identifier(Scheme.PHONE, namespace_of(Scheme.PHONE), read)
