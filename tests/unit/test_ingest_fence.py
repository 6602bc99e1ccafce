"""A worker that stood still stores and answers nothing for parts that it has lost meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

from cloud.errors import DatabaseUnavailable
from cloud.ingest.committing import Committer
from cloud.ingest.documents import Answer
from cloud.ingest.edge import Patience
from cloud.ingest.fence import PartsLost, ShiftFence
from cloud.ingest.guard import RefusalGuard
from cloud.ingest.roster import StoredRoster
from cloud.ingest.tally import Tally
from cloud.ingest.withholding import Withholding
from cloud.ledger.arrival import Appended
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Reading, read_arrival
from cloud.storage import write
from cloud.storage.metadata import TABLE_MODULES
from models.wire.ids import DevicePath, StoreId, part_of
from models.wire.topics import Stream
from tests.simulators.databases import Databases
from tests.simulators.facts import SHOP, a_batch, a_sale
from tests.simulators.ledger_premises import LedgerPremises
from tests.simulators.paper_roster import LEASE_S, Colleague

LOW, HIGH = StoreId("sh-0003"), SHOP.store
"""Two stores whose parts go to different workers once two share them: parts 0-31 and 32-63."""


@dataclass
class Worker:
    """A worker's shift, fence and committer over the real ledger; the test holds its clock."""

    name: str
    ledger: LedgerPremises
    tally: Tally = field(default_factory=Tally)
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        roster = StoredRoster(self.ledger.engine, self.ledger.clock, "1")
        self.colleague = Colleague(self.name, roster, incarnation=f"{self.name}-1")
        shift = self.colleague.shift
        self.fence = ShiftFence(shift)
        self.committer = Committer(
            self.ledger.journal,
            self.answers.append,
            RefusalGuard(),
            Withholding(self.name, "1"),
            self.tally,
            fence=self.fence,
        )
        self.patience = Patience(self.colleague.clock, lambda: 0.0, threading.Event(), self.tally)

    def turn(self) -> None:
        self.colleague.turn()

    def take(self, *readings: Reading) -> None:
        self.committer.commit(readings, self.patience)


@pytest.fixture
def ledger(databases: Databases, tmp_path: Path) -> Iterator[LedgerPremises]:
    databases.open(tmp_path, TABLE_MODULES).dispose()
    premises = LedgerPremises(tmp_path, databases)
    yield premises
    premises.close()


def sales_of(ledger: LedgerPremises, store: StoreId, *numbers: int) -> Reading:
    path = DevicePath(SHOP.tenant, store, SHOP.device)
    sales = [a_sale(number, store=store) for number in numbers]
    return read_arrival(ledger.arrival(a_batch(sales, numbers[0], path), path, Stream.SALE))


def test_the_two_stores_lie_in_different_halves() -> None:
    assert part_of(LOW) < 32 <= part_of(HIGH)


def test_a_worker_that_was_struck_neither_stores_nor_answers(ledger: LedgerPremises) -> None:
    one, two = Worker("one", ledger), Worker("two", ledger)
    one.turn()
    two.turn()
    one.take(sales_of(ledger, HIGH, 1))
    assert (ledger.journal.head(), len(one.answers)) == (1, 1)
    two.colleague.clock.move(2 * LEASE_S)
    two.turn()
    one.take(sales_of(ledger, HIGH, 2, 3), sales_of(ledger, LOW, 4))
    assert (ledger.journal.head(), len(one.answers), one.tally.fenced) == (1, 1, 3)
    two.take(sales_of(ledger, HIGH, 2, 3), sales_of(ledger, LOW, 4))
    assert (ledger.journal.head(), len(two.answers), two.tally.fenced) == (4, 2, 0)


def test_back_on_the_roster_it_works_for_its_new_parts_alone(ledger: LedgerPremises) -> None:
    one, two = Worker("one", ledger), Worker("two", ledger)
    one.turn()
    two.turn()
    two.colleague.clock.move(2 * LEASE_S)
    two.turn()
    one.turn()
    one.take(sales_of(ledger, HIGH, 1), sales_of(ledger, LOW, 2))
    assert (ledger.journal.head(), one.tally.fenced) == (0, 2), "the other one still has them all"
    two.turn()
    one.turn()
    assert len(one.colleague.holds) == 32
    one.take(sales_of(ledger, HIGH, 1), sales_of(ledger, LOW, 2))
    assert (ledger.journal.head(), one.tally.fenced, len(one.answers)) == (1, 3, 1)


def test_what_it_was_about_to_store_when_it_was_struck_is_left_aside_though_it_is_back(
    ledger: LedgerPremises,
) -> None:
    one, two = Worker("one", ledger), Worker("two", ledger)
    one.turn()
    two.turn()
    permit = one.fence.permit()
    two.colleague.clock.move(2 * LEASE_S)
    two.turn()
    one.turn()
    with pytest.raises(PartsLost):
        ledger.journal.commit([sales_of(ledger, HIGH, 1)], fence=permit)
    assert ledger.journal.head() == 0
    ledger.journal.commit([sales_of(ledger, HIGH, 1)], fence=one.fence.permit())
    assert ledger.journal.head() == 1


def test_another_process_under_its_name_ends_its_work(ledger: LedgerPremises) -> None:
    one = Worker("one", ledger)
    one.turn()
    roster = StoredRoster(ledger.engine, ledger.clock, "1")
    Colleague("one", roster, incarnation="another").turn()
    one.take(sales_of(ledger, HIGH, 1))
    assert (ledger.journal.head(), one.answers, one.tally.fenced) == (0, [], 1)
    with (
        pytest.raises(PartsLost, match="'one' was taken for dead"),
        write(ledger.engine) as connection,
    ):
        one.fence.permit()(connection)()


def test_a_lone_worker_works_on_after_the_database_was_away_for_longer_than_its_lease(
    ledger: LedgerPremises,
) -> None:
    one = Worker("one", ledger)
    one.turn()
    one.colleague.clock.move(10 * LEASE_S)
    assert one.colleague.holds == frozenset()
    one.take(sales_of(ledger, HIGH, 1))
    assert (ledger.journal.head(), one.tally.fenced) == (1, 0)


def test_what_is_just_given_away_is_taken_until_the_other_listens(ledger: LedgerPremises) -> None:
    one, two = Worker("one", ledger), Worker("two", ledger)
    one.turn()
    two.turn()
    one.turn()
    given = HIGH if part_of(HIGH) not in one.colleague.holds else LOW
    one.take(sales_of(ledger, given, 1))
    assert ledger.journal.head() == 1


def test_a_fence_that_cannot_be_asked_stores_nothing(ledger: LedgerPremises) -> None:
    def away(_: object) -> NoReturn:
        raise DatabaseUnavailable("away")

    journal: Journal = ledger.journal
    with pytest.raises(DatabaseUnavailable):
        journal.commit([sales_of(ledger, HIGH, 1)], fence=away)
    assert journal.head() == 0
    assert isinstance(journal.commit([sales_of(ledger, HIGH, 1)]), Appended)
