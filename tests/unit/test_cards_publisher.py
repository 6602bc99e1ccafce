"""The publisher: after the commit, in order, and healed by the next call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloud.cards import CardPublisher
from cloud.errors import BrokerUnavailable
from models.wire.cards import decode_delta
from models.wire.topics import ShopDown, shop_down
from tests.simulators.databases import Databases
from tests.simulators.facts import a_sale
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger, at_store

TOPIC = shop_down(TENANT, STORE, ShopDown.CARDS)


class FakeDownlink:
    """Keeps what was published; refuses after ``room`` messages."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.room = 1000

    def publish(self, topic: str, payload: bytes) -> None:
        """Take one message."""
        if self.room == 0:
            raise BrokerUnavailable("no broker in this test")
        self.room -= 1
        self.messages.append((topic, payload))

    def sequences(self, topic: str = TOPIC) -> list[int]:
        """What one shop was sent."""
        return [decode_delta(payload).sequence for on, payload in self.messages if on == topic]


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


def sell(shop: LittleLedger, first: int, count: int, store: str = STORE) -> None:
    for n in range(first, first + count):
        number = f"+8613976215{n:03d}"
        shop.sale(a_sale(n, phone=number, store=store), device=at_store(store))
    shop.fold()


def test_each_delta_is_sent_once_and_in_order(shop: LittleLedger) -> None:
    link = FakeDownlink()
    publisher = CardPublisher(shop.feed, link)
    sell(shop, 1, 3)
    assert publisher.publish_new() == 3
    assert publisher.publish_new() == 0
    sell(shop, 4, 2)
    assert publisher.publish_new() == 2
    assert link.sequences() == [1, 2, 3, 4, 5]


def test_what_is_sent_is_the_card(shop: LittleLedger) -> None:
    link = FakeDownlink()
    publisher = CardPublisher(shop.feed, link)
    sell(shop, 1, 1)
    publisher.publish_new()
    ((_, payload),) = link.messages
    assert decode_delta(payload) == shop.feed.page(TENANT, STORE, 0).deltas[0]


def test_it_begins_where_the_feeds_are(shop: LittleLedger) -> None:
    sell(shop, 1, 3)
    link = FakeDownlink()
    publisher = CardPublisher(shop.feed, link)
    sell(shop, 4, 1)
    assert publisher.publish_new() == 1
    assert link.sequences() == [4]


def test_what_the_broker_refused_goes_with_the_next_call(shop: LittleLedger) -> None:
    link = FakeDownlink()
    publisher = CardPublisher(shop.feed, link)
    link.room = 2
    sell(shop, 1, 5)
    publisher.publish_new()
    link.room = 1000
    publisher.publish_new()
    assert link.sequences() == [1, 2, 3, 4, 5]


def test_every_shop_has_its_own_order(shop: LittleLedger) -> None:
    link = FakeDownlink()
    publisher = CardPublisher(shop.feed, link)
    sell(shop, 1, 2)
    sell(shop, 3, 2, "bj-0007")
    assert publisher.publish_new() == 4
    assert link.sequences() == [1, 2]
    assert link.sequences(shop_down(TENANT, at_store("bj-0007").store, ShopDown.CARDS)) == [1, 2]


def test_more_than_a_page_is_sent_whole(shop: LittleLedger) -> None:
    link = FakeDownlink()
    publisher = CardPublisher(shop.feed, link)
    sell(shop, 1, 210)
    assert publisher.publish_new() == 210
    assert link.sequences() == list(range(1, 211))
