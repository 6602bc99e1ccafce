"""A ledger that has forgotten what it acknowledged: sent again, or announced; never passed over."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.config.outbox import OutboxSettings
from agent.outbox import Outbox, Thrift
from agent.outbox.voiding import Cause
from models.wire.ack import EpochSettled
from models.wire.envelope import open_envelope
from models.wire.events.device import RangeVoid
from models.wire.ranges import Range
from models.wire.topics import Stream
from tests.simulators.clocks import HandClock
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, some_drafts, take

DAY_S = 86_400.0


def ids(*numbers: int) -> list[str]:
    return [a_draft(number).event_id for number in numbers]


def sales(epoch: str, *ranges: Range) -> list[EpochSettled]:
    return [EpochSettled(epoch, {"sale": list(ranges)})]


def acknowledged(outbox: Outbox, *ranges: Range, stream: Stream = Stream.SALE) -> None:
    """Events that were sent and that the ledger has answered for."""
    while take(outbox, stream) is not None:
        pass
    outbox.settle(outbox.epoch, stream, list(ranges))


def sold(outbox: Outbox, count: int) -> None:
    """So many sales are in the ledger."""
    outbox.append(Stream.SALE, some_drafts(count))
    outbox.adopt("g1", [])
    acknowledged(outbox, (1, count))


def void_in(event: bytes) -> RangeVoid:
    envelope = open_envelope(event)
    assert envelope.type == "lianke.range.void"
    return msgspec.json.decode(envelope.data, type=RangeVoid)


def test_a_birth_tells_what_the_ledger_has_acknowledged_and_nothing_else(outbox: Outbox) -> None:
    assert outbox.acknowledged() == []
    outbox.append(Stream.SALE, some_drafts(5))
    outbox.adopt("g1", [])
    acknowledged(outbox, (1, 2), (4, 4))
    assert outbox.acknowledged() == sales(outbox.epoch, (1, 2), (4, 4))


def test_what_the_ledger_forgot_is_owed_again_under_its_own_number(outbox: Outbox) -> None:
    sold(outbox, 5)
    assert not outbox.adopt("g1", sales(outbox.epoch, (1, 3)), sales(outbox.epoch, (4, 5)))
    assert outbox.acknowledged() == sales(outbox.epoch, (1, 3))
    lease = take(outbox)
    assert lease is not None
    assert (lease.first, ids_of(lease)) == (4, ids(4, 5))


def test_it_is_owed_again_after_a_restart_too(premises: Premises) -> None:
    first = premises.open()
    sold(first, 3)
    first.adopt("g1", [], sales(first.epoch, (2, 3)))
    first.close()
    second = premises.open()
    assert second.acknowledged() == sales(second.epoch, (1, 1))
    assert ids_of(take(second)) == ids(2, 3)
    second.close()


def test_a_welcome_cannot_take_back_what_no_ledger_acknowledged(outbox: Outbox) -> None:
    sold(outbox, 2)
    outbox.append(Stream.SALE, some_drafts(2, first=3))
    foreign = [*sales(outbox.epoch, (3, 900)), *sales("f" * 32, (1, 5))]
    assert not outbox.adopt("g1", [], foreign)
    assert outbox.depths()[0].pending == 2, "only what was pending before"


def test_what_is_kept_no_more_is_announced_with_its_numbers(
    outbox: Outbox, clock: HandClock
) -> None:
    """Eight days later a ledger from before the first of them is put back."""
    sold(outbox, 3)
    clock.move(8 * DAY_S)
    outbox.append(Stream.SALE, some_drafts(2, first=4))
    acknowledged(outbox, (4, 5))
    assert outbox.housekeep({Stream.SALE: 7 * DAY_S}) == 3
    epoch = outbox.epoch
    assert outbox.acknowledged() == sales(epoch, (1, 5)), "the deleted ones were acknowledged too"

    assert not outbox.adopt("g1", sales(epoch, (1, 1)), sales(epoch, (2, 5)))
    lease = take(outbox)
    assert lease is not None
    assert ids_of(lease)[:2] == ids(4, 5)
    assert void_in(lease.events[2]) == RangeVoid(
        epoch=epoch, stream="sale", ranges=[(2, 3)], count=2, reason="forgotten"
    )
    assert outbox.epoch == epoch, "the epoch goes on: its ledger waits for nothing"


def test_a_loss_is_announced_once(outbox: Outbox, clock: HandClock) -> None:
    sold(outbox, 2)
    clock.move(8 * DAY_S)
    outbox.housekeep({Stream.SALE: 7 * DAY_S})
    for _ in range(2):
        outbox.adopt("g1", [], sales(outbox.epoch, (1, 2)))
    assert outbox.acknowledged() == []
    assert outbox.last_sequence(Stream.SALE) == 3


def test_what_was_closed_with_its_epoch_moves_into_the_present_one(outbox: Outbox) -> None:
    sold(outbox, 3)
    closed = outbox.epoch
    outbox.append(Stream.SALE, some_drafts(1, first=4))
    outbox.rehome("test")
    assert outbox.acknowledged() == sales(closed, (1, 3)), "what moved was not acknowledged there"
    assert outbox.adopt("g1", sales(closed, (1, 1)), sales(closed, (2, 3)))
    outbox.rehome("the ledger forgot them")
    lease = take(outbox)
    assert lease is not None
    assert ids_of(lease)[:2] == ids(2, 3)
    assert outbox.acknowledged() == sales(closed, (1, 1))


def test_what_was_dropped_for_want_of_room_is_not_asked_of_the_ledger(tmp_path: Path) -> None:
    settings = OutboxSettings(8 << 20, 1 << 20, 1 << 20, 64 << 10, 0)
    premises = Premises(tmp_path, HandClock(), thrift=Thrift(settings=settings))
    outbox = premises.open()
    outbox.adopt("g1", [])
    for first in range(1, 200, 10):
        outbox.append(Stream.TELEMETRY, some_drafts(10, first=first))
    outbox.housekeep({})
    assert outbox.room().gave_way[Cause.DROPPED], "or the test proves nothing"
    assert outbox.acknowledged() == []
    outbox.close()
    again = premises.open()
    assert again.acknowledged() == []
    again.close()
    premises.close()


def test_days_are_counted_anew_for_what_is_sent_again(outbox: Outbox, clock: HandClock) -> None:
    """The ledger may go back a second time."""
    sold(outbox, 2)
    clock.move(6 * DAY_S)
    outbox.adopt("g1", [], sales(outbox.epoch, (1, 2)))
    acknowledged(outbox, (1, 2))
    clock.move(2 * DAY_S)
    assert outbox.housekeep({Stream.SALE: 7 * DAY_S}) == 0


def test_a_later_welcome_that_tells_less_is_doubted(outbox: Outbox) -> None:
    sold(outbox, 3)
    epoch = outbox.epoch
    assert not outbox.doubts(sales(epoch, (1, 3)), [])
    assert outbox.doubts(sales(epoch, (1, 2)), [])
    assert outbox.doubts([], []), "the present epoch is always spoken of"
    assert outbox.doubts(sales(epoch, (1, 3)), sales(epoch, (2, 2)))


def test_an_epoch_that_a_welcome_does_not_speak_of_is_not_doubted(outbox: Outbox) -> None:
    """A cloud of an earlier version speaks of those alone that hold something unsettled."""
    sold(outbox, 3)
    outbox.rehome("test")
    assert not outbox.doubts([], [])


def test_under_another_name_nothing_was_acknowledged(premises: Premises) -> None:
    first = premises.open()
    first.go_by("lk1/t/00/s/one")
    sold(first, 3)
    first.go_by("lk1/t/00/s/one")
    assert first.acknowledged()
    first.close()
    moved = premises.open()
    moved.go_by("lk1/t/00/s/two")
    assert moved.acknowledged() == []
    moved.append(Stream.SALE, some_drafts(1, first=4))
    acknowledged(moved, (4, 4))
    assert moved.acknowledged() == sales(moved.epoch, (4, 4))
    moved.close()


def test_a_ledger_of_another_generation_is_told_of_losses_too(
    outbox: Outbox, clock: HandClock
) -> None:
    sold(outbox, 2)
    clock.move(8 * DAY_S)
    outbox.housekeep({Stream.SALE: 7 * DAY_S})
    epoch = outbox.epoch
    outbox.adopt("g2", [], sales(epoch, (1, 2)))
    outbox.rehome("what it lacks has no number any more")
    lease = take(outbox)
    assert lease is not None
    assert void_in(lease.events[0]).ranges == [(1, 2)]
