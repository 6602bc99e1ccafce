"""A group may be decided before its turn; that stands only if all was as foreseen by then."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from cloud.devices.timekeeping import heard_birth
from cloud.ledger.foresight import Foresight
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Reading, read_arrival
from cloud.ledger.verdict import Kept
from cloud.storage import write
from models.vault.seal import Sealer
from models.wire.events.sale import SaleRecorded
from models.wire.ids import DeviceId, DevicePath
from tests.simulators.clocked_shop import ClockedShop
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP, a_batch, a_sale, revised, stamped
from tests.simulators.ledger_premises import LedgerPremises, a_payload

PHONE = "+8613911112222"


class Times:
    """A timekeeper and its table.

    ``known`` is what it holds, ``told`` counts the groups corrected, ``trouble`` fails the next.
    """

    def __init__(self) -> None:
        self.known = 0
        self.told = 0
        self.step = 1
        self.trouble = False

    def recall(
        self, _connection: Connection, _devices: Collection[DeviceId]
    ) -> Callable[[], Recalled]:
        return lambda: Recalled(self, self.known)


class Recalled:
    """Each group makes the number known greater by a ``step``."""

    def __init__(self, times: Times, known: int) -> None:
        self.times = times
        self.known = known

    def correct(self, kept: Sequence[Kept]) -> list[int | None]:
        self.times.told += 1
        return [self.known] * len(kept)

    def save(self, _connection: Connection) -> None:
        if self.times.trouble:
            raise TimeoutError
        self.times.known = self.known + self.times.step

    def after(self, before: Recalled) -> Recalled:
        return Recalled(self.times, before.known + self.times.step)

    def agrees(self, other: Recalled | None) -> bool:
        return other is not None and other.known == self.known


class Ledger(LedgerPremises):
    """A ledger whose one worker can be interrupted between a look and the decision."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        super().__init__(folder, databases)
        self.times = Times()
        self.meanwhile: Callable[[], object] = bool
        sealer = Sealer(self.keyring, self._random)
        self.worker = Journal(
            self.engine, sealer, self.dead_letters, self.clock, timekeeper=self.times
        )
        self.worker.commit(self.readings(a_sale(1)))  # its lane is known from here on
        self.times.told = 0

    def readings(
        self, *sales: SaleRecorded, first: int = 1, device: DevicePath = SHOP
    ) -> Sequence[Reading]:
        return [read_arrival(self.arrival(a_batch(list(sales), first, device), device))]

    def foreseen(
        self, group: Sequence[Reading], meanwhile: Callable[[], object] = bool
    ) -> Foresight:
        """``meanwhile`` happens after the look, where the group names a person."""
        self.meanwhile = meanwhile
        return self.worker.foresee(group)

    def _random(self, count: int) -> bytes:
        meanwhile, self.meanwhile = self.meanwhile, bool
        meanwhile()
        return os.urandom(count)

    def corrected_ms(self) -> list[int | None]:
        return [
            None if entry.corrected is None else round(entry.corrected.timestamp() * 1000)
            for entry in self.entries()
        ]


@pytest.fixture
def ledger(databases: Databases, tmp_path: Path) -> Iterator[Ledger]:
    premises = Ledger(tmp_path, databases)
    yield premises
    premises.close()


def test_nothing_is_decided_in_turn_where_all_is_as_foreseen(ledger: Ledger) -> None:
    group = ledger.readings(a_sale(2, phone=PHONE), first=2)
    foresight = ledger.foreseen(group)
    assert ledger.times.told == 1
    assert ledger.worker.commit(group, foresight).head == 2
    assert ledger.times.told == 1
    assert ledger.runs() == [(1, 2, "accepted")]
    assert ledger.bodies()[1] == stamped(a_sale(2, phone=PHONE), 2)


def test_a_decision_may_follow_a_group_that_was_in_its_turn_then(ledger: Ledger) -> None:
    """It is decided of what the ledger will hold: the earlier group's sales, run and clocks."""
    sale = a_sale(2)
    before = ledger.readings(sale, first=2)
    again = revised(sale, total_minor=99)
    group = ledger.readings(sale, again, a_sale(3, phone=PHONE), first=3)
    foresight = ledger.foreseen(group, lambda: ledger.worker.commit(before))
    assert ledger.times.told == 2
    appended = ledger.worker.commit(group, foresight)
    assert (appended.accepted, appended.duplicates, appended.head) == (2, 1, 4)
    assert ledger.times.told == 2
    assert [entry.supersedes for entry in ledger.entries()] == [None, None, 2, None]
    assert ledger.corrected_ms() == [0, 1, 2, 2]
    assert ledger.runs() == [(1, 2, "accepted"), (3, 3, "duplicate"), (4, 5, "accepted")]


