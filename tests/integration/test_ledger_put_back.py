"""A ledger is put back from a backup and nobody says so: the link notices and sends again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.simulators.broker import SimulatedBroker
from tests.simulators.facts import SHOP
from tests.simulators.head_office import HeadOffice
from tests.simulators.linked_shop import LOGINS, LinkedShop
from tests.simulators.processes import eventually


@pytest.fixture
def opened() -> Iterator[Callable[[LinkedShop], LinkedShop]]:
    shops: list[LinkedShop] = []

    def remember(shop: LinkedShop) -> LinkedShop:
        shops.append(shop)
        shop.link.start()
        return shop

    yield remember
    for shop in shops:
        shop.stop()


def put_back(office: HeadOffice) -> None:
    """Yesterday's ledger: what came since is not in it, and its generation is the same."""
    office.settled.clear()
    office.received.clear()


def test_the_next_connection_notices_and_sends_again(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(LinkedShop(tmp_path, broker))
    ids = shop.sell(1, 30)
    assert shop.drained()
    put_back(office)
    broker.cut(SHOP.device)
    assert eventually(lambda: set(office.received) == set(ids))
    assert shop.drained()
    assert shop.other_ledgers == ["ledger-1"], "the cards begin anew, once"
    assert office.forgotten == 1


def test_a_cloud_that_starts_again_is_doubted_and_asked_anew(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    """The connection to the broker stands; the old birth tells nothing of the sales since."""
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(LinkedShop(tmp_path, broker))
    assert eventually(shop.link.online)
    ids = shop.sell(1, 30)
    assert shop.drained()
    put_back(office)
    office.repeat_welcomes()
    assert eventually(lambda: set(office.received) == set(ids))
    assert shop.drained()
    assert office.forgotten == 1, "the birth of the new connection told what was acknowledged"


def test_a_cloud_that_never_stopped_is_asked_now_and_then(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    """A database server that was put back under its running workers."""
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(LinkedShop(tmp_path, broker, ask_again_s=0.3))
    ids = shop.sell(1, 30)
    assert shop.drained()
    put_back(office)
    assert eventually(lambda: set(office.received) == set(ids))
    assert shop.drained()


def test_a_welcome_that_is_repeated_ends_nothing(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(LinkedShop(tmp_path, broker, ask_again_s=0.1))
    for first in range(1, 60, 6):
        shop.sell(first, 6)
        office.repeat_welcomes()
    assert shop.drained()
    assert eventually(lambda: office.births > 4)
    assert shop.link.online()
    assert (shop.backoff.failures, office.forgotten, shop.other_ledgers) == (0, 0, [])
