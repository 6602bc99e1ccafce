"""The folds behind the real journal and its follower, with readers in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.cards import CardFeed, CardsFold
from cloud.ledger.arrival import Arrival
from cloud.ledger.journal import Journal
from cloud.ledger.projection import Fold, Follower
from cloud.members import Directory, MembersFold
from cloud.sales import Figures, SalesFold
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.topics import Stream
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP, a_batch, a_sale

ONE = "+8613976215437"


class Cloud:
    """Journal, follower and readers over one file."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        master = MasterKey(b"m" * 32)
        self.engine = databases.open(folder)
        self.keyring = Keyring(folder / "keys" / "keyring.db", master)
        letters, cards = BlobSealer(master, "dead letters"), BlobSealer(master, "cards")
        self.journal = Journal(self.engine, Sealer(self.keyring), letters, SystemClock())
        folds: list[Fold] = [SalesFold(), MembersFold(self.keyring), CardsFold(self.keyring, cards)]
        self.follower = Follower(self.engine, self.journal, "members", folds, batch=50)
        self.feed = CardFeed(self.engine, self.keyring, cards)
        self.directory = Directory(self.engine, self.keyring)
        self.figures = Figures(self.engine)
        self._next = 1

    def arrive(self, count: int) -> None:
        """So many sales of one member reach the journal in one batch."""
        sales = [a_sale(n, phone=ONE) for n in range(self._next, self._next + count)]
        payload = a_batch(sales, self._next)
        self.journal.append([Arrival(SHOP, Stream.SALE, payload, NOON + timedelta(days=1))])
        self._next += count

    def catch_up(self) -> None:
        """Fold until the head."""
        while self.follower.step():
            pass


@pytest.fixture
def cloud(databases: Databases, tmp_path: Path) -> Iterator[Cloud]:
    parts = Cloud(tmp_path, databases)
    yield parts
    parts.engine.dispose()
    parts.keyring.close()


def visits(cloud: Cloud) -> int:
    (holder,) = cloud.directory.find_by_phone(SHOP.tenant, ONE)
    card = cloud.feed.card(SHOP.tenant, holder.one_id)
    assert card is not None
    return card.visits


def test_what_the_journal_accepts_is_on_the_card(cloud: Cloud) -> None:
    cloud.arrive(120)
    cloud.catch_up()
    assert visits(cloud) == 120
    assert cloud.figures.of_day(SHOP.tenant, SHOP.store, a_sale().business_day_date)[0].sales == 120


def test_a_rebuild_ends_where_it_began(cloud: Cloud) -> None:
    cloud.arrive(60)
    cloud.catch_up()
    before = cloud.feed.page(SHOP.tenant, SHOP.store, 0)
    cloud.follower.rebuild()
    cloud.catch_up()
    assert cloud.feed.page(SHOP.tenant, SHOP.store, 0) == before


def test_readers_see_whole_steps_while_the_follower_folds(cloud: Cloud) -> None:
    cloud.arrive(10)
    cloud.catch_up()
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            page = cloud.feed.page(SHOP.tenant, SHOP.store, 0)
            (delta,) = page.deltas
            assert delta.card is not None
            seen.append((delta.card.visits, len(delta.card.includes)))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        cloud.arrive(10)
        cloud.catch_up()
    done.set()
    reader.join()
    assert all(one == other for one, other in seen)
    assert visits(cloud) == 110
