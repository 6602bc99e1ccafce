"""One life of a connection: birth, welcome, then send and settle until it is lost.

Nothing is sent before the cloud has answered the birth: only then do we know whether the ledger is
ahead of us (a restored disk, a cloned box) and a fresh epoch must begin, or behind us (the cloud
was restored) and settled events must go again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.errors import BrokerUnavailable
from agent.outbox import Lease
from agent.sync.egress import Egress, Lender, Limits
from agent.sync.in_flight import Flight, InFlight
from agent.sync.ingress import Ingress
from agent.sync.metrics import SyncMetrics
from agent.sync.transport import Connection, Message
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.ack import Ack, EpochSettled, Rejection, Welcome
from models.wire.codec import Codec
from models.wire.errors import TooLarge
from models.wire.ids import DevicePath, Epoch
from models.wire.ranges import Range
from models.wire.topics import Stream, up

_LOG = get_logger(__name__)


class Ledgerwise(Lender, Protocol):
    """The side of the outbox that the session drives."""

    @property
    def epoch(self) -> Epoch:
        """The epoch in which sequences are assigned now."""
        ...

    def release(self, lease: Lease) -> None:
        """Give a lease back: its events may be lent again at once."""
        ...

    def settle(self, epoch: str, stream: str, ranges: Sequence[Range]) -> int:
        """Note what the ledger has settled."""
        ...

    def reject(self, epoch: str, stream: str, rejections: Sequence[Rejection]) -> int:
        """Keep refused events in the local dead letters; they are settled."""
        ...

    def adopt(self, ledger: str, settled: Sequence[EpochSettled]) -> bool:
        """Take over a welcome; True when the ledger is ahead of this outbox."""
        ...

    def rehome(self, reason: str) -> Epoch:
        """Continue under a fresh epoch; unsettled events move with their content."""
        ...

    def last_sequence(self, stream: Stream) -> int:
        """The last sequence assigned in the current epoch, 0 for none."""
        ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Waits of a session, in seconds."""

    welcome_timeout_s: float = 5.0
    idle_s: float = 1.0


class Mailbox:
    """What other threads leave for the session: messages, and reasons to wake up."""

    def __init__(self) -> None:
        self._messages: deque[tuple[str, bytes]] = deque()
        self._woken = threading.Event()
        self.lost_because: str | None = None

    def arrived(self, topic: str, payload: bytes) -> None:
        """From the transport's thread: keep it for the session."""
        self._messages.append((topic, payload))
        self._woken.set()

    def lost(self, reason: str) -> None:
        """From the transport's thread: the connection is gone."""
        self.lost_because = reason
        self._woken.set()

    def wake(self) -> None:
        """From any thread: there may be something to send."""
        self._woken.set()

    def wait(self, clock: Clock, timeout_s: float) -> None:
        """Sleep until woken or timed out."""
        clock.wait(self._woken, timeout_s)
        self._woken.clear()

    def drain(self) -> list[tuple[str, bytes]]:
        """Everything that arrived, in order."""
        messages = []
        while self._messages:
            messages.append(self._messages.popleft())
        return messages


