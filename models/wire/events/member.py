"""What the shop learned of a person, other than from a sale."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from models.wire.events.sale import Scheme


class Verification(StrEnum):
    """How we know that the identifier is this person's."""

    ASSERTED = "asserted"
    SMS_CODE = "sms_code"
    CARD_SEEN = "card_seen"


class Identifier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One identifier and how it was verified. ``value`` is personal."""

    scheme: Scheme
    value: str
    programme: str = ""
    verified_by: Verification = Verification.ASSERTED


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What they told us of themselves. Personal: sealed under the first identifier's key."""

    family_name: str = ""
    given_name: str = ""
    birthday: date | None = None


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """Agreed or declined, for one purpose by one channel."""

    purpose: str
    channel: str
    granted: bool


class MemberRegistered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A guide or a till registered a member, or added what they said.

    Attributes:
        identifiers: at least one; the first is the one the person is known by.
    """

    identifiers: list[Identifier]
    person: Person = Person()
    consents: list[Consent] = []
    guide_ref: str = ""

    def __post_init__(self) -> None:
        """A registration without an identifier could never be attached to anybody."""
        if not self.identifiers:
            raise ValueError("identifiers must name at least one phone, card or member code")
