"""What the sync counts. The session tells facts; how they are published is decided here alone."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from agent.metrics import Counted, Measured
from agent.sync.standing import LineStanding
from models.wire.ack import Ack
from models.wire.topics import Stream


class SyncMetrics:
    """Counters of one agent's link."""

    def __init__(self, registry: CollectorRegistry, standing: LineStanding | None = None) -> None:
        """``standing`` is told what decides how the line stands."""
        self._standing = standing
        sent_events = Counted.EVENTS_SENT.make(registry)
        self._sent_events = {stream: sent_events.labels(stream) for stream in Stream}
        self._sent_bytes = Counted.BYTES_SENT.make(registry)
        self._acknowledged = Counted.ACKNOWLEDGEMENTS.make(registry)
        self._rejected = Counted.EVENTS_REJECTED.make(registry)
        self._expired = Counted.BATCHES_EXPIRED.make(registry)
        self._rehomed = Counted.EPOCHS_STARTED.make(registry)
        self._rivals = Counted.RIVAL_SIGNS.make(registry)
        self._held_back = Measured.EVENTS_HELD_BACK.make(registry)
        self._undecodable = Counted.MESSAGES_UNDECODABLE.make(registry)
        self._connected = Measured.CONNECTED.make(registry)

    def sent(self, stream: Stream, events: int, payload_bytes: int) -> None:
        """A batch was handed to the broker."""
        self._sent_events[stream].inc(events)
        self._sent_bytes.inc(payload_bytes)

    def acknowledged(self, ack: Ack) -> None:
        """The ledger answered."""
        self._acknowledged.inc()
        self._rejected.inc(len(ack.rejected))
        if self._standing:
            self._standing.acknowledged(settled=bool(ack.settled))

    def expired(self) -> None:
        """A batch was not settled in time."""
        self._expired.inc()

    def rehomed(self) -> None:
        """A fresh epoch began."""
        self._rehomed.inc()

    def undecodable(self) -> None:
        """A message from the cloud does not decode."""
        self._undecodable.inc()

    def welcomed(self) -> None:
        """The cloud answers us."""
        self._connected.set(1)
        if self._standing:
            self._standing.welcomed()

    def lost(self) -> None:
        """The cloud does not hear us."""
        self._connected.set(0)

    def silent(self) -> None:
        """The broker confirmed what the ledger did not settle in time."""
        if self._standing:
            self._standing.silent()

    def rival(self) -> None:
        """Another box is on the line under our name."""
        self._rivals.inc()
        if self._standing:
            self._standing.rival()

    def held_back(self, events: int) -> None:
        """So many events are too large for the present broker, each by itself."""
        self._held_back.set(events)
        if self._standing:
            self._standing.held_back(events)

    def faulty(self, reason: str) -> None:
        """The line has stopped for a reason that does not pass by itself."""
        if self._standing:
            self._standing.faulty(reason)

    def login_refused(self) -> None:
        """The broker does not let us in."""
        if self._standing:
            self._standing.refused()
