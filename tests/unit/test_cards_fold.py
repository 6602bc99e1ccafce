"""Cards and feeds: what the shops are told, in which order, and what they end up with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from cloud.cards.composing import MOST_INCLUDED
from cloud.storage import write
from models.wire.cards import Card, CardDelta, Spend
from models.wire.events.sale import (
    LineKind,
    Link,
    LinkReason,
    Loyalty,
    SaleRecorded,
    Scheme,
    Status,
)
from models.wire.ids import StoreId
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, a_sale, revised
from tests.simulators.little_ledger import (
    STORE,
    TENANT,
    LittleLedger,
    at_store,
    card,
    phone,
)

ONE = "+8613976215437"
TWO = "+8613662518840"
BEIJING = StoreId("bj-0007")


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


def a_return(sequence: int, total_minor: int, number: str) -> SaleRecorded:
    sale = a_sale(sequence, total_minor=total_minor, phone=number)
    return revised(
        sale, lines=[msgspec.structs.replace(line, kind=LineKind.RETURN) for line in sale.lines]
    )


def post_void_of(sale: SaleRecorded, sequence: int) -> SaleRecorded:
    link = Link(reason=LinkReason.VOID, sequence_number=sale.sequence_number)
    return revised(
        a_sale(sequence, total_minor=-sale.total_minor), links=[link], loyalty=sale.loyalty
    )


def replica(deltas: list[CardDelta]) -> dict[str, Card]:
    """What a tablet holds after these deltas."""
    cards: dict[str, Card] = {}
    for delta in deltas:
        cards.pop(delta.one_id, None)
        if delta.card is not None:
            cards[delta.one_id] = delta.card
    return cards


def pages(shop: LittleLedger, store: StoreId, after: int, limit: int) -> list[CardDelta]:
    """Catch-up as a tablet does it."""
    deltas: list[CardDelta] = []
    while True:
        page = shop.feed.page(TENANT, store, after, limit)
        deltas += page.deltas
        after = page.through
        if page.through >= page.head:
            return deltas


def test_a_card_says_all_of_its_member(shop: LittleLedger) -> None:
    first = shop.sale(a_sale(1, phone=ONE, card="8812", total_minor=1000))
    second = shop.sale(
        a_sale(2, phone=ONE, total_minor=500, end_at=NOON + timedelta(hours=1), family_name="王")
    )
    shop.fold()
    found = shop.card_of(ONE)
    assert (found.visits, found.spend) == (2, [Spend("CNY", 1500)])
    assert (found.phones, found.cards, found.member_codes) == ([ONE], ["8812"], [])
    assert (found.family_name, found.given_name) == ("王", "")
    assert found.since == "2026-11-22T04:00:00.000Z"
    assert found.last_visit_at == "2026-11-22T05:00:00.000Z"
    assert [each.sale_id for each in found.purchases] == [second, first]
    assert found.purchases[0].items == ["康师傅红烧牛肉面", "康师傅红烧牛肉面"]
    assert found.includes == [second, first]


def test_a_return_lowers_the_spend_and_is_no_visit(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE, total_minor=1000))
    shop.sale(a_return(2, -400, ONE))
    shop.fold()
    found = shop.card_of(ONE)
    assert (found.visits, found.spend) == (1, [Spend("CNY", 600)])
    assert len(found.purchases) == 2


@pytest.mark.parametrize("named", [True, False])
def test_a_post_void_takes_the_visit_and_the_money_back(shop: LittleLedger, named: bool) -> None:
    taken = a_sale(1, phone=ONE, total_minor=1000)
    shop.sale(taken)
    shop.sale(a_sale(2, phone=ONE, total_minor=300))
    void = post_void_of(taken, 3)
    shop.sale(void if named else revised(void, loyalty=[]))
    shop.fold(batch=1)
    found = shop.card_of(ONE)
    assert (found.visits, found.spend) == (1, [Spend("CNY", 300)])
    assert [each.total_minor for each in found.purchases] == [300]


def test_what_does_not_count_stays_off_the_card(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE, status=Status.SUSPENDED))
    shop.sale(a_sale(2, phone=ONE, status=Status.VOIDED))
    shop.sale(a_sale(3, phone=ONE, status=Status.TRAINING))
    link = Link(reason=LinkReason.RESUME, sequence_number="1")
    shop.sale(revised(a_sale(4, phone=ONE), links=[link]))
    shop.fold()
    found = shop.card_of(ONE)
    assert (found.visits, found.spend) == (1, [Spend("CNY", 1250)])
    assert len(found.purchases) == 1


def test_a_revision_corrects_the_figures(shop: LittleLedger) -> None:
    sale = a_sale(1, phone=ONE, total_minor=1000)
    shop.sale(sale)
    shop.fold()
    version = shop.card_of(ONE).version
    shop.sale(revised(sale, total_minor=700))
    shop.fold()
    found = shop.card_of(ONE)
    assert (found.visits, found.spend) == (1, [Spend("CNY", 700)])
    assert found.version > version


def test_currencies_stay_apart(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE, total_minor=100))
    shop.sale(revised(a_sale(2, phone=ONE, total_minor=70), currency="HKD"))
    shop.fold()
    assert shop.card_of(ONE).spend == [Spend("CNY", 100), Spend("HKD", 70)]


def test_a_card_holds_the_newest_ten_purchases(shop: LittleLedger) -> None:
    for n in range(12):
        shop.sale(a_sale(n + 1, phone=ONE, total_minor=n, end_at=NOON + timedelta(minutes=n)))
    shop.fold()
    found = shop.card_of(ONE)
    assert [each.total_minor for each in found.purchases] == list(range(11, 1, -1))
    assert found.visits == 12
    assert len(found.includes) == 12


def test_includes_are_bounded_in_number_and_in_time(shop: LittleLedger) -> None:
    old = shop.sale(a_sale(1, phone=ONE))
    shop.received_at += timedelta(days=15)
    recent = [shop.sale(a_sale(n, phone=ONE)) for n in range(2, MOST_INCLUDED + 12)]
    shop.fold()
    includes = shop.card_of(ONE).includes
    assert old not in includes
    assert includes == recent[: -MOST_INCLUDED - 1 : -1]


def test_what_arrives_late_is_included_whenever_it_was_sold(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    late = shop.sale(a_sale(2, phone=ONE, end_at=NOON - timedelta(days=60)))
    shop.fold()
    assert late in shop.card_of(ONE).includes


def test_every_shop_that_knows_the_member_is_told(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    shop.fold()
    assert shop.feed.head(TENANT, BEIJING) == 0
    shop.sale(a_sale(1, store=BEIJING, phone=ONE), device=at_store(BEIJING))
    shop.register(phone(TWO, verified=True), device=at_store(BEIJING))
    shop.fold()
    assert set(replica(pages(shop, STORE, 0, 10))) == {shop.card_of(ONE).one_id}
    assert set(replica(pages(shop, BEIJING, 0, 10))) == {
        shop.card_of(ONE).one_id,
        shop.card_of(TWO).one_id,
    }
    assert shop.feed.heads() == {(TENANT, STORE): 2, (TENANT, BEIJING): 2}


def test_a_registration_in_another_shop_brings_the_card_there_unchanged(
    shop: LittleLedger,
) -> None:
    shop.register(phone(ONE, verified=True), family_name="王", at=NOON)
    shop.fold()
    version = shop.card_of(ONE).version
    shop.register(phone(ONE, verified=True), family_name="王", device=at_store(BEIJING))
    shop.fold()
    assert shop.card_of(ONE).version == version
    assert replica(pages(shop, BEIJING, 0, 10)) == replica(pages(shop, STORE, 0, 10))
    assert shop.feed.head(TENANT, STORE) == 1


def test_a_shop_whose_only_sale_was_moved_forgets_the_member(shop: LittleLedger) -> None:
    mistyped = a_sale(1, phone=ONE)
    shop.sale(mistyped)
    shop.sale(a_sale(1, store=BEIJING, phone=ONE), device=at_store(BEIJING))
    shop.fold()
    one_id = shop.card_of(ONE).one_id
    shop.sale(revised(mistyped, loyalty=[Loyalty(scheme=Scheme.PHONE, value=TWO)]))
    shop.fold()
    tombstone, other = pages(shop, STORE, 1, 10)
    if tombstone.card is not None:
        tombstone, other = other, tombstone
    assert (tombstone.one_id, tombstone.card) == (one_id, None)
    assert other.one_id == shop.card_of(TWO).one_id
    assert set(replica(pages(shop, BEIJING, 0, 10))) == {one_id}


def test_a_card_that_no_shop_needs_any_more_is_gone_and_may_come_back(
    shop: LittleLedger,
) -> None:
    sale = a_sale(1, phone=ONE)
    shop.sale(sale)
    shop.fold()
    before = shop.card_of(ONE)
    shop.sale(revised(sale, loyalty=[]))
    shop.fold()
    assert shop.feed.card(TENANT, before.one_id) is None  # type: ignore[arg-type]  # wire: plain str
    assert replica(pages(shop, STORE, 0, 10)) == {}
    shop.sale(a_sale(2, phone=ONE))
    shop.fold()
    assert shop.card_of(ONE).version > before.version
    assert len(replica(pages(shop, STORE, 0, 10))) == 1


def test_an_event_that_changes_no_card_makes_no_version(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE, family_name="王"))
    shop.fold()
    head, version = shop.feed.head(TENANT, STORE), shop.card_of(ONE).version
    shop.register(phone(ONE), family_name="王")
    shop.sale(a_sale(2))
    shop.fold(batch=1)
    shop.fold(entries=shop.entries)
    assert shop.feed.head(TENANT, STORE) == head
    assert shop.card_of(ONE).version == version


def test_sequences_have_no_holes_at_the_time_of_writing(shop: LittleLedger) -> None:
    seen: list[int] = []
    for n, number in enumerate([ONE, TWO, ONE, TWO, TWO, ONE]):
        shop.sale(a_sale(n + 1, phone=number))
        shop.fold()
        seen += [delta.sequence for delta in pages(shop, STORE, len(seen), 10)]
    assert seen == [1, 2, 3, 4, 5, 6]
    assert [delta.sequence for delta in pages(shop, STORE, 0, 10)] == [5, 6]


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_a_tablet_that_missed_some_catches_up_to_the_same(shop: LittleLedger, limit: int) -> None:
    all_of_them: list[CardDelta] = []
    for n in range(12):
        number = f"+86139762154{n % 5:02d}"
        shop.sale(a_sale(n + 1, phone=number))
        shop.fold()
        all_of_them += pages(shop, STORE, len(all_of_them), limit)
    assert len(all_of_them) == 12
    for missed_after in range(12):
        caught_up = all_of_them[:missed_after] + pages(shop, STORE, missed_after, limit)
        assert replica(caught_up) == replica(all_of_them)


def test_a_page_of_a_quiet_feed_is_empty_and_complete(shop: LittleLedger) -> None:
    page = shop.feed.page(TENANT, STORE, 0)
    assert (page.deltas, page.through, page.head) == ([], 0, 0)
    shop.sale(a_sale(1, phone=ONE))
    shop.fold()
    assert shop.feed.page(TENANT, STORE, 1).through == 1


def test_a_rebuild_that_changes_nothing_sends_nothing(shop: LittleLedger) -> None:
    for n in range(6):
        shop.sale(a_sale(n + 1, phone=[ONE, TWO][n % 2], card="8812" if n % 2 else None))
    shop.register(phone(ONE, verified=True), family_name="王")
    shop.fold(batch=1)
    before = pages(shop, STORE, 0, 100)
    shop.clear()
    shop.fold(batch=2)
    assert pages(shop, STORE, 0, 100) == before


def test_while_a_rebuild_runs_the_cards_stay_as_they_were(shop: LittleLedger) -> None:
    for n in range(4):
        shop.sale(a_sale(n + 1, phone=ONE))
    shop.fold()
    before = shop.feed.page(TENANT, STORE, 0)
    shop.clear()
    shop.fold(entries=shop.entries[:2])
    assert shop.feed.page(TENANT, STORE, 0) == before
    shop.fold(entries=shop.entries[2:])
    assert shop.feed.page(TENANT, STORE, 0) == before


def test_a_rebuild_withdraws_the_cards_of_those_who_are_no_more(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, phone=ONE))
    shop.sale(a_sale(2, phone=TWO))
    shop.fold()
    gone = shop.card_of(ONE).one_id
    shop.keyring.destroy("phone", ONE)
    shop.clear()
    shop.fold()
    (tombstone,) = pages(shop, STORE, 2, 10)
    assert (tombstone.one_id, tombstone.card) == (gone, None)


def test_an_erased_key_leaves_the_card_without_it_and_the_totals_right(
    shop: LittleLedger,
) -> None:
    shop.sale(a_sale(1, phone=ONE, card="8812", family_name="王"))
    shop.fold()
    one_id = shop.one_ids()[0]
    shop.keyring.destroy("phone", ONE)
    kept = shop.feed.card(TENANT, one_id)
    assert kept is not None
    assert (kept.phones, kept.family_name) == ([], "")
    assert (kept.cards, kept.visits, kept.spend) == (["8812"], 1, [Spend("CNY", 1250)])
    with write(shop.engine) as connection:
        assert shop.cards_fold.refresh(connection, [one_id], 1) == 1
    (delta,) = pages(shop, STORE, 1, 10)
    assert delta.card is not None
    assert delta.card.phones == []
    assert delta.version > kept.version


def test_no_phone_lies_in_the_cards_at_rest(shop: LittleLedger) -> None:
    shop.register(phone(ONE, verified=True), card("8812345678"), family_name="欧阳")
    shop.fold()
    ((sealed,),) = shop.rows("card", "sealed")
    assert isinstance(sealed, bytes)
    assert not any(each.encode() in sealed for each in (ONE, "8812345678", "欧阳"))
