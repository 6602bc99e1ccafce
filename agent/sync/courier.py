"""Carries batches: lends them from the outbox, sends them, and settles what the ledger answers.

One courier serves one connection under one epoch. What the broker confirmed and the ledger did not
settle in time it gives back to the outbox, which lends it again: a broker that confirms and forgets
costs a repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from agent.outbox import Lease
from agent.sync.confirming import Confirming
from agent.sync.egress import Egress, Lender, Limits
from agent.sync.held_back import HeldBack
from agent.sync.in_flight import Flight, InFlight, Place
from agent.sync.metrics import SyncMetrics
from agent.sync.transport import Connection, Message
from models.runtime.logs import get_logger
from models.wire.ack import Ack, EpochSettled, Rejection
from models.wire.codec import Codec
from models.wire.errors import TooLarge
from models.wire.ids import DevicePath
from models.wire.ranges import Range
from models.wire.topics import Stream, up

_LOG = get_logger(__name__)

_ROOM_S: Final = 0.02
"""How often a courier whose bytes must wait looks for PUBACKs: with a window of 256 KiB this would
hold back nobody below 12 MB/s, 150,000 sales."""


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
class _Parcel:
    """A lease, packed."""

    lease: Lease
    payload: bytes


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
        self._topics = {stream: up(device, stream) for stream in Stream}
        self._outbox = outbox
        self._connection = connection
        self._limits = limits
        self._metrics = metrics
        self._ledger_silent = False
        self._codec = Codec()
        self._in_flight = InFlight(window, limits.window_bytes)
        self._confirming = Confirming(self._in_flight, limits)
        self._egress = Egress(outbox, self._in_flight, limits, outbox.last_sequence)
        self._held_back = HeldBack(metrics)
        self._leases: dict[Place, Lease] = {}
        self._next: _Parcel | None = None

    def send(self, now_s: float) -> bool:
        """Send one batch; False when there is nothing to send or the window is full."""
        if self._in_flight.full:
            return False
        parcel = self._next or self._pack(now_s)
        self._next = parcel
        if parcel is None or not self._in_flight.has_room_for(len(parcel.payload)):
            return False
        self._depart(parcel)
        return True

    def tend(self, now_s: float) -> None:
        """Note what the broker confirmed, and give back what the ledger did not settle in time.

        What is given back is lent again with the next batches.

        Raises:
            BrokerUnavailable: the broker confirms nothing.
        """
        self._confirming.look(now_s)
        late = self._in_flight.expire(now_s)
        for flight in late:
            self._outbox.release(self._leases.pop(flight.place))
            self._metrics.expired()
        self._look_for_silence(len(late))

    def settle(self, ack: Ack) -> None:
        """The ledger answered."""
        self._book(ack)
        self._land(ack.epoch, ack.stream, ack.settled)
        for refusal in ack.refused:
            lease = self._leases.pop((ack.epoch, Stream(ack.stream), refusal.first), None)
            if lease is not None:
                self._halve(lease)
        self._metrics.acknowledged(ack)
        self._ledger_silent = False

    def welcomed_again(self, epochs: Iterable[EpochSettled]) -> None:
        """The cloud said once more what it has settled; the outbox knows it already."""
        for held in epochs:
            for stream, ranges in held.streams.items():
                self._land(held.epoch, stream, ranges)

    def patience_s(self, now_s: float) -> float | None:
        """How long nothing is to be done unless something happens; None for as long as you like."""
        moments = [self._in_flight.next_deadline_s(), self._confirming.due_s()]
        if self._next is not None:
            moments.append(now_s + _ROOM_S)
        elif not self._in_flight.full:
            moments.append(self._egress.due_s())
        due = [moment for moment in moments if moment is not None]
        return max(0.0, min(due) - now_s) if due else None

    def give_back(self) -> None:
        """Return every lease: the connection or the epoch is over."""
        for lease in (*self._leases.values(), *self._held_back.clear()):
            self._outbox.release(lease)
        self._leases.clear()
        self._in_flight.clear()
        if self._next is not None:
            self._outbox.release(self._next.lease)
            self._next = None

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

    def _pack(self, now_s: float) -> _Parcel | None:
        """The next batch, ready to go; halves what proves to be too large for one."""
        while (lease := self._egress.next(now_s)) is not None:
            try:
                payload = self._encoded(lease)
            except BaseException:
                self._outbox.release(lease)
                raise
            if payload is not None:
                lease.forget()
                return _Parcel(lease, payload)
            if len(lease) > 1:
                self._halve(lease)
            else:
                self._held_back.add(lease)
        self._held_back.tell()
        return None

    def _encoded(self, lease: Lease) -> bytes | None:
        """What goes on the wire; None where the wire or this broker takes fewer bytes."""
        try:
            payload = self._codec.encode(lease.epoch, lease.stream, lease.first, lease.events)
        except TooLarge:
            return None
        room = self._connection.largest_payload(self._topics[lease.stream])
        return payload if len(payload) <= room else None

    def _depart(self, parcel: _Parcel) -> None:
        """Publish; a parcel that the connection does not take any more stays the next one."""
        lease, payload = parcel.lease, parcel.payload
        receipt = self._connection.publish(Message(self._topics[lease.stream], payload))
        self._next = None
        flight = Flight(lease.epoch, lease.stream, lease.first, lease.last, len(payload))
        self._in_flight.depart(flight)
        self._leases[flight.place] = lease
        self._confirming.expect(flight.place, receipt)
        self._metrics.sent(lease.stream, len(lease), len(payload))

    def _book(self, ack: Ack) -> None:
        """Note an answer in the outbox: also one to a batch that an earlier connection sent."""
        if ack.rejected:
            self._outbox.reject(ack.epoch, ack.stream, ack.rejected)
        if ack.settled:
            self._outbox.settle(ack.epoch, ack.stream, ack.settled)

    def _land(self, epoch: str, stream: str, ranges: Iterable[Range]) -> None:
        for place in self._in_flight.settle(epoch, stream, ranges):
            self._leases.pop(place, None)

    def _halve(self, lease: Lease) -> None:
        self._outbox.release(lease)
        self._in_flight.refuse(lease.epoch, lease.stream, lease.first, len(lease))
