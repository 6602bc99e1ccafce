"""Welcomes and re-homing: restored disks, restored ledgers, closed epochs."""

from __future__ import annotations

import msgspec

from agent.outbox import Draft, Inspection, Outbox
from models.wire.ack import EpochSettled
from models.wire.birth import EpochHeld
from models.wire.envelope import open_envelope
from models.wire.events.device import EpochClosed, StreamClosed
from models.wire.ids import EventId
from models.wire.ranges import Range
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, plain, some_drafts, take


def told(outbox: Outbox, *ranges: Range, epoch: str | None = None) -> list[EpochSettled]:
    """A welcome's word on stream ``sale``."""
    return [EpochSettled(epoch or outbox.epoch, {"sale": list(ranges)})]


def closed_in(event: bytes) -> EpochClosed:
    """The notice that an event carries."""
    envelope = open_envelope(event)
    assert envelope.type == "lianke.epoch.closed"
    return msgspec.json.decode(envelope.data, type=EpochClosed)


def ids(*numbers: int) -> list[str]:
    return [a_draft(number).event_id for number in numbers]


def test_the_first_welcome_of_a_new_device_asks_for_nothing(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    assert not outbox.adopt("g1", [])
    assert outbox.ledger == "g1"
    assert ids_of(take(outbox)) == ids(1, 2)


def test_a_welcome_settles_what_an_acknowledgement_did_not_reach_us_for(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(4))
    lease = take(outbox)
    assert lease is not None
    outbox.release(lease)
    assert not outbox.adopt("g1", told(outbox, (1, 2)))
    assert not outbox.adopt("g1", told(outbox, (1, 2)))
    assert ids_of(take(outbox)) == ids(3, 4)


def test_a_welcome_of_the_same_ledger_takes_nothing_back(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(3))
    outbox.adopt("g1", [])
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 3)])
    assert not outbox.adopt("g1", told(outbox, (1, 1)))
    assert outbox.depths()[0].pending == 0


def test_yesterdays_image_re_homes_before_it_sends_anything(premises: Premises) -> None:
    """The image has sold on after it was put back, so its numbers name other events by now."""
    yesterday = premises.open()
    yesterday.append(Stream.SALE, some_drafts(3))
    yesterday.adopt("g1", [])
    take(yesterday)
    yesterday.settle(yesterday.epoch, "sale", [(1, 2)])
    image = premises.copy("image")
    yesterday.append(Stream.SALE, some_drafts(3, first=4))
    epoch = yesterday.epoch
    yesterday.close()

    today = premises.open(image)
    today.append(Stream.SALE, some_drafts(4, first=7))
    assert today.adopt("g1", told(today, (1, 6)))
    assert take(today) is None, "nothing leaves under the old epoch"
    successor = today.rehome("restored image")
    assert successor != epoch
    assert not today.adopt("g1", [*told(today, (1, 6), epoch=epoch)])
    lease = take(today)
    assert lease is not None
    assert (lease.epoch, lease.first) == (successor, 1)
    assert ids_of(lease)[:5] == ids(3, 7, 8, 9, 10)
    assert [plain(event) for event in lease.events[:5]] == [
        a_draft(number).body for number in (3, 7, 8, 9, 10)
    ]
    assert closed_in(lease.events[5]) == EpochClosed(
        epoch=epoch,
        successor=successor,
        reason="restored image",
        streams=[StreamClosed("sale", 7)],
    )
    today.close()


def test_a_copy_notices_even_when_it_has_sold_more_than_the_cloud_heard_of(
    premises: Premises,
) -> None:
    """The cloud is not ahead of the copy's last sequence, but of what this copy ever sent."""
    original = premises.open()
    original.append(Stream.SALE, some_drafts(2))
    image = premises.copy("image")
    original.close()
    copy = premises.open(image)
    copy.append(Stream.SALE, some_drafts(5, first=11))
    assert copy.adopt("g1", told(copy, (1, 4)))
    assert copy.depths()[0].pending == 7
    copy.rehome("cloned disk")
    assert ids_of(take(copy))[:7] == ids(1, 2, 11, 12, 13, 14, 15)
    copy.close()


