"""What is captured twice is stored once, wherever the event's name is just then."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from agent.outbox import Draft, Inspection, Outbox
from agent.outbox.names import ROUND, SLICE, key_of
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, fast_folder, take

GROUP = 512


@pytest.fixture
def premises() -> Iterator[Premises]:
    one = Premises(fast_folder())
    yield one
    one.close()
    shutil.rmtree(one.folder)


def drafts(count: int, first: int = 0) -> list[Draft]:
    return [Draft(EventId(f"id-{n}"), b'{"id":"id-%d"}' % n) for n in range(first, first + count)]


def sell(outbox: Outbox, count: int, first: int = 0) -> None:
    for start in range(first, first + count, GROUP):
        outbox.append(Stream.SALE, drafts(min(GROUP, first + count - start), start))


def rows(outbox: Outbox) -> int:
    """How many names are in their table."""
    with outbox._file.read() as db:
        count: int = db.execute("SELECT count(*) FROM name").fetchone()[0]
    return count


def known(outbox: Outbox, count: int) -> set[bool]:
    """Append the first events again; what is said of them."""
    stored = outbox.append(Stream.SALE, drafts(count))
    return {one.known and one.sequence is None for one in stored}


def test_names_are_written_in_rounds_and_a_slice_at_a_time(premises: Premises) -> None:
    outbox = premises.open()
    sell(outbox, ROUND - GROUP)
    assert rows(outbox) == 0
    sell(outbox, GROUP, first=ROUND - GROUP)
    assert rows(outbox) == SLICE
    for n in range(ROUND // SLICE - 1):
        outbox.append(Stream.SALE, drafts(1, first=ROUND + n))
    assert rows(outbox) == ROUND
    assert len(outbox._storing.names._recent) == ROUND // SLICE - 1, "those that came meanwhile"
    assert known(outbox, ROUND + ROUND // SLICE - 1) == {True}
    outbox.close()


def test_what_is_known_stays_known_after_a_kill_in_the_middle_of_a_round(
    premises: Premises,
) -> None:
    outbox = premises.open()
    sell(outbox, ROUND + 3 * GROUP)
    assert 0 < rows(outbox) < ROUND
    survivor = premises.open(premises.copy("killed"))
    assert known(survivor, ROUND + 3 * GROUP) == {True}
    assert survivor.last_sequence(Stream.SALE) == ROUND + 3 * GROUP
    survivor.close()
    outbox.close()


def test_an_outbox_that_was_closed_leaves_the_next_opening_no_names_to_read(
    premises: Premises,
) -> None:
    outbox = premises.open()
    sell(outbox, 700)
    outbox.close()
    outbox = premises.open()
    assert outbox._storing.names.are_written
    assert rows(outbox) == 700
    assert known(outbox, 700) == {True}
    outbox.close()
    outbox.close()


@pytest.mark.parametrize("closed", [True, False])
def test_a_deleted_event_is_forgotten_and_may_come_again(
    premises: Premises, *, closed: bool
) -> None:
    outbox = premises.open()
    sell(outbox, 20)
    if closed:
        outbox.close()
        outbox = premises.open()
    assert take(outbox) is not None
    outbox.settle(outbox.epoch, Stream.SALE, [(1, 10)])
    assert outbox.housekeep({Stream.SALE: 0.0}) == 10
    stored = outbox.append(Stream.SALE, drafts(20))
    assert [one.sequence for one in stored[:10]] == list(range(21, 31))
    assert {one.known for one in stored[10:]} == {True}
    outbox.close()
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


def test_an_event_that_goes_while_its_round_is_written_leaves_no_name(premises: Premises) -> None:
    outbox = premises.open()
    sell(outbox, ROUND)
    assert take(outbox, max_events=ROUND) is not None
    outbox.settle(outbox.epoch, Stream.SALE, [(1, 1000)])
    assert outbox.housekeep({Stream.SALE: 0.0}) == 1000
    outbox.close()
    outbox = premises.open()
    assert rows(outbox) == ROUND - 1000
    assert known(outbox, 1000) == {False}
    outbox.close()


def test_a_new_event_whose_key_another_has_is_stored(premises: Premises) -> None:
    outbox = premises.open()
    sell(outbox, 2)
    outbox.close()
    with closing(sqlite3.connect(premises.path)) as db, db:
        db.execute("UPDATE name SET key = ? WHERE key = ?", (key_of("id-2"), key_of("id-0")))
    outbox = premises.open()
    assert outbox.append(Stream.SALE, drafts(1, first=2))[0].sequence == 3
    assert outbox.append(Stream.SALE, drafts(2, first=1))[0].known
    outbox.close()


def test_an_id_that_comes_twice_in_one_call_is_stored_once(premises: Premises) -> None:
    outbox = premises.open()
    twice = outbox.append(Stream.SALE, [*drafts(2), *drafts(2)])
    assert [one.sequence for one in twice] == [1, 2, None, None]
    assert outbox.append(Stream.MEMBER, drafts(1))[0].known, "an id is known in every stream"
    outbox.close()


def test_a_name_that_is_missing_is_told_by_verify(premises: Premises) -> None:
    outbox = premises.open()
    sell(outbox, 5)
    outbox.close()
    with closing(sqlite3.connect(premises.path)) as db, db:
        db.execute("DELETE FROM name WHERE key = ?", (key_of("id-3"),))
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == ["the names of 1 events are not written"]
