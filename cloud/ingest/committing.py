"""Commits groups of readings and answers for them; sets aside what makes this program fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from cloud.errors import FaultyService
from cloud.ingest.documents import Answer
from cloud.ingest.edge import Mishap, Patience, attempt
from cloud.ingest.guard import RefusalGuard
from cloud.ingest.tally import Tally
from cloud.ledger.arrival import Appended, Arrival
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Reading, Unreadable, distrust, read_arrival
from models.runtime.logs import get_logger
from models.wire.topics import Down, down

log = get_logger(__name__)


class Committer:
    """Reads, commits, then tells the listeners, then answers; in this order, always."""

    def __init__(
        self,
        journal: Journal,
        send: Callable[[Answer], None],
        guard: RefusalGuard,
        tally: Tally,
    ) -> None:
        self._journal = journal
        self._send = send
        self._guard = guard
        self._tally = tally
        self.listeners: list[Callable[[int], None]] = []

    def read(self, arrival: Arrival) -> Reading:
        """Read a payload; one that makes the reading fail is distrusted as a whole."""
        reading = attempt(lambda: read_arrival(arrival))
        return self._set_aside(arrival, reading) if isinstance(reading, Mishap) else reading

    def commit(self, readings: Sequence[Reading], patience: Patience) -> None:
        """Store a group and answer it; returns without an answer when ingest shall stop.

        Raises:
            FaultyService: nothing of this group was stored, or too much is being refused.
        """
        appended = patience(lambda: self._journal.commit(readings))
        if isinstance(appended, Appended):
            self._committed(appended)
        elif isinstance(appended, Mishap):
            self._isolate(readings, appended, patience)

    def _isolate(self, readings: Sequence[Reading], mishap: Mishap, patience: Patience) -> None:
        """Try each message alone; of the one that fails alone, only the header counts."""
        if len(readings) > 1:
            for reading in readings:
                self.commit([reading], patience)
            return
        aside = self._set_aside(readings[0].arrival, mishap)
        appended = patience(lambda: self._journal.commit([aside]))
        if isinstance(appended, Mishap):
            raise FaultyService(
                f"a message on {aside.arrival.topic} can be neither stored nor set aside "
                f"({appended.name}); ingest stops. Report this as a bug"
            ) from appended.error
        if appended is not None:
            self._committed(appended)

    def _set_aside(self, arrival: Arrival, mishap: Mishap) -> Reading:
        self._tally.mishaps += 1
        size = len(arrival.payload)
        log.error("message_set_aside", topic=arrival.topic, error=mishap.name, bytes=size)
        detail = f"it made ingest fail with {mishap.name}; report this as a bug"
        aside = attempt(lambda: distrust(arrival, detail))
        return Unreadable(arrival, detail) if isinstance(aside, Mishap) else aside

    def _committed(self, appended: Appended) -> None:
        self._tally.add(appended)
        if appended.accepted or appended.conflicts:
            for listener in self.listeners:
                listener(appended.head)
        for one in appended.acknowledgements:
            self._send(Answer(down(one.device, Down.ACK), msgspec.json.encode(one.ack)))
        self._guard.note(appended.events + appended.unreadable, appended.buried)