def test_an_acknowledgement_meant_for_another_copy_settles_nothing_here(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(4))
    assert take(outbox, max_events=1) is not None
    assert outbox.settle(outbox.epoch, "sale", [(1, 4)]) == 1
    assert outbox.depths()[0].pending == 3
    assert outbox.astray
    assert take(outbox) is None, "the other copy goes on under this epoch: nothing leaves before"
    outbox.rehome("cloned disk")
    assert ids_of(take(outbox))[:3] == ids(2, 3, 4)


def test_of_an_epoch_that_another_copy_spoke_under_nothing_counts(outbox: Outbox) -> None:
    """Not even what was acknowledged: a ledger put back since may have the other's in its place."""
    outbox.adopt("g1", [])
    outbox.append(Stream.SALE, some_drafts(4))
    take(outbox, max_events=3)
    outbox.settle(outbox.epoch, "sale", [(1, 2)])
    outbox.housekeep({Stream.SALE: 0.0})
    outbox.append(Stream.SALE, some_drafts(2, first=5))
    outbox.settle(outbox.epoch, "sale", [(3, 3)])
    assert outbox.adopt("g1", told(outbox, (1, 3)), forked=[outbox.epoch])
    assert outbox.astray
    assert take(outbox) is None
    closed = outbox.epoch
    outbox.rehome("cloned disk")
    assert ids_of(take(outbox))[:4] == ids(3, 4, 5, 6)
    assert not outbox.adopt("g1", told(outbox, (1, 9), epoch=closed), forked=[closed])


def test_what_is_kept_of_a_closed_epoch_is_sent_again_when_another_copy_has_spoken_there(
    outbox: Outbox,
) -> None:
    outbox.adopt("g1", [])
    outbox.append(Stream.SALE, some_drafts(2))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 2)])
    closed, present = outbox.epoch, outbox.rehome("test")
    welcome = told(outbox, (1, 2), epoch=closed)
    assert not outbox.adopt("g1", welcome)
    assert outbox.adopt("g1", welcome, forked=[closed])
    assert outbox.epoch == present
    outbox.rehome("cloned disk")
    assert ids_of(take(outbox))[:2] == ids(1, 2)
    assert not outbox.adopt("g1", welcome, forked=[closed]), "nothing is kept there any more"


def test_what_was_sent_is_remembered_through_a_kill(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    take(outbox)
    survivor = premises.open(premises.copy("killed"))
    assert not survivor.adopt("g1", told(survivor, (1, 3)))
    assert survivor.depths()[0].pending == 0
    survivor.close()
    outbox.close()


def test_a_restored_ledger_gets_again_what_it_lacks(outbox: Outbox) -> None:
    outbox.adopt("g1", [])
    outbox.append(Stream.SALE, some_drafts(6))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 6)])
    assert not outbox.adopt("g2", told(outbox, (1, 2), (4, 4)))
    assert ids_of(take(outbox)) + ids_of(take(outbox)) == ids(3, 5, 6)


def test_a_restored_ledger_that_lacks_what_ended_its_retention_starts_a_new_epoch(
    outbox: Outbox,
) -> None:
    outbox.adopt("g1", [])
    outbox.append(Stream.SALE, some_drafts(6))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 4)])
    assert outbox.housekeep({Stream.SALE: 0.0}) == 4
    epoch = outbox.epoch
    assert outbox.adopt("g2", told(outbox, (1, 2)))
    outbox.rehome("restored ledger")
    lease = take(outbox)
    assert lease is not None
    assert ids_of(lease)[:2] == ids(5, 6)
    notice = closed_in(lease.events[2])
    assert (notice.epoch, notice.streams) == (epoch, [StreamClosed("sale", 6)])
    assert not outbox.adopt("g2", told(outbox, (1, 2), epoch=epoch))


