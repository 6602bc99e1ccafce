"""The loop from the broker to the ledger and back: receive, read, commit, acknowledge, in groups.

Whatever cannot be stored is not acknowledged, so a shop keeps it and sends it again. While the
database is away the loop waits and the queue fills; then the broker's session does. A message that
makes this program fail is tried alone and set aside, so it never holds up its neighbours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloud.errors import BrokerUnavailable, InvalidInput
from cloud.ingest.authorise import Devices, Gate
from cloud.ingest.committing import Committer
from cloud.ingest.documents import Answer, CardsHead, Desk, Document
from cloud.ingest.edge import Mishap, Patience
from cloud.ingest.guard import RefusalGuard
from cloud.ingest.intake import Intake, Received
from cloud.ingest.source import Source
from cloud.ingest.tally import Tally
from cloud.ledger.arrival import Arrival
from cloud.ledger.detail import unquoted
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Readable, Reading
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.errors import WireError
from models.wire.ids import PARTS
from models.wire.topics import Up, UpTopic, worker_filters

log = get_logger(__name__)

_IDLE_S: Final = 0.05
"""How often an idle loop looks whether it shall stop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How events are grouped.

    Attributes:
        group_events: events committed together, as soon as that many are there.
        group_s: how long a group waits for more, counted from its first message.
        queue_messages: messages held in memory, each of up to 512 KiB.
        parts: the parts of all stores that this worker serves.
    """

    group_events: int = 1000
    group_s: float = 0.005
    queue_messages: int = 64
    parts: Sequence[int] = tuple(range(PARTS))


@dataclass(slots=True)
class _Group:
    readings: list[Reading] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    events: int = 0


class Ingest:
    """One worker. Several may serve the same parts; what both receive is a duplicate for one."""

    def __init__(
        self,
        source: Source,
        journal: Journal,
        devices: Devices,
        *,
        cards_head: CardsHead,
        clock: Clock,
        random: Callable[[], float],
        limits: Limits | None = None,
        guard: RefusalGuard | None = None,
    ) -> None:
        self.tally = Tally()
        self._source = source
        self._clock = clock
        self._random = random
        self._limits = limits or Limits()
        self._intake = Intake(clock, self._limits.queue_messages)
        self._gate = Gate(devices, self.tally)
        self._desk = Desk(journal, devices, cards_head)
        self._committer = Committer(journal, self._send, guard or RefusalGuard(), self.tally)

    def after_commit(self, listener: Callable[[int], None]) -> None:
        """Call this with the ledger's head after every commit that added to it.

        It is called on ingest's thread before the acknowledgements leave; it must neither block
        nor raise.
        """
        self._committer.listeners.append(listener)

    def run(self, stop: threading.Event) -> None:
        """Ingest in the calling thread until ``stop`` is set. Can be called once.

        Raises:
            FaultyService: the broker refuses us, the database or the keyring cannot be used, or
                too much is refused. Nothing was acknowledged that is not stored.
        """
        patience = Patience(self._clock, self._random, stop, self.tally)
        self._source.start(worker_filters(self._limits.parts), self._intake)
        try:
            while not stop.is_set():
                self._process(self._collect(patience), patience)
        finally:
            self._intake.close()
            self._source.close()

    def _collect(self, patience: Patience) -> _Group:
        group = _Group()
        received = self._intake.take(_IDLE_S)
        deadline_s = self._clock.monotonic_s() + self._limits.group_s
        while received is not None:
            self._sort(received, group, patience)
            if group.events >= self._limits.group_events:
                break
            received = self._intake.take(deadline_s - self._clock.monotonic_s())
        return group

    def _sort(self, received: Received, group: _Group, patience: Patience) -> None:
        self.tally.messages += 1
        topic = patience(lambda: self._gate.admit(received.message.topic))
        payload = received.message.payload
        if isinstance(topic, Mishap):
            self.tally.mishaps += 1
            log.error("message_dropped", error=topic.name, why="the registry failed; report this")
        if not isinstance(topic, UpTopic):
            return
        if not isinstance(topic.branch, Up):
            arrival = Arrival(topic.device, topic.branch, payload, received.at)
            reading = self._committer.read(arrival)
            group.readings.append(reading)
            group.events += len(reading.events) if isinstance(reading, Readable) else 1
        elif payload:  # an empty document only clears what the broker has retained
            group.documents.append(Document(topic.device, topic.branch, payload, received.at))

    def _process(self, group: _Group, patience: Patience) -> None:
        if group.readings:
            self._committer.commit(group.readings, patience)
        for document in group.documents:
            self._answer(document, patience)

    def _answer(self, document: Document, patience: Patience) -> None:
        self.tally.documents += 1
        try:
            answer = patience(lambda: self._desk.take(document))
        except (WireError, InvalidInput) as error:
            self._unusable(document, unquoted(error))
            return
        if isinstance(answer, Mishap):
            self.tally.mishaps += 1
            self._unusable(document, answer.name)
        elif answer is not None:
            self._send(answer)

    def _unusable(self, document: Document, why: str) -> None:
        self.tally.bad_documents += 1
        where = document.device.prefix
        log.warning("document_unusable", device=where, branch=document.branch.value, why=why)

    def _send(self, answer: Answer) -> None:
        try:
            self._source.publish(answer.topic, answer.payload)
        except BrokerUnavailable:
            # A shop sends again by its own timer, and births are retained: both are answered then.
            self.tally.unanswered += 1
