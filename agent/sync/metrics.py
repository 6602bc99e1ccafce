"""What the sync counts. The session tells facts; how they are published is decided here alone."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from models.wire.ack import Ack
from models.wire.topics import Stream


class SyncMetrics:
    """Counters of one agent's link."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sent_events = Counter(
            "lianke_sync_events_sent", "Events handed to the broker.", ["stream"], registry=registry
        )
        self._sent_bytes = Counter(
            "lianke_sync_bytes_sent", "Payload bytes handed to the broker.", registry=registry
        )
        self._acknowledged = Counter(
            "lianke_sync_acknowledgements", "Ledger acknowledgements.", registry=registry
        )
        self._rejected = Counter(
            "lianke_sync_events_rejected", "Events the ledger refused for good.", registry=registry
        )
        self._expired = Counter(
            "lianke_sync_batches_expired",
            "Batches the ledger did not settle in time; they are sent again.",
            registry=registry,
        )
        self._rehomed = Counter(
            "lianke_sync_epochs_started", "Fresh epochs after a conflict.", registry=registry
        )
        self._undecodable = Counter(
            "lianke_sync_messages_undecodable",
            "Messages from the cloud that do not decode.",
            registry=registry,
        )
        self._connected = Gauge(
            "lianke_sync_connected", "1 while the cloud answers us.", registry=registry
        )

    def sent(self, stream: Stream, events: int, payload_bytes: int) -> None:
        """A batch was handed to the broker."""
        self._sent_events.labels(stream).inc(events)
        self._sent_bytes.inc(payload_bytes)

    def acknowledged(self, ack: Ack) -> None:
        """The ledger answered."""
        self._acknowledged.inc()
        self._rejected.inc(len(ack.rejected))

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

    def lost(self) -> None:
        """The cloud does not hear us."""
        self._connected.set(0)