@pytest.mark.parametrize("instead", [[], [a_sale(9)]], ids=["nothing", "another_sale"])
def test_it_is_decided_anew_where_the_group_before_was_not_stored_after_all(
    ledger: Ledger, instead: list[SaleRecorded]
) -> None:
    """Of another till, and the clocks stand: neither the lane's runs nor they tell."""
    ledger.times.step = 0
    till = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-pos2"))

    def fail() -> None:
        ledger.times.trouble = True
        with pytest.raises(TimeoutError):
            ledger.worker.commit(ledger.readings(a_sale(2), device=till))
        ledger.times.trouble = False

    group = ledger.readings(a_sale(2), a_sale(3, phone=PHONE), first=2)
    foresight = ledger.foreseen(group, fail)
    for sale in instead:
        ledger.worker.commit(ledger.readings(sale, device=till))
    appended = ledger.worker.commit(group, foresight)
    assert (appended.accepted, appended.head) == (2, 3 + len(instead))


def test_it_is_decided_anew_where_another_worker_stores_in_between(ledger: Ledger) -> None:
    group = ledger.readings(a_sale(2, phone=PHONE), first=2)
    foresight = ledger.foreseen(group)
    ledger.another_journal().commit(ledger.readings(a_sale(5), first=5))
    appended = ledger.worker.commit(group, foresight)
    assert (appended.accepted, appended.head) == (1, 3)
    assert ledger.times.told == 2
    assert ledger.foreseen(ledger.readings(a_sale(6), first=6)).ahead is None
    ledger.worker.commit(ledger.readings(a_sale(7), first=7))
    assert ledger.foreseen(ledger.readings(a_sale(6), first=6)).ahead is not None


def test_it_is_decided_anew_where_sequences_were_settled_that_added_nothing(
    ledger: Ledger,
) -> None:
    """A refusal moves no position, but gives the lane another run."""
    ledger.times.step = 0
    group = ledger.readings(a_sale(2, phone=PHONE), first=2)
    foresight = ledger.foreseen(group)
    refused = [read_arrival(ledger.arrival(a_payload([b'{"bad":true}'], 2)))]
    assert ledger.worker.commit(refused).head == 1
    ledger.worker.commit(group, foresight)
    assert ledger.runs() == [(1, 2, "accepted")]


def test_it_is_decided_anew_where_the_clocks_are_known_better_by_then(ledger: Ledger) -> None:
    group = ledger.readings(a_sale(2, phone=PHONE), first=2)
    foresight = ledger.foreseen(group)
    ledger.times.known = 70
    ledger.worker.commit(group, foresight)
    assert ledger.corrected_ms() == [0, 70]


def test_of_a_part_of_a_group_nothing_was_decided(ledger: Ledger) -> None:
    one, other = ledger.readings(a_sale(2), first=2), ledger.readings(a_sale(3), first=3)
    foresight = ledger.foreseen([*one, *other])
    assert ledger.worker.commit(one, foresight).head == 2
    assert ledger.runs() == [(1, 2, "accepted")]


def test_of_a_lane_that_is_new_nothing_is_decided_ahead(
    databases: Databases, tmp_path: Path
) -> None:
    premises = LedgerPremises(tmp_path, databases)
    group = [read_arrival(premises.arrival(a_batch([a_sale(1)], 1)))]
    foresight = premises.journal.foresee(group)
    assert foresight.ahead is None
    assert premises.journal.commit(group, foresight).accepted == 1
    premises.close()


@pytest.mark.parametrize("born_between", [False, True])
def test_real_clocks_date_a_foreseen_group_as_any_other(
    databases: Databases, tmp_path: Path, born_between: bool
) -> None:
    folders = [tmp_path / "foreseen", tmp_path / "plain"]
    for folder in folders:
        folder.mkdir()
    shops = [ClockedShop(folder, databases) for folder in folders]
    for shop, ahead in zip(shops, (True, False), strict=True):
        shop.connect()
        shop.capture(a_sale(1))
        shop.send()
        shop.box.pass_ms(5_000)
        shop.capture(a_sale(2))
        group = [read_arrival(shop.arrival())]
        foresight = shop.journal.foresee(group) if ahead else None
        if born_between:
            with write(shop.engine) as connection:
                heard_birth(connection, SHOP.device, shop.bootid, shop.box.monotonic_ms - 300, NOON)
        shop.journal.commit(group, foresight)
    foreseen, plain = ([one.corrected for one in shop.entries()] for shop in shops)
    assert foreseen == plain
    for shop in shops:
        shop.close()
