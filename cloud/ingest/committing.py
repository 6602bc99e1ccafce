"""Commits groups of readings and answers for them; tries alone what makes this program fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from cloud.errors import FaultyService
from cloud.ingest.documents import Answer
from cloud.ingest.edge import Mishap, Patience
from cloud.ingest.guard import RefusalGuard, weigh
from cloud.ingest.setting_aside import set_aside
from cloud.ingest.tally import Tally
from cloud.ingest.withholding import Withholding, sift
from cloud.ledger.arrival import Appended
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Reading
from models.wire.topics import Down, down


class Committer:
    """Commits, then tells the listeners, then answers; in this order, always."""

    def __init__(
        self,
        journal: Journal,
        send: Callable[[Answer], None],
        guard: RefusalGuard,
        withholding: Withholding,
        tally: Tally,
    ) -> None:
        self._journal = journal
        self._send = send
        self._guard = guard
        self._withholding = withholding
        self._tally = tally
        self.listeners: list[Callable[[int], None]] = []

    def commit(self, readings: Sequence[Reading], patience: Patience) -> None:
        """Store a group and answer it; returns without an answer when ingest shall stop.

        Raises:
            FaultyService: nothing of this group was stored.
        """
        wanted = self._wanted(readings)
        if len(wanted) > 1 and self._guard.nears(wanted):
            self._each_alone(wanted, patience)
        elif wanted:
            self._store(wanted, patience)

    def _wanted(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Without what would be refused, while refusals are withheld."""
        if not self._withholding.devices:
            return readings
        wanted, withheld = sift(readings, self._withholding.covers)
        self._tally.withheld += withheld
        return wanted

    def _each_alone(self, readings: Sequence[Reading], patience: Patience) -> None:
        for reading in readings:
            self.commit([reading], patience)

    def _store(self, readings: Sequence[Reading], patience: Patience) -> None:
        appended = patience(lambda: self._journal.commit(readings))
        if isinstance(appended, Appended):
            self._committed(readings, appended, patience)
        elif isinstance(appended, Mishap):
            self._isolate(readings, appended, patience)

    def _isolate(self, readings: Sequence[Reading], mishap: Mishap, patience: Patience) -> None:
        """Try each message alone; of the one that fails alone, only the header counts."""
        if len(readings) > 1:
            self._each_alone(readings, patience)
            return
        aside = self._wanted([set_aside(readings[0].arrival, mishap, self._tally)])
        if not aside:
            return
        appended = patience(lambda: self._journal.commit(aside))
        if isinstance(appended, Mishap):
            raise FaultyService(
                f"a message on {readings[0].arrival.topic} can be neither stored nor set aside "
                f"({appended.name}); ingest stops. Report this as a bug"
            ) from appended.error
        if appended is not None:
            self._committed(aside, appended, patience)

    def _committed(
        self, readings: Sequence[Reading], appended: Appended, patience: Patience
    ) -> None:
        self._tally.add(appended)
        if appended.accepted or appended.conflicts:
            for listener in self.listeners:
                listener(appended.head)
        for one in appended.acknowledgements:
            self._send(Answer(down(one.device, Down.ACK), msgspec.json.encode(one.ack)))
        self._watch(readings, appended, patience)

    def _watch(self, readings: Sequence[Reading], appended: Appended, patience: Patience) -> None:
        """Withhold the refusals of devices of which too much is refused."""
        for device, events, refused in weigh(readings, appended):
            seen = self._guard.note(device, events, refused)
            if seen is not None:
                self._withholding.begin(seen)
                patience(self._withholding.refresh)
