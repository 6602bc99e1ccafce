"""Members behind the ledger: who is created, who is attached, and what a revision moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cloud.members import Strength
from models.wire.events.sale import Loyalty, Scheme, Status
from models.wire.ids import OneId, SaleId
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, a_sale, revised
from tests.simulators.little_ledger import (
    TABLES,
    TENANT,
    LittleLedger,
    WhoIs,
    at_store,
    card,
    phone,
)
from tests.simulators.till.people import BLOCKED_PHONES

ONE = "+8613976215437"
TWO = "+8613662518840"


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("shop"), databases)
    yield ledger
    ledger.close()


@pytest.fixture
def shop(ledger: LittleLedger) -> LittleLedger:
    ledger.wipe()
    return ledger


def holder(shop: LittleLedger, number: str) -> OneId:
    (found,) = shop.directory.find_by_phone(TENANT, number)
    return found.one_id


def owner_of(shop: LittleLedger, sale_id: SaleId) -> OneId | None:
    figure = shop.figures.sale(sale_id)
    assert figure is not None
    return figure.one_id


def changes(shop: LittleLedger, one_id: OneId) -> list[str]:
    explanation = shop.directory.explain(TENANT, one_id)
    assert explanation is not None
    return [step.change.value for step in explanation.steps]


def texts(shop: LittleLedger, one_id: OneId) -> list[str]:
    explanation = shop.directory.explain(TENANT, one_id)
    assert explanation is not None
    return [step.text for step in explanation.steps]


def first_holder(shop: LittleLedger) -> OneId:
    return shop.directory.find_by_phone(TENANT, ONE)[0].one_id


def test_who_shows_a_phone_twice_is_one_member(shop: LittleLedger) -> None:
    sales = {shop.sale(a_sale(n, phone=ONE)) for n in (1, 2)}
    shop.fold()
    assert shop.members() == {
        WhoIs(frozenset({("phone", ONE)}), "", 2, (("CNY", 2500),), frozenset(sales))
    }


def test_who_shows_nothing_is_nobody(shop: LittleLedger) -> None:
    shop.sale(a_sale(1))
    shop.fold()
    assert shop.members() == set()


@pytest.mark.parametrize("blocked", [*sorted(BLOCKED_PHONES), "13888888888", "no number"])
def test_a_blocked_phone_creates_nobody(shop: LittleLedger, blocked: str) -> None:
    sale_id = shop.sale(a_sale(1, phone=blocked))
    shop.fold()
    assert shop.members() == set()
    assert owner_of(shop, sale_id) is None
    assert shop.directory.find_by_phone(TENANT, blocked) == []


def test_a_blocked_phone_beside_a_card_leaves_the_card(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone="13800138000", card="8812"))
    shop.fold()
    (member,) = shop.members()
    assert member.known_by == {("card:house", "8812")}


def test_a_spelling_is_not_another_person(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone="13976215437"))
    shop.sale(a_sale(2, phone=ONE))
    shop.fold()
    assert len(shop.members()) == 1


def test_training_makes_and_feeds_nobody(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE, status=Status.TRAINING))
    shop.sale(a_sale(2, phone=TWO))
    shop.sale(a_sale(3, phone=TWO, status=Status.TRAINING))
    shop.fold()
    (member,) = shop.members()
    assert member.visits == 1


@pytest.mark.parametrize("status", [Status.VOIDED, Status.SUSPENDED])
def test_who_gave_up_is_a_member_without_a_visit(shop: LittleLedger, status: Status) -> None:
    shop.sale(a_sale(1, phone=ONE, status=status))
    shop.fold()
    (member,) = shop.members()
    assert (member.visits, member.spend) == (0, ())


def test_two_people_without_a_common_key_stay_two(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    shop.sale(a_sale(2, phone=TWO))
    shop.fold()
    assert len(shop.members()) == 2


def test_asserted_claims_never_merge_two_members(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    shop.sale(a_sale(2, card="8812"))
    both = shop.sale(a_sale(3, phone=ONE, card="8812"))
    shop.fold()
    assert len(shop.members()) == 2
    (by_card,) = shop.directory.find_by_card(TENANT, "8812", "house")
    assert owner_of(shop, both) == by_card.one_id
    assert changes(shop, by_card.one_id)[-1] == "conflict"
    assert shop.directory.counts(TENANT).conflicts == 1
    assert len(shop.rows("evidence")) == 1


def test_two_members_who_meet_often_are_one_conflict(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    shop.sale(a_sale(2, card="8812"))
    for n in range(3, 8):
        shop.sale(a_sale(n, phone=ONE, card="8812"))
    shop.fold(batch=2)
    assert shop.directory.counts(TENANT).conflicts == 1


def test_a_verified_phone_takes_over_what_was_asserted(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    shop.register(phone(ONE, verified=True), card("8812"), family_name="王", given_name="伟")
    shop.fold()
    (found,) = shop.directory.find_by_phone(TENANT, ONE)
    assert found.strength is Strength.VERIFIED
    (member,) = shop.members()
    assert member.known_by == {("phone", ONE), ("card:house", "8812")}
    assert changes(shop, found.one_id) == ["created", "attached", "strengthened", "attached"]
    assert shop.directory.counts(TENANT).verified_phones == 1


def test_a_recycled_number_opens_a_new_member_and_leaves_the_old_sales(
    shop: LittleLedger,
) -> None:
    shop.register(phone(ONE, verified=True), family_name="王", given_name="伟", at=NOON)
    before = shop.sale(a_sale(1, phone=ONE))
    shop.fold()
    old = holder(shop, ONE)
    shop.received_at += timedelta(days=30)
    shop.register(phone(ONE, verified=True), family_name="李", given_name="芳")
    after = shop.sale(a_sale(2, phone=ONE, end_at=shop.received_at))
    shop.fold()
    new = holder(shop, ONE)
    assert new != old
    assert owner_of(shop, before) == old
    assert owner_of(shop, after) == new
    assert changes(shop, new) == ["created", "reassigned", "attached"]
    assert changes(shop, old)[-1] == "reassigned"
    because = "the names contradict each other"
    assert texts(shop, new)[1] == f"phone number taken over from member {old}: {because}"
    assert texts(shop, old)[-1] == f"phone number went to member {new}: {because}"


def test_a_silent_holder_who_shows_their_card_keeps_the_number(shop: LittleLedger) -> None:
    shop.register(phone(ONE, verified=True), card("8812"), at=NOON)
    shop.fold()
    before = holder(shop, ONE)
    shop.received_at += timedelta(days=600)
    shop.register(phone(ONE, verified=True), card("8812"))
    shop.fold()
    assert holder(shop, ONE) == before
    assert changes(shop, before) == ["created", "attached", "attached"]


def test_a_phone_that_too_many_share_identifies_nobody_new(shop: LittleLedger) -> None:
    for n, family_name in enumerate("王李张刘陈"):
        last = shop.sale(a_sale(n + 1, phone=ONE, family_name=family_name))
    shop.fold()
    assert len(shop.members()) == 4
    assert owner_of(shop, last) is None
    assert any("too many members share it" in text for text in texts(shop, first_holder(shop)))


def test_a_sale_from_before_the_change_of_hands_is_the_earlier_owners(
    shop: LittleLedger,
) -> None:
    shop.register(phone(ONE, verified=True), family_name="王", given_name="伟", at=NOON)
    shop.fold()
    old = holder(shop, ONE)
    shop.received_at += timedelta(days=30)
    shop.register(phone(ONE, verified=True), family_name="李", given_name="芳")
    late = shop.sale(a_sale(1, phone=ONE, end_at=NOON + timedelta(days=2)))
    shop.fold()
    assert owner_of(shop, late) == old


def test_a_person_of_another_name_does_not_land_on_the_verified_holder(
    shop: LittleLedger,
) -> None:
    shop.register(phone(ONE, verified=True), family_name="王")
    wife = shop.sale(a_sale(1, phone=ONE, family_name="李"))
    wife_again = shop.sale(a_sale(2, phone=ONE, family_name="李"))
    nameless = shop.sale(a_sale(3, phone=ONE))
    shop.fold()
    verified, asserted = shop.directory.find_by_phone(TENANT, ONE)
    assert verified.strength is Strength.VERIFIED
    assert owner_of(shop, wife) == owner_of(shop, wife_again) == asserted.one_id
    assert owner_of(shop, nameless) == verified.one_id


def test_the_name_is_the_verified_ones_then_the_newest(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE, family_name="王"))
    shop.sale(a_sale(2, card="8812", phone=ONE))
    shop.fold()
    assert [each.family_name for each in shop.members()] == ["王"]
    shop.register(phone(ONE, verified=True), family_name="王", given_name="小明")
    shop.fold()
    golden = shop.directory.golden(TENANT, holder(shop, ONE))
    assert golden is not None
    assert golden.name.full == "王小明"
    assert golden.name_from is not None
    assert golden.name_from.strength is Strength.VERIFIED


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_masked_name_never_hides_a_complete_one(
    shop: LittleLedger, order: tuple[int, ...]
) -> None:
    shop.register(phone(ONE), family_name="王", given_name="小明", at=NOON)
    shop.register(phone(ONE), family_name="王", given_name="**", at=NOON + timedelta(hours=1))
    shop.reordered(order)
    shop.fold(batch=1)
    golden = shop.directory.golden(TENANT, holder(shop, ONE))
    assert golden is not None
    assert golden.name.full == "王小明"


def test_a_revision_moves_its_sale_to_the_right_member(shop: LittleLedger) -> None:
    mistyped = a_sale(1, phone=ONE)
    sale_id = shop.sale(mistyped)
    shop.fold()
    loyalty = [Loyalty(scheme=Scheme.PHONE, value=TWO)]
    shop.sale(revised(mistyped, loyalty=loyalty))
    shop.fold()
    assert owner_of(shop, sale_id) == holder(shop, TWO)
    assert {member.visits for member in shop.members()} == {0, 1}


@pytest.mark.parametrize("batch", [1, 2])
def test_a_revision_without_a_member_takes_the_sale_away(shop: LittleLedger, batch: int) -> None:
    sale = a_sale(1, phone=ONE)
    sale_id = shop.sale(sale)
    shop.sale(revised(sale, loyalty=[]))
    shop.fold(batch)
    assert owner_of(shop, sale_id) is None
    (member,) = shop.members()
    assert member.visits == 0


def test_an_older_revision_that_arrives_last_moves_nothing(shop: LittleLedger) -> None:
    sale = a_sale(1, phone=ONE)
    loyalty = [Loyalty(scheme=Scheme.PHONE, value=TWO)]
    sale_id = shop.sale(revised(sale, loyalty=loyalty), at=NOON + timedelta(minutes=5))
    shop.sale(sale, at=NOON)
    shop.fold(batch=1)
    assert owner_of(shop, sale_id) == holder(shop, TWO)


def test_one_phone_in_two_retailers_is_two_members(shop: LittleLedger) -> None:
    other = at_store("sh-0001")
    rival = type(other)(type(TENANT)("rival"), other.store, other.device)
    shop.sale(a_sale(1, phone=ONE))
    shop.sale(a_sale(1, phone=ONE), device=rival)
    shop.fold()
    assert len(shop.one_ids()) == 2
    assert len(shop.directory.find_by_phone(TENANT, ONE)) == 1


def test_one_card_number_in_two_programmes_is_two_members(shop: LittleLedger) -> None:
    gold = [Loyalty(scheme=Scheme.CARD, value="8812", programme="gold")]
    shop.sale(a_sale(1, card="8812"))
    shop.sale(revised(a_sale(2), loyalty=gold))
    shop.fold()
    assert len(shop.members()) == 2
    assert len(shop.directory.find_by_card(TENANT, "8812", "gold")) == 1
    assert len(shop.directory.find_by_card(TENANT, "8812")) == 2
    assert shop.directory.find_by_card(TENANT, "0000") == []


def test_a_member_code_is_found_by_its_programme(shop: LittleLedger) -> None:
    code = [Loyalty(scheme=Scheme.MEMBER_CODE, value="M-7")]
    shop.sale(revised(a_sale(1), loyalty=code))
    shop.fold()
    assert len(shop.directory.find_by_code(TENANT, " M-7 ")) == 1
    assert shop.directory.find_by_code(TENANT, "M-7", "gold") == []


def test_an_identifier_shown_twice_in_one_record_counts_once(shop: LittleLedger) -> None:
    shop.register(phone("13976215437"), phone(ONE, verified=True), family_name="王")
    shop.fold()
    (found,) = shop.directory.find_by_phone(TENANT, ONE)
    assert found.strength is Strength.VERIFIED
    assert [each.family_name for each in shop.members()] == ["王"]


def test_a_clock_ahead_of_time_does_not_date_a_claim_into_the_future(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE, end_at=NOON + timedelta(days=9000)))
    shop.fold()
    ((seen_ms,),) = shop.rows("claim", "last_seen_ms")
    assert seen_ms == (NOON + timedelta(days=1)).timestamp() * 1000


def test_folding_the_same_entries_twice_equals_once(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE, card="8812", family_name="王"))
    shop.register(phone(ONE, verified=True), family_name="王", given_name="伟")
    shop.sale(a_sale(2, phone=ONE, family_name="李"))
    shop.fold()
    before = {table: shop.rows(table) for table in (*TABLES, "identity_event")}
    shop.fold(entries=shop.entries)
    assert {table: shop.rows(table) for table in (*TABLES, "identity_event")} == before


def test_the_identity_log_is_only_ever_added_to(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    shop.fold()
    logged = shop.rows("identity_event")
    shop.register(phone(ONE, verified=True), card("8812"))
    shop.fold()
    shop.clear()
    assert set(logged) < set(shop.rows("identity_event"))
    added = shop.rows("identity_event")
    shop.fold()
    assert shop.rows("identity_event") == added


def test_an_explanation_says_why_and_names_nobody(shop: LittleLedger) -> None:
    shop.register(phone(ONE, verified=True), family_name="王", at=NOON)
    shop.sale(a_sale(1, phone=ONE, card="8812"))
    shop.sale(a_sale(2, phone=ONE, family_name="李"))
    shop.fold()
    (first, second) = shop.directory.find_by_phone(TENANT, ONE)
    explanation = shop.directory.explain(TENANT, first.one_id)
    assert explanation is not None
    other = second.one_id
    assert [step.text for step in explanation.steps] == [
        "created from a registration in store sh-0001: nobody held what it showed",
        "phone number attached (verified) by a registration in store sh-0001",
        "card of programme house attached (asserted) by a sale in store sh-0001",
        f"phone number noted for review with member {other}: the names contradict each other",
    ]
    assert explanation.known_by == (
        ("phone", Strength.VERIFIED),
        ("card:house", Strength.ASSERTED),
    )
    assert explanation.name_from == "phone"
    assert all("13976215437" not in repr(step) for step in explanation.steps)


def test_strangers_are_not_explained(shop: LittleLedger) -> None:
    assert shop.directory.explain(TENANT, OneId("nobody")) is None
    assert shop.directory.golden(TENANT, OneId("nobody")) is None


def test_no_phone_and_no_name_lies_in_the_database(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone="13976215437", card="8812345678", family_name="欧阳"))
    shop.register(phone(TWO, verified=True), family_name="司马", given_name="相如")
    shop.fold()
    lying_there = shop.at_rest()
    for secret in ("13976215437", "13662518840", "8812345678", "欧阳", "司马", "相如"):
        assert secret.encode() not in lying_there


def test_who_shows_an_erased_phone_is_a_stranger(shop: LittleLedger) -> None:
    sale_id = shop.sale(a_sale(1, phone=ONE, card="8812", family_name="王"))
    shop.fold()
    erased = holder(shop, ONE)
    shop.keyring.destroy("phone", ONE)
    assert shop.directory.find_by_phone(TENANT, ONE) == []
    golden = shop.directory.golden(TENANT, erased)
    assert golden is not None
    assert [each.namespace for each in golden.known_by] == ["card:house"]
    assert not golden.name
    again = shop.sale(a_sale(2, phone=ONE))
    shop.fold()
    assert owner_of(shop, again) == holder(shop, ONE) != erased
    assert owner_of(shop, sale_id) == erased
    assert changes(shop, erased)[-1] == "released"


def test_a_rebuild_does_not_bring_an_erased_person_back(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    shop.sale(a_sale(2, phone=TWO))
    shop.fold()
    shop.keyring.destroy("phone", ONE)
    shop.clear()
    shop.fold()
    (member,) = shop.members()
    assert member.known_by == {("phone", TWO)}
    assert shop.figures.of_day(TENANT, at_store("sh-0001").store, NOON.date())[0].net_minor == 2500
