"""Append, lease, release, settle, reject: one open outbox."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from agent.errors import EventTooLarge, OutboxBusy, OutboxCorrupt
from agent.outbox import Draft, Inspection, Outbox
from agent.outbox.leases import ROWS
from agent.outbox.packing import unpack
from agent.outbox.storing import MOST_ROWS
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.ack import Rejection
from models.wire.birth import EpochHeld
from models.wire.envelope import MAX_EVENT_BYTES, open_envelope, stamp
from models.wire.errors import BadEvent
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.facts import NOON, a_phone
from tests.simulators.outbox_parts import (
    LEASE_S,
    Premises,
    a_draft,
    bulk,
    ids_of,
    plain,
    some_drafts,
    take,
)

PHONE = "+8613812345678"


def stored_bodies(premises: Premises) -> list[bytes]:
    """The bodies in the file, unpacked."""
    with closing(sqlite3.connect(premises.path)) as db:
        return [unpack(row[0]) for row in db.execute("SELECT body FROM event").fetchall()]


def test_sequences_count_from_one_per_stream(outbox: Outbox) -> None:
    sales = outbox.append(Stream.SALE, some_drafts(3))
    members = outbox.append(Stream.MEMBER, [Draft(EventId("m-1"), b"{}")])
    assert [one.sequence for one in sales] == [1, 2, 3]
    assert [one.sequence for one in members] == [1]
    assert not any(one.known for one in sales)
    assert outbox.last_sequence(Stream.SALE) == 3
    assert outbox.last_sequence(Stream.GUIDE) == 0


def test_capturing_the_same_file_again_adds_nothing(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(3))
    again = outbox.append(Stream.SALE, [*some_drafts(3), a_draft(4), a_draft(4)])
    assert [(one.sequence, one.known) for one in again] == [
        (None, True),
        (None, True),
        (None, True),
        (4, False),
        (None, True),
    ]
    assert outbox.last_sequence(Stream.SALE) == 4


def test_a_large_append_is_stored_whole_and_in_order(outbox: Outbox) -> None:
    drafts = some_drafts(2 * MOST_ROWS + 5)
    stored = outbox.append(Stream.SALE, drafts)
    assert [one.sequence for one in stored] == list(range(1, len(drafts) + 1))
    assert ids_of(take(outbox, max_events=1000)) == [draft.event_id for draft in drafts]


def test_an_append_of_long_receipts_is_stored_whole_and_in_order(outbox: Outbox) -> None:
    ids = [EventId(f"e-{number}") for number in range(7)]
    pads = [1, 75_000, 150_000, 1, 110_000, 75_000, 150_000]
    drafts = [
        Draft(event_id, b'{"pad":"' + bulk(pad) + b'"}')
        for event_id, pad in zip(ids, pads, strict=True)
    ]
    assert [one.sequence for one in outbox.append(Stream.SALE, drafts)] == list(range(1, 8))
    lease = outbox.lease(
        Stream.SALE, max_events=10, max_bytes=1_000_000, now_s=0.0, lease_s=LEASE_S
    )
    assert lease is not None
    assert [plain(event) for event in lease.events] == [draft.body for draft in drafts]


@pytest.mark.parametrize("known", [1, MOST_ROWS, MOST_ROWS + 5])
def test_a_known_event_in_a_large_append_leaves_no_hole(outbox: Outbox, known: int) -> None:
    drafts = some_drafts(MOST_ROWS + 10)
    twice = drafts[known]
    outbox.append(Stream.SALE, [twice])
    stored = outbox.append(Stream.SALE, drafts)
    assert [one.event_id for one in stored if one.known] == [twice.event_id]
    assert [one.sequence for one in stored if not one.known] == list(range(2, len(drafts) + 1))
    others = [draft.event_id for draft in drafts if draft is not twice]
    assert ids_of(take(outbox, max_events=1000)) == [twice.event_id, *others]


def test_calls_for_several_streams_share_a_transaction(outbox: Outbox) -> None:
    sales, member = some_drafts(3), Draft(EventId("m-1"), b'{"id":"m-1"}')
    seal = outbox._storing.seal
    stored = outbox._storing.store(
        [
            (Stream.SALE, seal(sales[:1])),
            (Stream.MEMBER, seal([member])),
            (Stream.SALE, seal(sales[1:])),
        ]
    )
    assert [[one.sequence for one in each] for each in stored] == [[1], [1], [2, 3]]
    assert ids_of(take(outbox)) == [draft.event_id for draft in sales]
    assert outbox.last_sequence(Stream.MEMBER) == 1


def test_a_settled_and_a_rejected_event_are_still_known(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    lease = take(outbox)
    assert lease is not None
    outbox.settle(lease.epoch, "sale", [(1, 1)])
    outbox.reject(lease.epoch, "sale", [Rejection(2, "malformed")])
    assert all(one.known for one in outbox.append(Stream.SALE, some_drafts(2)))


def test_appending_nothing_does_nothing(outbox: Outbox) -> None:
    heard: list[Stream] = []
    outbox.on_append(heard.append)
    assert outbox.append(Stream.SALE, []) == []
    assert heard == []


def test_listeners_hear_of_an_append_when_it_can_be_leased(outbox: Outbox) -> None:
    heard: list[tuple[Stream, list[str]]] = []
    outbox.on_append(lambda stream: heard.append((stream, ids_of(take(outbox)))))
    draft = a_draft(1)
    outbox.append(Stream.SALE, [draft])
    assert heard == [(Stream.SALE, [draft.event_id])]


def test_a_lease_carries_what_was_appended_opened_and_stamped(outbox: Outbox) -> None:
    drafts = [a_draft(1, phone=PHONE), a_draft(2)]
    outbox.append(Stream.SALE, drafts)
    lease = take(outbox)
    assert lease is not None
    assert (lease.first, lease.last, lease.stream) == (1, 2, Stream.SALE)
    assert lease.events == [
        stamp(draft.body, outbox.epoch, sequence) for sequence, draft in enumerate(drafts, 1)
    ]


def test_what_is_sent_late_says_so(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, [a_draft()])
    lease = outbox.lease(
        Stream.SALE, max_events=1, max_bytes=9999, now_s=0, lease_s=1, historical=True
    )
    assert lease is not None
    assert open_envelope(lease.events[0]).historical


def test_leased_events_are_not_leased_again_until_released_or_expired(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(4))
    first, second = take(outbox, max_events=2), take(outbox, max_events=2)
    assert first is not None
    assert second is not None
    assert (first.first, second.first) == (1, 3)
    assert take(outbox) is None
    outbox.release(first)
    assert ids_of(take(outbox, now_s=1.0)) == ids_of(first)
    late = take(outbox, now_s=LEASE_S)
    assert ids_of(late) == ids_of(second)


def test_a_late_release_does_not_free_what_somebody_else_leased(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    slow = take(outbox)
    assert slow is not None
    assert take(outbox, now_s=LEASE_S + 1) is not None
    outbox.release(slow)
    assert take(outbox, now_s=LEASE_S + 2) is None


def test_a_lease_is_bounded_by_bytes_but_gives_one_event_at_least(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(3))
    size = len(stamp(a_draft(1).body, outbox.epoch, 1))
    bounds = {"max_events": 9, "now_s": 0.0, "lease_s": 1.0}
    tiny = outbox.lease(Stream.SALE, max_bytes=1, **bounds)  # type: ignore[arg-type]
    two = outbox.lease(Stream.SALE, max_bytes=2 * size, **bounds)  # type: ignore[arg-type]
    assert (len(ids_of(tiny)), len(ids_of(two))) == (1, 2)


@pytest.mark.parametrize("fitting", [1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS])
def test_the_bound_by_bytes_is_exact_wherever_it_falls(outbox: Outbox, fitting: int) -> None:
    drafts = some_drafts(3 * ROWS)
    outbox.append(Stream.SALE, drafts)
    room = sum(len(stamp(drafts[n].body, outbox.epoch, n + 1)) for n in range(fitting))
    for max_bytes, expected in ((room, fitting), (room - 1, max(fitting - 1, 1))):
        lease = outbox.lease(
            Stream.SALE, max_events=999, max_bytes=max_bytes, now_s=0.0, lease_s=LEASE_S
        )
        assert lease is not None
        assert len(lease) == expected
        outbox.release(lease)


@pytest.mark.parametrize("count", [ROWS - 1, ROWS, ROWS + 1, 3 * ROWS])
def test_a_lease_of_any_length_is_read_whole_and_in_order(outbox: Outbox, count: int) -> None:
    drafts = [a_draft(n, phone=PHONE if n % 3 else None) for n in range(1, count + 1)]
    outbox.append(Stream.SALE, drafts)
    lease = take(outbox, max_events=count)
    assert lease is not None
    assert [plain(event) for event in lease.events] == [draft.body for draft in drafts]


def test_a_lease_lasts_when_its_bytes_are_forgotten(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(3))
    lease = take(outbox)
    assert lease is not None
    lease.forget()
    assert (lease.events, lease.first, lease.last, len(lease)) == ([], 1, 3, 3)
    assert take(outbox) is None
    outbox.release(lease)
    assert ids_of(take(outbox)) == [draft.event_id for draft in some_drafts(3)]


def test_fresh_events_can_be_leased_ahead_of_a_backlog(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(10))
    fresh = take(outbox, first=8)
    backlog = take(outbox, last=7)
    assert fresh is not None
    assert backlog is not None
    assert ((fresh.first, fresh.last), (backlog.first, backlog.last)) == ((8, 10), (1, 7))


def test_settled_above_the_watermark_is_never_leased_again(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(6))
    whole = take(outbox)
    assert whole is not None
    assert outbox.settle(whole.epoch, "sale", [(2, 3), (5, 5), (3, 5)]) == 4
    outbox.release(whole)
    assert [(one.first, one.last) for one in (take(outbox), take(outbox)) if one] == [
        (1, 1),
        (6, 6),
    ]


@pytest.mark.parametrize(
    ("ranges", "news"),
    [
        ([], 0),
        ([(1, 3)], 3),
        ([(1, 1), (1, 2)], 2),
        ([(2, 99)], 2),  # beyond what was ever sent
        ([(4, 9)], 0),
        ([(0, 2), (3, 2), (-5, -1)], 0),  # no ranges at all
    ],
)
def test_settling_counts_what_is_news(
    outbox: Outbox, ranges: list[tuple[int, int]], news: int
) -> None:
    outbox.append(Stream.SALE, some_drafts(5))
    lease = take(outbox, max_events=3)
    assert lease is not None
    assert outbox.settle(lease.epoch, lease.stream, ranges) == news
    assert outbox.settle(lease.epoch, lease.stream, ranges) == 0


def test_settlements_of_unknown_epochs_and_streams_are_ignored(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2))
    take(outbox)
    assert outbox.settle("f" * 32, "sale", [(1, 2)]) == 0
    assert outbox.settle(outbox.epoch, "weather", [(1, 2)]) == 0
    assert outbox.depths()[0].pending == 2


def test_a_rejected_event_lies_in_the_dead_letters_and_is_not_sent_again(
    premises: Premises, outbox: Outbox
) -> None:
    outbox.append(Stream.SALE, some_drafts(3))
    lease = take(outbox)
    assert lease is not None
    rejections = [Rejection(2, "malformed")]
    assert outbox.reject(lease.epoch, "sale", rejections) == 1
    assert outbox.reject(lease.epoch, "sale", rejections) == 0
    outbox.release(lease)
    assert outbox.dead_letters() == 1
    with Inspection.open(premises.path) as inspection:
        (letter,) = inspection.dead_letters()
    assert (letter.event_id, letter.sequence, letter.reason) == (
        a_draft(2).event_id,
        2,
        "malformed",
    )
    assert letter.rejected_at == NOON
    assert ids_of(take(outbox)) == [a_draft(1).event_id]
    assert outbox.reject(lease.epoch, "sale", [Rejection(9, "malformed")]) == 0
    assert (outbox.dead_letters(), outbox.astray) == (1, True), "the event of another copy"


def test_depths_tell_what_is_pending_and_since_when(premises: Premises, outbox: Outbox) -> None:
    outbox.append(Stream.SALE, [a_draft(1)])
    premises.clock.wait(threading.Event(), 60.0)
    outbox.append(Stream.SALE, [a_draft(2)])
    sale, *others = outbox.depths()
    assert (sale.stream, sale.pending, sale.last) == (Stream.SALE, 2, 2)
    assert sale.oldest_appended_at == NOON
    assert all((one.pending, one.oldest_appended_at) == (0, None) for one in others)
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 1)])
    oldest = outbox.depths()[0].oldest_appended_at
    assert oldest is not None
    assert (oldest - NOON).total_seconds() == 60


def test_the_birth_names_the_epoch_and_its_last_sequences(outbox: Outbox) -> None:
    assert outbox.held() == [EpochHeld(outbox.epoch, {})]
    outbox.append(Stream.SALE, some_drafts(3))
    assert outbox.held() == [EpochHeld(outbox.epoch, {"sale": 3})]


def test_an_event_that_could_never_be_sent_is_refused_with_its_neighbours(outbox: Outbox) -> None:
    huge = Draft(EventId("huge"), b"{" + b" " * MAX_EVENT_BYTES + b"}")
    with pytest.raises(EventTooLarge, match="huge"):
        outbox.append(Stream.SALE, [a_draft(1), huge])
    assert outbox.last_sequence(Stream.SALE) == 0


def test_a_span_that_points_nowhere_is_refused_before_anything_is_stored(outbox: Outbox) -> None:
    draft = a_draft(1, phone=PHONE)
    (span,) = draft.spans
    lost = type(span)(b'{"scheme":"phone"}', span.namespace, span.identifier, span.members)
    with pytest.raises(BadEvent):
        outbox.append(Stream.SALE, [Draft(draft.event_id, draft.body, [lost])])
    assert outbox.last_sequence(Stream.SALE) == 0


def test_an_erased_person_reads_erased_and_the_sale_still_travels(
    premises: Premises, outbox: Outbox
) -> None:
    draft = a_draft(1, phone=PHONE)
    outbox.append(Stream.SALE, [draft])
    premises.keyring.destroy("phone", PHONE)
    lease = take(outbox)
    assert lease is not None
    assert plain(lease.events[0]) == draft.body.replace(PHONE.encode(), b"erased")


def test_events_sealed_with_other_keys_stop_the_lease_and_ask_for_help(
    premises: Premises, tmp_path: Path
) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, [a_draft(1, phone=PHONE)])
    outbox.close()
    (body,) = stored_bodies(premises)
    start = body.index(b"sealed:1:") + len(b"sealed:1:") + 40
    with closing(sqlite3.connect(premises.path)) as db, db:
        db.execute("UPDATE event SET body = ?", (body[:start] + b"AAAA" + body[start + 4 :],))
    outbox = premises.open()
    with pytest.raises(OutboxCorrupt, match="restore the keys"):
        take(outbox)
    outbox.close()
    other = Keyring(tmp_path / "other.sqlite3", MasterKey(b"x" * 32))
    assert Sealer(other).open("any", b"{}") == b"{}"
    other.close()


def test_no_personal_data_lies_in_the_file_or_its_log(premises: Premises, outbox: Outbox) -> None:
    phones = [a_phone(Random(n)) for n in range(20)]
    for number, phone in enumerate(phones):
        outbox.append(Stream.SALE, [a_draft(number, phone=phone)])
    files = [premises.path, premises.path.with_name(premises.path.name + "-wal")]
    raw = b"".join([*(file.read_bytes() for file in files), *stored_bodies(premises)])
    assert raw.count("康师傅红烧牛肉面".encode()) >= 20, "the control: the events are in there"
    assert not [phone for phone in phones if phone[3:].encode() in raw]


def test_neither_drafts_nor_leases_print_what_they_hold(outbox: Outbox) -> None:
    draft = a_draft(1, phone=PHONE)
    outbox.append(Stream.SALE, [draft])
    assert repr(draft) == f"Draft({draft.event_id}, {len(draft.body)} bytes)"
    assert repr(take(outbox)) == f"Lease({outbox.epoch}, sale, 1..1)"


def test_only_this_user_may_read_the_file(premises: Premises, outbox: Outbox) -> None:
    outbox.append(Stream.SALE, [a_draft(1)])
    for suffix in ("", "-wal", "-shm"):
        path = premises.path.with_name(premises.path.name + suffix)
        assert path.stat().st_mode & 0o077 == 0, suffix


def test_many_producers_share_commits_and_leave_no_hole(premises: Premises) -> None:
    outbox = premises.open()
    producers, each = 8, 25
    results: list[list[int | None]] = [[] for _ in range(producers)]

    def produce(producer: int) -> None:
        for n in range(each):
            (stored,) = outbox.append(Stream.SALE, [a_draft(producer * each + n)])
            results[producer].append(stored.sequence)

    threads = [threading.Thread(target=produce, args=(n,)) for n in range(producers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequences = [sequence for result in results for sequence in result]
    assert sorted(one or 0 for one in sequences) == list(range(1, producers * each + 1))
    assert all(result == sorted(one or 0 for one in result) for result in results)
    events = ids_of(take(outbox, max_events=1000))
    assert sorted(events) == sorted(a_draft(n).event_id for n in range(producers * each))
    outbox.close()


def test_a_producer_a_sender_and_a_reader_pass_one_another(premises: Premises) -> None:
    outbox = premises.open()
    total, done = 150, threading.Event()

    def produce() -> None:
        for n in range(total):
            outbox.append(Stream.SALE, [a_draft(n)])
        done.set()

    producer = threading.Thread(target=produce)
    producer.start()
    settled: list[str] = []
    with Inspection.open(premises.path) as inspection:
        while not done.is_set() or outbox.depths()[0].pending:
            lease = take(outbox, max_events=7)
            if lease is not None:
                settled += ids_of(lease)
                outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
            assert sum(depth.pending for depth in inspection.depths()) <= total
        assert inspection.verify() == []
    producer.join()
    assert settled == [a_draft(n).event_id for n in range(total)]
    outbox.close()


def test_a_closed_outbox_may_be_closed_again(premises: Premises) -> None:
    outbox = premises.open()
    outbox.close()
    outbox.close()
    premises.open().close()


def test_the_same_file_is_not_opened_for_writing_twice(premises: Premises, outbox: Outbox) -> None:
    outbox.append(Stream.SALE, [a_draft(1)])
    with pytest.raises(OutboxBusy, match="lianke-agent outbox"):
        premises.open()
    assert outbox.append(Stream.SALE, [a_draft(2)])[0].sequence == 2
