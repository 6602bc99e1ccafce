"""A simulated shop day, read by the capture, folded, and held against the day's own truth."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloud.cards import CardFeed
from cloud.sales import Standing
from models.wire.cards import Card
from tests.simulators.capturing import DEVICE, captured
from tests.simulators.databases import Databases
from tests.simulators.little_ledger import LittleLedger
from tests.simulators.till import DayTruth, MemberTruth, ShopDay

TENANT, STORE = DEVICE.tenant, DEVICE.store


@pytest.fixture(scope="module")
def truth() -> DayTruth:
    return ShopDay(seed=7, sales=150).truth


@pytest.fixture(scope="module")
def shop(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LittleLedger]:
    """The day as the ledger has it: every file read, reprints found out by their event ids."""
    ledger = LittleLedger(tmp_path_factory.mktemp("day"), databases)
    known: set[str] = set()
    for delivery in ShopDay(seed=7, sales=150).deliveries():
        for sale in captured(delivery.xml(), "lianke-till"):
            if sale.event_id not in known:
                known.add(sale.event_id)
                ledger.sale(sale.sale, device=DEVICE)
    ledger.fold(batch=100)
    yield ledger
    ledger.close()


def cards(feed: CardFeed) -> list[Card]:
    page = feed.page(TENANT, STORE, 0, limit=1000)
    assert page.through == page.head
    return [delta.card for delta in page.deltas if delta.card is not None]


def as_truth(card: Card) -> tuple[str, str | None, str | None, int, int]:
    phone = card.phones[0] if card.phones else None
    number = card.cards[0] if card.cards else None
    key = f"phone:{phone}" if phone else f"card:{number}"
    return key, phone, number, card.visits, sum(each.amount_minor for each in card.spend)


def expected(key: str, member: MemberTruth) -> tuple[str, str | None, str | None, int, int]:
    phone = member.phone if key.startswith("phone:") else None
    return key, phone, member.card, member.visits, member.net_spend_fen


def test_every_member_has_the_card_that_the_day_gave_them(
    shop: LittleLedger, truth: DayTruth
) -> None:
    assert {as_truth(card) for card in cards(shop.feed)} == {
        expected(key, member) for key, member in truth.members.items()
    }
    assert len(shop.one_ids()) == len(truth.members)


def test_names_are_the_tills(shop: LittleLedger, truth: DayTruth) -> None:
    named = {as_truth(card)[0]: card.family_name + card.given_name for card in cards(shop.feed)}
    assert named == {key: member.name or "" for key, member in truth.members.items()}


def test_the_hours_add_up(shop: LittleLedger, truth: DayTruth) -> None:
    found = shop.figures.by_hour(TENANT, STORE, truth.business_day)
    assert [(each.hour, each.sales, each.net_minor) for each in found] == [
        (hour, each.sales, each.net_fen) for hour, each in sorted(truth.by_hour.items())
    ]
    assert {each.currency for each in found} == {"CNY"}


def test_the_day_adds_up(shop: LittleLedger, truth: DayTruth) -> None:
    (day,) = shop.figures.of_day(TENANT, STORE, truth.business_day)
    assert day.sales == truth.sales
    assert day.identified == truth.identified_sales
    assert day.returns == truth.returns
    assert day.reversed == truth.by_status["post_void"]
    assert day.net_minor == truth.net_sales_fen


def test_every_transaction_stands_as_the_till_left_it(shop: LittleLedger, truth: DayTruth) -> None:
    standing = shop.figures.by_standing(TENANT, STORE, truth.business_day)
    assert standing[Standing.CONTROL] == truth.controls
    assert standing[Standing.TRAINING] == truth.by_status["training"]
    assert standing[Standing.VOIDED] == truth.by_status["voided"]
    assert standing[Standing.SUSPENDED] == truth.by_status["suspended"]
    assert standing[Standing.REVERSAL] == truth.by_status["post_void"]


def test_nobody_is_in_conflict(shop: LittleLedger) -> None:
    assert shop.directory.counts(TENANT).conflicts == 0