class Session:
    """Drives one connection. ``run`` returns when it is lost or ``stop`` is set."""

    def __init__(
        self,
        *,
        device: DevicePath,
        outbox: Ledgerwise,
        ingress: Ingress,
        mailbox: Mailbox,
        birth: str,
        announce: Callable[[str], list[Message]],
        limits: Limits,
        timing: Timing,
        window: int,
        clock: Clock,
        metrics: SyncMetrics,
    ) -> None:
        """``announce`` makes the messages to say first, under the connection's birth id."""
        self._device = device
        self._outbox = outbox
        self._ingress = ingress
        self._mailbox = mailbox
        self._announce = announce
        self._limits = limits
        self._timing = timing
        self._clock = clock
        self._metrics = metrics
        self._codec = Codec()
        self._in_flight = InFlight(window)
        self._leases: dict[tuple[str, Stream, int], Lease] = {}
        self._egress: Egress | None = None
        self._birth = birth
        self._birth_due_s = 0.0
        self._ledger_silent = False
        self.was_welcomed = False

    @property
    def welcomed(self) -> bool:
        """Whether the cloud has answered and events may flow."""
        return self._egress is not None

    def run(self, connection: Connection, stop: threading.Event) -> str:
        """Send and settle until the connection is lost; returns why it ended."""
        try:
            while not stop.is_set() and self._mailbox.lost_because is None:
                self._turn(connection)
        except BrokerUnavailable as error:
            return str(error)
        finally:
            self._give_back_leases()
        return self._mailbox.lost_because or "stopped"

    def _turn(self, connection: Connection) -> None:
        for topic, payload in self._mailbox.drain():
            self._receive(topic, payload)
        now_s = self._clock.monotonic_s()
        if self._egress is None:
            self._say_birth(connection, now_s)
        else:
            self._resend_expired(connection, now_s)
            if self._send(connection, self._egress, now_s):
                return
        self._mailbox.wait(self._clock, self._patience_s(now_s))

    def _say_birth(self, connection: Connection, now_s: float) -> None:
        if now_s < self._birth_due_s:
            return
        for message in self._announce(self._birth):
            connection.publish(message)
        self._birth_due_s = now_s + self._timing.welcome_timeout_s

    def _receive(self, topic: str, payload: bytes) -> None:
        answer = self._ingress.route(topic, payload)
        if isinstance(answer, Welcome):
            self._be_welcomed(answer)
        elif isinstance(answer, Ack):
            self._settle(answer)

    def _be_welcomed(self, welcome: Welcome) -> None:
        if welcome.birth != self._birth:
            return
        if self._outbox.adopt(welcome.ledger, welcome.epochs):
            self._rehome("the ledger is ahead of this outbox: a restored or cloned disk")
            return
        if self._egress is None:
            self._egress = Egress(
                self._outbox, self._in_flight, self._limits, self._outbox.last_sequence
            )
        for held in welcome.epochs:
            for stream, ranges in held.streams.items():
                self._in_flight.settle(held.epoch, stream, ranges)
        self.was_welcomed = True
        self._metrics.welcomed()

    def _rehome(self, reason: str) -> None:
        self._forget_flights()
        epoch = self._outbox.rehome(reason)
        self._metrics.rehomed()
        _LOG.warning("rehomed", epoch=epoch, reason=reason)
        self._egress, self._birth_due_s = None, 0.0  # be born again, under the new epoch

    def _settle(self, ack: Ack) -> None:
        if ack.rejected:
            self._outbox.reject(ack.epoch, ack.stream, ack.rejected)
        self._outbox.settle(ack.epoch, ack.stream, ack.settled)
        self._in_flight.settle(ack.epoch, ack.stream, ack.settled)
        self._metrics.acknowledged(ack)
        self._ledger_silent = False
        for refusal in ack.refused:
            self._bisect(ack, refusal.first, refusal.count)
        self._leases = {
            key: lease for key, lease in self._leases.items() if not self._landed(lease)
        }
        if ack.rehome is not None and ack.epoch == self._outbox.epoch:
            self._rehome(ack.rehome)

    def _bisect(self, ack: Ack, first: int, count: int) -> None:
        stream = Stream(ack.stream)
        lease = self._leases.pop((ack.epoch, stream, first), None)
        if lease is not None:
            self._outbox.release(lease)
            self._in_flight.refuse(stream, first, count)

    def _landed(self, lease: Lease) -> bool:
        return not self._in_flight.holds(lease.epoch, lease.stream, lease.first)

    def _resend_expired(self, connection: Connection, now_s: float) -> None:
        late = self._in_flight.expire(now_s)
        if late and not connection.unconfirmed() and not self._ledger_silent:
            # The broker says it has everything and the ledger says nothing: somebody must look.
            self._ledger_silent = True
            _LOG.warning("ledger_silent", batches=len(late), next_step="look at the cloud's ingest")
        for flight in late:
            lease = self._leases.pop((flight.epoch, flight.stream, flight.first), None)
            if lease is not None:
                self._outbox.release(lease)
            self._metrics.expired()

    def _send(self, connection: Connection, egress: Egress, now_s: float) -> bool:
        """Send one batch; False when there is nothing to send or the window is full."""
        if self._in_flight.full:
            return False
        lease = egress.next(now_s)
        if lease is None:
            return False
        try:
            payload = self._codec.encode(lease.epoch, lease.stream, lease.first, lease.events)
        except TooLarge:
            self._outbox.release(lease)
            self._in_flight.refuse(lease.stream, lease.first, len(lease.events))
            return True
        self._depart(lease, now_s)
        connection.publish(Message(up(self._device, lease.stream), payload))
        self._metrics.sent(lease.stream, len(lease.events), len(payload))
        return True

    def _depart(self, lease: Lease, now_s: float) -> None:
        last = lease.first + len(lease.events) - 1
        deadline_s = now_s + self._limits.resend_after_s
        self._in_flight.depart(Flight(lease.epoch, lease.stream, lease.first, last, deadline_s))
        self._leases[(lease.epoch, lease.stream, lease.first)] = lease

    def _patience_s(self, now_s: float) -> float:
        due_s = self._in_flight.next_deadline_s() if self._egress else self._birth_due_s
        wait_s = self._timing.idle_s if due_s is None else due_s - now_s
        return min(self._timing.idle_s, max(0.0, wait_s))

    def _give_back_leases(self) -> None:
        self._forget_flights()
        self._egress = None

    def _forget_flights(self) -> None:
        for lease in self._leases.values():
            self._outbox.release(lease)
        self._leases.clear()
        self._in_flight.clear()
