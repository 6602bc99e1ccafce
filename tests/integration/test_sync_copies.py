"""Two live copies of one disk under one name: both sell, and no sale of either is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec
import pytest

from agent.sync.transport import Message
from models.wire.ack import Welcome
from models.wire.topics import Down, Stream, down, up
from tests.simulators.broker import Fate, SimulatedBroker
from tests.simulators.facts import SHOP
from tests.simulators.head_office import HeadOffice
from tests.simulators.linked_shop import LOGINS, LinkedShop
from tests.simulators.processes import eventually

SALES = up(SHOP, Stream.SALE)
PATIENCE_S = 60.0


@dataclass
class Line:
    """A broker that confirms batches and forgets some of them; what it was given goes on."""

    random: Random = field(default_factory=lambda: Random(5))
    forgets: bool = False
    share: float = 1.0

    def __call__(self, message: Message) -> Fate:
        """What becomes of a message."""
        lost = self.forgets and message.topic == SALES and self.random.random() < self.share
        return Fate.DROP if lost else Fate.DELIVER


@dataclass
class Copies:
    """A shop whose disk is copied, and what stands in the ledger."""

    folder: Path
    line: Line = field(default_factory=Line)

    def __post_init__(self) -> None:
        self.broker = SimulatedBroker(LOGINS, self.line)
        self.office = HeadOffice(self.broker)
        self._lives = 0
        self.shops = [self._open("original")]

    def copy(self) -> LinkedShop:
        """Copy the disk as it is, in use or not, and start a box with it."""
        shutil.copytree(self.folder / "original", self.folder / "copy")
        self.shops.append(self._open("copy"))
        return self.shops[-1]

    def restart(self) -> LinkedShop:
        """End the process on the original disk, and begin another one there."""
        self.shops[0].stop()
        self._lives += 1
        self.shops[0] = self._open("original")
        return self.shops[0]

    def arrived(self, ids: list[str]) -> bool:
        """Whether all of these come to stand in the ledger, and nobody owes anything."""
        return eventually(
            lambda: (
                all(self.office.received[one] for one in ids)
                and not any(shop.owed() for shop in self.shops)
            ),
            PATIENCE_S,
            every_s=0.02,
        )

    def close(self) -> None:
        """End every box."""
        for shop in self.shops:
            shop.stop()

    def _open(self, name: str) -> LinkedShop:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return LinkedShop(folder, self.broker, name=f"{name}-{self._lives}")


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Copies]:
    made = Copies(tmp_path)
    yield made
    made.close()


def test_a_sale_whose_batch_was_lost_is_not_taken_for_the_other_copys_of_the_same_number(
    copies: Copies,
) -> None:
    """Both number their own sale alike; one arrives, the other is confirmed and forgotten."""
    [original] = copies.shops
    sold = original.sell(1, 1)
    original.link.start()
    assert copies.arrived(sold)
    copy = copies.copy()
    copies.line.forgets = True
    copy.link.start()
    theirs = copy.sell(101, 1)
    assert eventually(lambda: copy.outbox._lanes.current[Stream.SALE].sent > 0, PATIENCE_S)
    copies.line.forgets = False
    ours = original.sell(201, 1)
    assert copies.arrived([*sold, *ours, *theirs])
    assert original.outbox.epoch != copy.outbox.epoch


def test_both_copies_sell_on_a_line_that_forgets_and_nothing_is_lost(copies: Copies) -> None:
    [original] = copies.shops
    original.link.start()
    sold = original.sell(1, 5)
    assert copies.arrived(sold)
    copy = copies.copy()
    copies.line.forgets, copies.line.share = True, 0.3
    copy.link.start()
    for number in range(10):
        sold += original.sell(100 + 3 * number, 3)
        sold += copy.sell(500 + 3 * number, 3)
    assert copies.arrived(sold)


def test_whoever_comes_second_leaves_and_the_first_stays(copies: Copies) -> None:
    [original] = copies.shops
    sold = original.sell(1, 3)
    original.link.start()
    assert copies.arrived(sold)
    epoch = original.outbox.epoch
    original.link.stop()
    copy = copies.copy()
    again = copies.restart()
    again.link.start()
    assert eventually(again.link.online, PATIENCE_S)
    copy.link.start()
    assert eventually(lambda: copy.outbox.epoch != epoch, PATIENCE_S)
    assert again.outbox.epoch == epoch
    assert copies.arrived(sold)
    assert min(copies.office.received[one] for one in sold) == 2, "the copy proves what it has"


def test_a_box_that_is_restarted_again_and_again_goes_on_under_its_epoch(copies: Copies) -> None:
    [shop] = copies.shops
    shop.link.start()
    epoch = shop.outbox.epoch
    for number in range(4):
        assert copies.arrived(shop.sell(1 + number, 1))
        shop = copies.restart()
        shop.link.start()
    assert eventually(shop.link.online, PATIENCE_S)
    assert shop.outbox.epoch == epoch


def test_the_owner_that_hears_of_the_copys_birth_asks_before_it_sends_more(
    copies: Copies,
) -> None:
    """On two brokers neither throws the other off; the word of the copy's birth reaches both."""
    [original] = copies.shops
    original.link.start()
    assert copies.arrived(original.sell(1, 2))
    born = copies.office.births
    word = Welcome(ledger=copies.office.ledger, birth="of the copy", epochs=[])
    for _ in range(2):
        copies.office._connection.publish(Message(down(SHOP, Down.ACK), msgspec.json.encode(word)))
    assert eventually(lambda: copies.office.births > born, PATIENCE_S)
    assert copies.arrived(original.sell(3, 2))
