"""Carries batches: lends them from the outbox, sends them, and settles what the ledger answers.

One courier serves one connection under one epoch. What it cannot deliver in time it gives back to
the outbox, which lends it again: a broker that confirms and forgets costs a repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.outbox import Lease
from agent.sync.egress import Egress, Lender, Limits
from agent.sync.in_flight import Flight, InFlight, Place
from agent.sync.metrics import SyncMetrics
from agent.sync.transport import Connection, Message, Receipt
from models.runtime.logs import get_logger
from models.wire.ack import Ack, EpochSettled, Rejection
from models.wire.codec import Codec
from models.wire.errors import TooLarge
from models.wire.ids import DevicePath
from models.wire.ranges import Range
from models.wire.topics import Stream, up

_LOG = get_logger(__name__)


class Creditor(Lender, Protocol):
    """The side of the outbox that a courier needs."""

    def release(self, lease: Lease) -> None:
        """Give a lease back: its events may be lent again at once."""
        ...

    def settle(self, epoch: str, stream: str, ranges: Sequence[Range]) -> int:
        """Note what the ledger has settled."""
        ...

    def reject(self, epoch: str, stream: str, rejections: Sequence[Rejection]) -> int:
        """Keep refused events in the local dead letters; they are settled."""
        ...

    def last_sequence(self, stream: Stream) -> int:
        """The last sequence assigned in the current epoch, 0 for none."""
        ...


@dataclass(frozen=True, slots=True)
class _Sent:
    lease: Lease
    receipt: Receipt


class Courier:
    """Drives the batches of one connection. Owned by the session's thread."""

    def __init__(
        self,
        device: DevicePath,
        outbox: Creditor,
        connection: Connection,
        *,
        limits: Limits,
        window: int,
        metrics: SyncMetrics,
    ) -> None:
        """Begin with nothing on its way; what the outbox holds now is history."""
        self._device = device
        self._outbox = outbox
        self._connection = connection
        self._limits = limits
        self._metrics = metrics
        self._ledger_silent = False
        self._codec = Codec()
        self._in_flight = InFlight(window)
        self._egress = Egress(outbox, self._in_flight, limits, outbox.last_sequence)
        self._sent: dict[Place, _Sent] = {}

    def send(self, now_s: float) -> bool:
        """Send one batch; False when there is nothing to send or the window is full."""
        if self._in_flight.full:
            return False
        lease = self._egress.next(now_s)
        if lease is None:
            return False
        try:
            payload = self._codec.encode(lease.epoch, lease.stream, lease.first, lease.events)
        except TooLarge:
            self._halve(lease)
            return True
        self._depart(lease, payload, now_s)
        return True

    def resend_expired(self, now_s: float) -> None:
        """Give back what was not settled in time; it is lent again with the next batches."""
        late = self._in_flight.expire(now_s)
        sent = [gone for flight in late if (gone := self._sent.pop(flight.place, None))]
        self._look_for_silence(sum(one.receipt.confirmed() for one in sent))
        for one in sent:
            self._outbox.release(one.lease)
            self._metrics.expired()

    def settle(self, ack: Ack) -> None:
        """The ledger answered."""
        book(self._outbox, ack)
        self._land(ack.epoch, ack.stream, ack.settled)
        for refusal in ack.refused:
            sent = self._sent.pop((ack.epoch, Stream(ack.stream), refusal.first), None)
            if sent is not None:
                self._halve(sent.lease)
        self._metrics.acknowledged(ack)
        self._ledger_silent = False

    def welcomed_again(self, epochs: Iterable[EpochSettled]) -> None:
        """The cloud said once more what it has settled; the outbox knows it already."""
        for held in epochs:
            for stream, ranges in held.streams.items():
                self._land(held.epoch, stream, ranges)

    def patience_s(self, now_s: float) -> float | None:
        """How long nothing is to be done unless something happens; None for as long as you like."""
        moments = [self._in_flight.next_deadline_s()]
        if not self._in_flight.full:
            moments.append(self._egress.due_s())
        due = [moment for moment in moments if moment is not None]
        return max(0.0, min(due) - now_s) if due else None

    def give_back(self) -> None:
        """Return every lease: the connection or the epoch is over."""
        for one in self._sent.values():
            self._outbox.release(one.lease)
        self._sent.clear()
        self._in_flight.clear()

    def _look_for_silence(self, confirmed: int) -> None:
        """Batches that the broker says it has and the ledger says nothing of: somebody must look.

        The broker forgets, its rules drop what we say, or nobody reads.
        """
        if not confirmed:
            return
        self._metrics.silent()
        if not self._ledger_silent:
            self._ledger_silent = True
            _LOG.warning("ledger_silent", batches=confirmed, next_step="look at the cloud's ingest")

    def _depart(self, lease: Lease, payload: bytes, now_s: float) -> None:
        deadline_s = now_s + self._limits.resend_after_s
        flight = Flight(lease.epoch, lease.stream, lease.first, lease.last, deadline_s)
        receipt = self._published(lease, payload)
        self._in_flight.depart(flight)
        self._sent[flight.place] = _Sent(lease, receipt)
        self._metrics.sent(lease.stream, len(lease.events), len(payload))

    def _published(self, lease: Lease, payload: bytes) -> Receipt:
        try:
            return self._connection.publish(Message(up(self._device, lease.stream), payload))
        except BaseException:
            self._outbox.release(lease)
            raise

    def _land(self, epoch: str, stream: str, ranges: Iterable[Range]) -> None:
        for place in self._in_flight.settle(epoch, stream, ranges):
            self._sent.pop(place, None)

    def _halve(self, lease: Lease) -> None:
        self._outbox.release(lease)
        self._in_flight.refuse(lease.epoch, lease.stream, lease.first, len(lease.events))


def book(outbox: Creditor, ack: Ack) -> None:
    """Note an answer in the outbox: also one to a batch that an earlier connection sent."""
    if ack.rejected:
        outbox.reject(ack.epoch, ack.stream, ack.rejected)
    if ack.settled:
        outbox.settle(ack.epoch, ack.stream, ack.settled)
