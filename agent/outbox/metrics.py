"""What the outbox counts of its budgets. Facts come in; how they are published is decided here."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from agent.metrics import Counted, Measured
from models.wire.topics import Stream


class OutboxMetrics:
    """Gauges and counters of one outbox."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._used = Measured.BYTES_USED.make(registry)
        self._limit = Measured.BYTES_LIMIT.make(registry)
        self._disk_free = Measured.DISK_FREE.make(registry)
        self._refused = Counted.APPENDS_REFUSED.make(registry)
        self._gave_way = Counted.EVENTS_GAVE_WAY.make(registry)
        self._returned = Counted.BYTES_RETURNED.make(registry)

    def measured(self, budget: str, used_bytes: int, limit_bytes: int) -> None:
        """A budget was looked at."""
        self._used.labels(budget).set(used_bytes)
        self._limit.labels(budget).set(limit_bytes)

    def disk_has(self, free_bytes: int) -> None:
        """The disk was looked at."""
        self._disk_free.set(free_bytes)

    def refused(self, stream: Stream) -> None:
        """An append did not fit."""
        self._refused.labels(stream).inc()

    def gave_way(self, how: str, events: int) -> None:
        """Events went before their time."""
        self._gave_way.labels(how).inc(events)

    def returned(self, freed_bytes: int) -> None:
        """The file has become smaller."""
        self._returned.inc(freed_bytes)
