"""Followers fold every entry once, in order, whatever breaks, and can begin again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection, text, update

from cloud.errors import DatabaseUnavailable, InvalidInput, SchemaMismatch
from cloud.ledger.entry import LedgerEntry
from cloud.ledger.projection import Follower
from cloud.ledger.projector import Projector
from cloud.ledger.tables import EventRow, table_of
from cloud.storage import read, write
from models.wire.events.member import Identifier, MemberRegistered, Person
from models.wire.events.sale import Scheme
from models.wire.topics import Stream
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP, a_batch, a_sale
from tests.simulators.ledger_premises import LedgerPremises, a_payload, an_event


class Register:
    """A fold that writes down the positions it has seen, and can be told to fail."""

    name = "register"

    def __init__(self, ledger: LedgerPremises) -> None:
        self.troubles: list[Exception] = []
        self._ledger = ledger
        with write(ledger.engine) as connection:
            connection.execute(text("CREATE TABLE seen (position INTEGER)"))

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        rows = [{"position": entry.position} for entry in entries]
        connection.execute(text("INSERT INTO seen VALUES (:position)"), rows)
        if self.troubles:
            raise self.troubles.pop(0)

    def clear(self, connection: Connection) -> None:
        connection.execute(text("DELETE FROM seen"))

    def seen(self) -> list[int]:
        with read(self._ledger.engine) as connection:
            return list(connection.execute(text("SELECT position FROM seen")).scalars())


@dataclass
class Stage:
    ledger: LedgerPremises
    register: Register
    follower: Follower = field(init=False)

    def __post_init__(self) -> None:
        self.follower = self.another()

    def another(self) -> Follower:
        ledger = self.ledger
        return Follower(ledger.engine, ledger.journal, "test", [self.register], batch=2)


@pytest.fixture
def stage(databases: Databases, tmp_path: Path) -> Iterator[Stage]:
    ledger = LedgerPremises(tmp_path, databases)
    ledger.append(a_batch([a_sale(n) for n in range(1, 6)]))
    yield Stage(ledger, Register(ledger))
    ledger.close()


def test_entries_are_folded_once_and_in_order(stage: Stage) -> None:
    assert [stage.follower.step() for _ in range(4)] == [2, 2, 1, 0]
    assert stage.register.seen() == [1, 2, 3, 4, 5]
    assert stage.follower.position == 5


def test_a_fold_that_fails_leaves_neither_effect_nor_position(stage: Stage) -> None:
    stage.follower.step()
    stage.register.troubles.append(ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        stage.follower.step()
    assert (stage.register.seen(), stage.follower.position) == ([1, 2], 2)
    stage.follower.step()
    assert stage.register.seen() == [1, 2, 3, 4]


def test_a_second_follower_of_the_same_name_changes_nothing(stage: Stage) -> None:
    other = stage.another()
    assert [stage.follower.step(), other.step(), stage.follower.step(), other.step()] == [
        2,
        2,
        1,
        0,
    ]
    assert stage.register.seen() == [1, 2, 3, 4, 5]


def test_two_followers_at_once_fold_nothing_twice(stage: Stage) -> None:
    def follow(follower: Follower) -> None:
        for _ in range(5):
            follower.step()

    threads = [threading.Thread(target=follow, args=(stage.another(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stage.register.seen() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("position", [0, 2, 3, 5])
def test_the_ledger_is_replayed_from_any_position(stage: Stage, position: int) -> None:
    while stage.follower.step():
        pass
    stage.follower.rewind(position)
    assert stage.follower.position == position
    while stage.another().step():
        pass
    assert stage.register.seen() == [1, 2, 3, 4, 5, *range(position + 1, 6)]


@pytest.mark.parametrize("position", [-1, 3])
def test_a_replay_skips_nothing(stage: Stage, position: int) -> None:
    stage.follower.step()
    with pytest.raises(InvalidInput, match="stands at position 2"):
        stage.follower.rewind(position)
    assert stage.follower.position == 2


def test_rebuilding_begins_from_nothing(stage: Stage) -> None:
    stage.follower.step()
    stage.follower.rebuild()
    assert (stage.register.seen(), stage.follower.position) == ([], 0)
    while stage.follower.step():
        pass
    assert stage.register.seen() == [1, 2, 3, 4, 5]


def test_an_entry_of_a_later_version_stops_the_reader_before_it(stage: Stage) -> None:
    events = table_of(EventRow)
    with write(stage.ledger.engine) as connection:
        connection.execute(update(events).where(events.c.position == 4).values(version=99))
    stage.follower.step()
    with pytest.raises(SchemaMismatch, match=r"position 4 .* version 99"):
        stage.follower.step()
    assert stage.follower.position == 2


def test_the_projector_catches_up_waits_and_can_be_woken(stage: Stage) -> None:
    stop, caught_up = threading.Event(), threading.Semaphore(0)
    projector = Projector(
        stage.follower, stage.ledger.clock, poll_s=60, after_step=caught_up.release
    )
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()
    for _ in range(3):
        assert caught_up.acquire(timeout=10)
    projector.wake(stage.ledger.append(a_batch([a_sale(6)], 6)).head)
    assert caught_up.acquire(timeout=10)
    stop.set()
    projector.wake()
    thread.join(30)
    assert stage.register.seen() == [1, 2, 3, 4, 5, 6]


def test_the_projector_outlasts_trouble_that_passes(stage: Stage) -> None:
    stage.register.troubles += [DatabaseUnavailable("away"), DatabaseUnavailable("away")]
    stop = threading.Event()
    projector = Projector(stage.follower, stage.ledger.clock, after_step=stop.set)
    projector.run(stop)
    assert stage.register.seen() == [1, 2]
    assert stage.ledger.clock.waits_s == [1.0, 1.0]


@pytest.mark.parametrize("birthday", [True, False])
def test_a_registration_can_be_read_although_its_birthday_is_sealed(
    stage: Stage, birthday: bool
) -> None:
    ledger = stage.ledger
    person = Person(family_name="欧阳", birthday=NOON.date() if birthday else None)
    phone = Identifier(scheme=Scheme.PHONE, value="+8613911112222")
    registered = MemberRegistered(identifiers=[phone], person=person)
    event = an_event(registered, 1)
    ledger.append(a_payload([event], stream="member"), stream=Stream.MEMBER)
    entry = ledger.entries()[-1]
    data = entry.data()
    assert isinstance(data, MemberRegistered)
    assert data.person.birthday is None
    assert ledger.sealer.open_text(entry.event_id, data.person.family_name) == "欧阳"
    assert ledger.bodies()[-1] == event
    assert (entry.time, entry.received_at, entry.device) == (NOON, NOON, SHOP.device)