def test_a_restored_ledger_gets_the_events_of_a_closed_epoch_under_a_new_one(
    outbox: Outbox,
) -> None:
    outbox.adopt("g1", [])
    outbox.append(Stream.SALE, some_drafts(4))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 3)])
    old, middle = outbox.epoch, outbox.rehome("test")
    assert ids_of(take(outbox))[0] == ids(4)[0]
    outbox.settle(middle, "sale", [(1, 2)])
    assert outbox.adopt("g2", told(outbox, (1, 1), epoch=old))
    assert outbox.held() == [EpochHeld(middle, {"sale": 2}), EpochHeld(old, {"sale": 4})]
    assert outbox.depths()[0].pending == 4
    successor = outbox.rehome("restored ledger")
    assert outbox.held() == [EpochHeld(successor, {"sale": 6})]
    lease = take(outbox)
    assert lease is not None
    assert ids_of(lease)[:3] == ids(2, 3, 4)
    assert closed_in(lease.events[3]).epoch == old, "the first notice, which the ledger lost"
    assert [closed_in(event).epoch for event in lease.events[4:]] == [old, middle]


def test_re_homing_moves_every_stream_and_keeps_what_is_settled(
    premises: Premises, outbox: Outbox
) -> None:
    outbox.append(Stream.SALE, some_drafts(3))
    outbox.append(Stream.TELEMETRY, [Draft(EventId(f"t-{n}"), b'{"n":%d}' % n) for n in (1, 2)])
    take(outbox)
    take(outbox, Stream.TELEMETRY)
    outbox.settle(outbox.epoch, "sale", [(2, 2)])
    outbox.settle(outbox.epoch, "telemetry", [(1, 1)])
    closed = outbox.epoch
    outbox.rehome("told to")
    assert outbox.held() == [EpochHeld(outbox.epoch, {"sale": 3, "telemetry": 1})]
    sale, telemetry = take(outbox), take(outbox, Stream.TELEMETRY)
    assert sale is not None
    assert telemetry is not None
    assert ids_of(sale)[:2] == ids(1, 3)
    assert plain(telemetry.events[0]) == b'{"n":2}'
    assert set(closed_in(sale.events[2]).streams) == {
        StreamClosed("sale", 3),
        StreamClosed("telemetry", 2),
    }
    assert all(one.known for one in outbox.append(Stream.SALE, some_drafts(3)))
    assert outbox.settle(closed, "sale", [(1, 3)]) == 0, "the old numbers mean nothing now"
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


def test_re_homing_survives_being_opened_again(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(3, 3)])
    epoch = outbox.rehome("test")
    outbox.close()
    outbox = premises.open()
    assert outbox.epoch == epoch
    assert outbox.last_sequence(Stream.SALE) == 3
    assert outbox.append(Stream.SALE, [a_draft(4)])[0].sequence == 4
    assert ids_of(take(outbox))[:2] == ids(1, 2)
    outbox.close()


def test_an_epoch_that_never_held_anything_closes_without_a_word(outbox: Outbox) -> None:
    outbox.rehome("test")
    assert outbox.depths()[0].pending == 0
    assert take(outbox) is None


def test_the_notice_counts_what_only_the_cloud_has_heard_of(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    assert outbox.adopt("g1", told(outbox, (1, 150)))
    outbox.rehome("restored image")
    lease = take(outbox)
    assert lease is not None
    assert closed_in(lease.events[2]).streams == [StreamClosed("sale", 150)]


def test_leases_end_with_their_epoch(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    old = take(outbox)
    assert old is not None
    outbox.rehome("test")
    assert len(ids_of(take(outbox))) == 3
    outbox.release(old)
    assert take(outbox) is None


def test_a_welcome_with_impossible_ranges_or_unknown_names_is_harmless(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    take(outbox)
    odd = [
        EpochSettled(outbox.epoch, {"sale": [(2, 1), (0, 1)], "weather": [(1, 9)]}),
        EpochSettled("f" * 32, {"sale": [(1, 9)]}),
    ]
    assert not outbox.adopt("g1", odd)
    assert outbox.depths()[0].pending == 2
