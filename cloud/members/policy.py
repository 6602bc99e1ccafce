"""Key policy as data: which identifiers count, how strongly, and what none of them may do.

The defaults are the product's; a retailer overrides them in TOML. Every decision in the identity
log names the ``version``, so that it can be explained after the policy has changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from models.people.phones import MOBILE_NUMBERS
from models.people.placeholders import PLACEHOLDER_CODES, PLACEHOLDER_PHONES
from models.wire.events.member import Verification
from models.wire.events.sale import Scheme
from models.wire.ids import StoreId, TenantId


class Strength(StrEnum):
    """How far a claim can be relied on."""

    ASSERTED = "asserted"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class KeyRank:
    """One kind of key at one strength."""

    scheme: Scheme
    strength: Strength


@dataclass(frozen=True, slots=True)
class VerifiedBy:
    """A way of verification that is believed for one kind of key."""

    scheme: Scheme
    means: Verification


_ORDER: Final = (
    KeyRank(Scheme.PHONE, Strength.VERIFIED),
    KeyRank(Scheme.CARD, Strength.VERIFIED),
    KeyRank(Scheme.CARD, Strength.ASSERTED),
    KeyRank(Scheme.MEMBER_CODE, Strength.VERIFIED),
    KeyRank(Scheme.MEMBER_CODE, Strength.ASSERTED),
    KeyRank(Scheme.PHONE, Strength.ASSERTED),
)
_BELIEVED: Final = (
    VerifiedBy(Scheme.PHONE, Verification.SMS_CODE),
    VerifiedBy(Scheme.CARD, Verification.CARD_SEEN),
    VerifiedBy(Scheme.MEMBER_CODE, Verification.CARD_SEEN),
)


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """How records become members.

    Attributes:
        version: named by every logged decision; raise it with every change.
        order: kinds of keys, the strongest first; the first one with a holder decides.
        believed: which verification makes a claim of which scheme a verified one.
        blocked_phones: patterns over the whole national number that belong to nobody.
        blocked_codes: the same for card numbers and member codes.
        mobile_numbers: by region, what a mobile number looks like. It is asked before the number
            ranges that a library knows, since operators open new ones sooner than we upgrade.
        default_region: ISO 3166 region in which a phone without country code is read.
        regions: other regions, by ``tenant`` or ``tenant/store``.
        most_per_member: identifiers of one scheme that one member may hold at a time.
        most_holders: members that may assert one phone at a time; beyond it the phone is a
            shared one and identifies nobody new.
        silence_days: a verified phone that nobody used for so long may have been given to somebody
            else; a fresh verification then opens a new member unless the name is the same.
    """

    version: str = "1"
    order: tuple[KeyRank, ...] = _ORDER
    believed: tuple[VerifiedBy, ...] = _BELIEVED
    blocked_phones: tuple[str, ...] = PLACEHOLDER_PHONES
    blocked_codes: tuple[str, ...] = PLACEHOLDER_CODES
    mobile_numbers: dict[str, str] = field(default_factory=lambda: dict(MOBILE_NUMBERS))
    default_region: str = "CN"
    regions: dict[str, str] = field(default_factory=dict)
    most_per_member: int = 8
    most_holders: int = 4
    silence_days: int = 540

    def __post_init__(self) -> None:
        """A pattern or an order that cannot work is found at start."""
        missing = [rank for rank in _ORDER if rank not in self.order]
        if missing:
            raise ValueError(f"order leaves out {missing[0].scheme} {missing[0].strength}")
        if min(self.most_per_member, self.most_holders, self.silence_days) < 1:
            raise ValueError("most_per_member, most_holders and silence_days must be at least 1")
        for pattern in (*self.blocked_phones, *self.blocked_codes, *self.mobile_numbers.values()):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"pattern {pattern!r} cannot be read: {error}") from error

    def rank(self, scheme: Scheme, strength: Strength) -> int:
        """The place of a key in the order; 0 is the strongest."""
        return self.order.index(KeyRank(scheme, strength))

    def strength_of(self, scheme: Scheme, means: Verification) -> Strength:
        """What a verification is worth for a scheme."""
        believed = VerifiedBy(scheme, means) in self.believed
        return Strength.VERIFIED if believed else Strength.ASSERTED

    def region_of(self, tenant: TenantId, store: StoreId) -> str:
        """The region of a store's phone numbers."""
        named = self.regions.get(f"{tenant}/{store}") or self.regions.get(tenant)
        return named or self.default_region
