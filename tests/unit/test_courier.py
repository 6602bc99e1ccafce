"""The courier on a line that is slow to confirm: its window of bytes, resend timer and share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agent.errors import BrokerUnavailable
from agent.outbox import Outbox
from agent.sync.courier import Courier
from agent.sync.egress import Limits
from agent.sync.metrics import SyncMetrics
from models.wire.ack import Ack, Reason, Refusal
from models.wire.codec import Codec
from models.wire.envelope import open_envelope
from models.wire.topics import Stream
from tests.simulators.facts import SHOP
from tests.simulators.outbox_parts import Premises, ids_of, some_drafts, take
from tests.simulators.slow_broker import SlowBroker

RESEND_S, CONFIRM_S, BATCH = 10.0, 60.0, 5


@dataclass
class Counter:
    """A courier with an outbox of sales on a slow broker."""

    outbox: Outbox
    window_bytes: int
    window: int = 50
    line: SlowBroker = field(default_factory=SlowBroker)

    def __post_init__(self) -> None:
        self.limits = Limits(
            batch_events=BATCH,
            resend_after_s=RESEND_S,
            window_bytes=self.window_bytes,
            confirm_within_s=CONFIRM_S,
        )
        self.registry = CollectorRegistry()
        self.courier = self.hire()

    def hire(self) -> Courier:
        """A courier: what the outbox holds now is history to it."""
        return Courier(
            SHOP,
            self.outbox,
            self.line,
            limits=self.limits,
            window=self.window,
            metrics=SyncMetrics(self.registry),
        )

    def turns(self, now_s: float) -> None:
        """Let the courier do what it would do at this moment."""
        self.courier.tend(now_s)
        while self.courier.send(now_s):
            pass

    def sent(self) -> list[tuple[int, bool]]:
        """The first sequence of every batch that left, and whether it is history."""
        return [self._header(message.payload) for message in self.line.published]

    @staticmethod
    def _header(payload: bytes) -> tuple[int, bool]:
        batch = Codec().decode(payload)
        return batch.header.first, open_envelope(batch.events[0]).historical

    def expired(self) -> float:
        """How many batches were given back because the ledger was silent."""
        return self.registry.get_sample_value("lianke_sync_batches_expired_total") or 0.0

    def settle(self, first: int, last: int) -> None:
        """The ledger has these."""
        self.courier.settle(
            Ack(
                ledger="ledger-1",
                epoch=self.outbox.epoch,
                stream=Stream.SALE,
                settled=[(first, last)],
            )
        )


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    premises = Premises(tmp_path)
    opened = premises.open()
    yield opened
    opened.close()
    premises.close()


def size_of_a_batch(outbox: Outbox) -> int:
    """How large one batch of this test is on the wire; they differ by a few bytes."""
    counter = Counter(outbox, window_bytes=1 << 20, window=1)
    counter.turns(0.0)
    counter.courier.give_back()
    return len(counter.line.published[0].payload)


def test_no_more_than_the_window_of_bytes_waits_in_our_own_sockets(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(10 * BATCH))
    window_bytes = 3 * size_of_a_batch(outbox) + 100
    counter = Counter(outbox, window_bytes)
    counter.turns(0.0)
    assert len(counter.sent()) == 3
    counter.line.confirm(1)
    counter.turns(1.0)
    assert len(counter.sent()) == 4
    counter.line.confirm(99)
    counter.turns(2.0)
    assert [first for first, _ in counter.sent()] == [1 + BATCH * n for n in range(7)]
    sent = zip(counter.line.published, counter.line.receipts, strict=True)
    waiting = [len(message.payload) for message, receipt in sent if not receipt.arrived]
    assert sum(waiting) <= window_bytes


def test_one_batch_always_goes_however_narrow_the_window_is(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(3 * BATCH))
    counter = Counter(outbox, window_bytes=1)
    for n in range(3):
        counter.turns(float(n))
        assert len(counter.sent()) == n + 1
        counter.line.confirm(1)


def test_a_narrow_window_makes_small_batches(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(4 * BATCH))
    two_events = sum(len(draft.body) for draft in some_drafts(2)) + 500
    counter = Counter(outbox, window_bytes=two_events // 4)
    for n in range(3):
        counter.turns(float(n))
        counter.line.confirm(9)
    assert [first for first, _ in counter.sent()][:3] == [1, 3, 5]


def test_while_pubacks_advance_nothing_is_late_and_nothing_goes_twice(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(20 * BATCH))
    counter = Counter(outbox, window_bytes=1 << 20)
    now_s = 0.0
    for n in range(20):
        counter.turns(now_s)
        counter.line.confirm(1)
        counter.turns(now_s)
        counter.settle(1 + n * BATCH, (n + 1) * BATCH)
        now_s += CONFIRM_S - 1.0
    assert len(counter.sent()) == 20
    assert counter.expired() == 0


def test_the_resend_timer_begins_with_the_puback(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(BATCH))
    counter = Counter(outbox, window_bytes=1 << 20)
    counter.turns(0.0)
    counter.turns(50.0)
    counter.line.confirm(1)
    counter.turns(50.0)
    counter.turns(50.0 + RESEND_S - 0.1)
    assert len(counter.sent()) == 1
    counter.turns(50.0 + RESEND_S)
    assert [first for first, _ in counter.sent()] == [1, 1]
    assert counter.expired() == 1


def test_a_broker_that_confirms_nothing_is_given_up(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(2 * BATCH))
    counter = Counter(outbox, window_bytes=1 << 20)
    counter.turns(0.0)
    counter.turns(1.0)
    assert counter.courier.patience_s(1.0) == CONFIRM_S
    counter.line.confirm(1)
    counter.turns(40.0)
    counter.turns(40.0 + CONFIRM_S - 0.1)
    with pytest.raises(BrokerUnavailable, match="not confirmed a batch for 60 s"):
        counter.turns(40.0 + CONFIRM_S)
    counter.courier.give_back()
    assert take(outbox) is not None


def test_a_batch_that_waits_for_room_is_given_back_with_the_others(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(3 * BATCH))
    counter = Counter(outbox, window_bytes=1)
    counter.turns(0.0)
    assert counter.courier.patience_s(0.0) == pytest.approx(0.02)
    counter.courier.give_back()
    free = take(outbox)
    assert free is not None
    assert (free.first, free.last) == (1, 3 * BATCH)


def test_a_refused_batch_goes_again_in_halves_and_frees_its_room(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(4))
    counter = Counter(outbox, window_bytes=2 * size_of_a_batch(outbox))
    counter.turns(0.0)
    refusal = Refusal(1, 4, Reason.UNREADABLE_BODY)
    ack = Ack(ledger="l", epoch=outbox.epoch, stream=Stream.SALE, refused=[refusal])
    counter.courier.settle(ack)
    counter.turns(0.0)
    counter.line.confirm(2)
    counter.turns(0.0)
    assert [first for first, _ in counter.sent()] == [1, 1, 3]


def test_fresh_sales_keep_four_batches_in_five_of_a_narrow_window(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(30 * BATCH))
    counter = Counter(outbox, window_bytes=2 * size_of_a_batch(outbox), window=200)
    outbox.append(Stream.SALE, some_drafts(60 * BATCH, first=30 * BATCH + 1))
    for n in range(50):
        counter.turns(float(n))
        counter.line.confirm(1)
    history = [historical for _, historical in counter.sent()]
    assert len(history) >= 50
    assert sum(history[:50]) == 10


def test_a_fresh_sale_waits_behind_no_more_of_the_backlog_than_the_window(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(20 * BATCH))
    counter = Counter(outbox, window_bytes=3 * size_of_a_batch(outbox) + 100)
    counter.turns(0.0)
    [fresh] = outbox.append(Stream.SALE, some_drafts(1, first=20 * BATCH + 1))
    for n in range(8):
        counter.line.confirm(1)
        counter.turns(1.0 + n)
    order = [first for first, _ in counter.sent()]
    assert fresh.sequence is not None
    before = order.index(fresh.sequence)
    assert before <= 5, "three under way, one packed, one while it waited for company"
    assert all(a < b for a, b in pairwise([n for n in order if n != fresh.sequence]))


def test_what_was_packed_lies_in_memory_once(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(3 * BATCH))
    counter = Counter(outbox, window_bytes=1 << 20)
    counter.turns(0.0)
    assert len(counter.sent()) == 3
    assert not any(lease.events for lease in counter.courier._leases.values())
    counter.courier.give_back()
    assert ids_of(take(outbox, max_events=99)) == [d.event_id for d in some_drafts(3 * BATCH)]


def test_pubacks_count_in_their_order_also_where_the_ledger_is_quicker(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(3 * BATCH))
    counter = Counter(outbox, window_bytes=1 << 20)
    counter.turns(0.0)
    counter.settle(1, BATCH)  # before the broker's PUBACK was seen
    counter.line.receipts[1].arrived = True
    counter.turns(1.0)
    assert counter.courier.patience_s(1.0) == RESEND_S, (
        "of the second; the third is with the broker"
    )
    counter.line.confirm(9)
    counter.turns(1.0 + RESEND_S)
    assert counter.expired() == 1
