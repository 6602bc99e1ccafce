"""Housekeeping: days after the settlement, in small steps, and never anything unsettled."""

from __future__ import annotations

from datetime import timedelta

from agent.outbox import Inspection, Outbox
from agent.outbox.retention import CHUNK
from models.wire.topics import Stream
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, some_drafts, take

DAY_S = 86_400.0
WEEK = {Stream.SALE: 7 * DAY_S}


def settle_all(outbox: Outbox) -> None:
    while lease := take(outbox, max_events=1000):
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])


def test_the_week_counts_from_the_settlement_not_from_the_append(
    outbox: Outbox, clock: HandClock
) -> None:
    outbox.append(Stream.SALE, some_drafts(3))
    clock.move(30 * DAY_S)
    settle_all(outbox)
    assert outbox.housekeep(WEEK) == 0
    clock.move(6.9 * DAY_S)
    assert outbox.housekeep(WEEK) == 0
    clock.move(0.1 * DAY_S)
    assert outbox.housekeep(WEEK) == 3
    assert outbox.housekeep(WEEK) == 0


def test_each_days_settlement_ends_its_own_week(outbox: Outbox, clock: HandClock) -> None:
    for day in range(4):
        outbox.append(Stream.SALE, some_drafts(10, first=1 + 10 * day))
        settle_all(outbox)
        clock.move(DAY_S)
    clock.move(3 * DAY_S)
    deleted = []
    for _ in range(5):
        deleted.append(outbox.housekeep(WEEK))
        clock.move(DAY_S)
    assert deleted == [10, 10, 10, 10, 0]


def test_nothing_unsettled_goes_nor_anything_behind_it(outbox: Outbox, clock: HandClock) -> None:
    outbox.append(Stream.SALE, some_drafts(6))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 2), (4, 6)])
    clock.move(400 * DAY_S)
    assert outbox.housekeep(WEEK) == 2
    assert outbox.depths()[0].pending == 1
    assert ids_of(take(outbox, now_s=99.0)) == [a_draft(3).event_id]


def test_streams_that_are_not_named_keep_everything(outbox: Outbox, clock: HandClock) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    settle_all(outbox)
    clock.move(400 * DAY_S)
    assert outbox.housekeep({Stream.TELEMETRY: 0.0}) == 0


def test_much_goes_in_small_steps(premises: Premises, outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2 * CHUNK + 7))
    settle_all(outbox)
    assert outbox.housekeep({Stream.SALE: 0.0}) == 2 * CHUNK + 7
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


def test_sequences_go_on_after_everything_was_deleted(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    settle_all(outbox)
    assert outbox.housekeep({Stream.SALE: 0.0}) == 3
    outbox.close()
    outbox = premises.open()
    assert outbox.last_sequence(Stream.SALE) == 3
    again = outbox.append(Stream.SALE, [a_draft(1)])
    assert (again[0].sequence, again[0].known) == (4, False), "the id is forgotten by now"
    outbox.close()


def test_an_epoch_goes_when_its_last_event_has_gone(premises: Premises, outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    settle_all(outbox)
    outbox.rehome("test")
    epochs = "SELECT count(*) FROM epoch"
    outbox.housekeep(WEEK)
    assert outbox._file._writer.execute(epochs).fetchone() == (2,)
    outbox.housekeep({Stream.SALE: 0.0})
    assert outbox._file._writer.execute(epochs).fetchone() == (1,)
    assert outbox._file._writer.execute("SELECT count(*) FROM lane").fetchone() == (5,)
    outbox.close()
    again = premises.open()
    assert again.depths()[0].pending == 1
    again.close()


def test_a_restored_ledger_starts_the_week_anew(outbox: Outbox, clock: HandClock) -> None:
    outbox.adopt("g1", [])
    outbox.append(Stream.SALE, some_drafts(2))
    settle_all(outbox)
    clock.move(6 * DAY_S)
    outbox.adopt("g2", [])
    settle_all(outbox)
    clock.move(6 * DAY_S)
    assert outbox.housekeep(WEEK) == 0
    clock.move(1 * DAY_S)
    assert outbox.housekeep(WEEK) == 2


def test_a_settlement_dated_in_the_future_is_believed_to_be_of_now(
    outbox: Outbox, clock: HandClock
) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    clock.move(20 * 365 * DAY_S)
    settle_all(outbox)
    clock.move(-20 * 365 * DAY_S)
    assert outbox.housekeep(WEEK) == 0
    clock.move(7 * DAY_S)
    assert outbox.housekeep(WEEK) == 2


def test_notes_of_settlement_stay_few(outbox: Outbox, clock: HandClock) -> None:
    for number in range(30):
        outbox.append(Stream.SALE, [a_draft(number)])
        settle_all(outbox)
        clock.move(timedelta(minutes=10).total_seconds())
    marks = "SELECT count(*) FROM settled_mark"
    assert outbox._file._writer.execute(marks).fetchone() == (5,)
    clock.move(8 * DAY_S)
    outbox.housekeep(WEEK)
    assert outbox._file._writer.execute(marks).fetchone() == (1,)
    assert clock.now() > NOON
