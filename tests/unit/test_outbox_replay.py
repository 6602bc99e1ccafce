"""Sent again by hand: settled events that are still kept, and dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.outbox import Inspection, Outbox
from agent.outbox.repair import repair
from agent.outbox.salvage import Salvage
from agent.outbox.selection import CHUNK, Selection
from models.wire.ack import Rejection
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, some_drafts, take

HOUR_S = 3600.0


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    one = Premises(tmp_path, clock=HandClock())
    yield one
    one.close()


def sent(outbox: Outbox, *numbers: int) -> None:
    """Append sales and let the ledger settle them."""
    outbox.append(Stream.SALE, [a_draft(number) for number in numbers])
    settle(outbox)


def settle(outbox: Outbox) -> None:
    while lease := take(outbox):
        outbox.settle(lease.epoch, "sale", [(lease.first, lease.last)])


def known(*numbers: int) -> list[EventId]:
    return [a_draft(number).event_id for number in numbers]


def test_settled_events_of_a_time_are_sent_again_in_their_order(premises: Premises) -> None:
    outbox = premises.open()
    clock = premises.clock
    assert isinstance(clock, HandClock)
    for numbers in ((1, 2), (3, 4), (5, 6)):
        sent(outbox, *numbers)
        clock.move(HOUR_S)
    outbox.append(Stream.SALE, [a_draft(7)])
    before = outbox.epoch
    hour = timedelta(seconds=HOUR_S)
    assert outbox.replay(Selection(since=NOON + hour, until=NOON + 2 * hour)) == 2
    assert outbox.epoch != before
    assert ids_of(take(outbox))[:3] == known(3, 4, 7)
    outbox.close()
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


def test_a_range_of_an_epoch_is_sent_again_after_any_number_of_rehomings(
    premises: Premises,
) -> None:
    outbox = premises.open()
    first = outbox.epoch
    sent(outbox, *range(1, 11))
    outbox.rehome("test")
    settle(outbox)
    assert outbox.replay(Selection(epoch=first, first=4, last=6)) == 3
    assert ids_of(take(outbox))[:3] == known(4, 5, 6)
    outbox.close()
    outbox = premises.open()  # nothing of it was in memory only
    assert ids_of(take(outbox))[:3] == known(4, 5, 6)
    assert outbox.append(Stream.SALE, [a_draft(99)])[0].sequence
    outbox.close()


def test_what_is_replayed_is_kept_anew_and_then_deleted(premises: Premises) -> None:
    outbox = premises.open()
    sent(outbox, *range(1, 6))
    assert outbox.replay(Selection()) == 5
    settle(outbox)
    outbox.housekeep({Stream.SALE: 0.0})
    outbox.close()
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []
        assert list(inspection.select(Selection(settled=True))) == []


def test_nothing_to_replay_leaves_the_epoch_alone(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    before = outbox.epoch
    assert outbox.replay(Selection(stream=Stream.GUIDE)) == 0
    assert outbox.replay(Selection()) == 0
    assert outbox.replay_letters() == []
    assert outbox.epoch == before
    outbox.close()


@pytest.mark.parametrize("still_kept", [True, False])
def test_dead_letters_go_again_once_the_cloud_was_mended(
    premises: Premises, *, still_kept: bool
) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(4))
    take(outbox)
    outbox.reject(outbox.epoch, "sale", [Rejection(2, "malformed"), Rejection(3, "malformed")])
    outbox.settle(outbox.epoch, "sale", [(1, 4)])
    if not still_kept:
        assert outbox.housekeep({Stream.SALE: 0.0}) == 4
    assert outbox.replay_letters(known(3, 99)) == known(3)
    assert outbox.dead_letters() == 1
    lease = take(outbox)
    assert lease is not None
    assert ids_of(lease)[0] == known(3)[0]
    outbox.reject(outbox.epoch, "sale", [Rejection(lease.first, "malformed")])
    assert outbox.dead_letters() == 2  # refused again, and not lost
    assert sorted(outbox.replay_letters()) == sorted(known(2, 3))
    outbox.close()
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


def test_a_selection_reads_in_parts_and_marks_what_is_settled(premises: Premises) -> None:
    outbox = premises.open()
    count = CHUNK + 7
    outbox.append(Stream.SALE, some_drafts(count))
    take(outbox, max_events=10)
    outbox.settle(outbox.epoch, "sale", [(1, 5)])
    with Inspection.open(premises.path) as inspection:
        everything = list(inspection.select(Selection(settled=True)))
        pending = list(inspection.select(Selection()))
        settled = list(inspection.select(Selection(pending=False, settled=True, first=4)))
        nothing = list(inspection.select(Selection(pending=False)))
    assert [kept.sequence for kept in everything] == list(range(1, count + 1))
    assert [kept.settled for kept in everything] == [True] * 5 + [False] * (count - 5)
    assert [kept.sequence for kept in pending] == list(range(6, count + 1))
    assert [kept.sequence for kept in settled] == [4, 5]
    assert nothing == []
    assert "Kept(" in repr(pending[0])
    outbox.close()


def test_a_sound_file_is_repaired_only_when_somebody_insists(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    epoch = outbox.epoch
    outbox.close()
    salvage = Salvage(
        premises.path,
        premises.sealer,
        premises.clock,
        premises.random,
        premises.compose_closed,
        premises.compose_void,
    )
    assert repair(salvage) is None
    salvaged = repair(salvage, force=True)
    assert salvaged is not None
    assert (salvaged.kept, salvaged.lost, salvaged.unreadable) == (3, 0, 0)
    assert salvaged.epoch != epoch
    assert salvaged.aside.exists()
    outbox = premises.open()
    assert ids_of(take(outbox))[:3] == known(1, 2, 3)
    outbox.close()
