"""One spelling per identifier, and who identifies nobody."""

from __future__ import annotations

import pytest

from cloud.members.identifiers import Identifier, Normaliser, Refusal
from cloud.members.policy import IdentityPolicy, KeyRank, Strength
from models.wire.events.member import Verification
from models.wire.events.sale import Scheme
from models.wire.ids import StoreId, TenantId
from tests.simulators.till.people import BLOCKED_PHONES

NORMALISER = Normaliser(IdentityPolicy())


@pytest.mark.parametrize(
    "written",
    [
        "13976215437",
        "+8613976215437",
        "008613976215437",
        "139 7621 5437",
        " 139-7621-5437 ",
        "１３９７６２１５４３７",
        "139\u00a07621\u00a05437",
    ],
)
def test_every_spelling_of_a_phone_is_one_identifier(written: str) -> None:
    assert NORMALISER.read(Scheme.PHONE, written) == Identifier(
        Scheme.PHONE, "phone", "+8613976215437"
    )


@pytest.mark.parametrize(
    "written",
    [
        *sorted(BLOCKED_PHONES),
        "+8613800138000",
        "13888888888",
        "13111111111",
        "18888888899",
        "13812345678",
        "13987654321",
        "15023456789",
    ],
)
def test_a_phone_that_thousands_type_is_nobodys(written: str) -> None:
    assert NORMALISER.read(Scheme.PHONE, written) is Refusal.BLOCKED


@pytest.mark.parametrize(
    "written",
    ["1397621543", "139762154370", "not a phone", "010-88886666", "12076215437", "1" * 70, "1\x07"],
)
def test_what_is_no_mobile_number_is_nobodys(written: str) -> None:
    assert NORMALISER.read(Scheme.PHONE, written) is Refusal.INVALID


def test_a_number_range_newer_than_our_library_is_a_phone_all_the_same() -> None:
    assert isinstance(NORMALISER.read(Scheme.PHONE, "15476215437"), Identifier)


def test_abroad_a_phone_is_read_as_it_is_dialled_there() -> None:
    read = NORMALISER.read(Scheme.PHONE, "6123 4567", region="HK")
    assert read == Identifier(Scheme.PHONE, "phone", "+85261234567")
    assert NORMALISER.read(Scheme.PHONE, "2123 4567", region="HK") is Refusal.INVALID


def test_a_card_keeps_its_zeros_and_belongs_to_its_programme() -> None:
    read = NORMALISER.read(Scheme.CARD, " 0012 ", " gold ")
    assert read == Identifier(Scheme.CARD, "card:gold", "0012")
    assert NORMALISER.read(Scheme.CARD, "0012", "silver") != read
    assert NORMALISER.read(Scheme.MEMBER_CODE, "0012") == Identifier(
        Scheme.MEMBER_CODE, "member_code", "0012"
    )


@pytest.mark.parametrize("value", ["0", "0000000000", "99999999", "123456", "1234567890"])
def test_placeholder_cards_are_nobodys(value: str) -> None:
    assert NORMALISER.read(Scheme.CARD, value) is Refusal.BLOCKED


def test_nothing_identifies_nobody() -> None:
    assert NORMALISER.read(Scheme.CARD, "  ") is Refusal.EMPTY


def test_a_policy_without_patterns_blocks_nothing() -> None:
    open_door = Normaliser(IdentityPolicy(blocked_phones=(), blocked_codes=()))
    assert isinstance(open_door.read(Scheme.PHONE, "13800138000"), Identifier)
    assert isinstance(open_door.read(Scheme.CARD, "0000"), Identifier)


def test_an_identifier_never_prints_its_value() -> None:
    assert "139" not in repr(NORMALISER.read(Scheme.PHONE, "13976215437"))


def test_the_policy_finds_the_region_of_a_store() -> None:
    policy = IdentityPolicy(regions={"acme": "SG", "acme/hk-1": "HK"})
    acme = TenantId("acme")
    assert policy.region_of(acme, StoreId("hk-1")) == "HK"
    assert policy.region_of(acme, StoreId("sg-1")) == "SG"
    assert policy.region_of(TenantId("other"), StoreId("x")) == "CN"


def test_only_a_believed_verification_makes_a_verified_claim() -> None:
    policy = IdentityPolicy()
    assert policy.strength_of(Scheme.PHONE, Verification.SMS_CODE) is Strength.VERIFIED
    assert policy.strength_of(Scheme.PHONE, Verification.CARD_SEEN) is Strength.ASSERTED
    assert policy.strength_of(Scheme.CARD, Verification.CARD_SEEN) is Strength.VERIFIED
    assert policy.strength_of(Scheme.CARD, Verification.ASSERTED) is Strength.ASSERTED


def test_a_policy_that_cannot_work_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="order leaves out card verified"):
        IdentityPolicy(order=(KeyRank(Scheme.PHONE, Strength.VERIFIED),))
    with pytest.raises(ValueError, match="at least 1"):
        IdentityPolicy(most_holders=0)
    with pytest.raises(ValueError, match=r"pattern '\(' cannot be read"):
        IdentityPolicy(blocked_codes=("(",))
