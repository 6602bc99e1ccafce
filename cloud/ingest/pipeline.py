"""From the broker to the ledger and back: receive, read, commit, acknowledge, in groups.

Three threads share the work: one reads and checks what comes (while there is a backlog, by a
process beside this one), one commits and answers, and one prepares large groups on their way.

Whatever cannot be stored is not acknowledged, so a shop keeps it and sends it again. While the
database is away the loop waits and the queue fills; then the broker's session does. A message that
makes this program fail is tried alone and set aside, so it never holds up its neighbours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.errors import BrokerUnavailable, InvalidInput
from cloud.ingest.authorise import Devices, Gate
from cloud.ingest.committing import Committer
from cloud.ingest.documents import Answer, CardsHead, Desk, Document, OperatorKey
from cloud.ingest.edge import Mishap, Patience
from cloud.ingest.fence import Fence
from cloud.ingest.guard import RefusalGuard
from cloud.ingest.handover import Group, Handover
from cloud.ingest.intake import Intake, Received
from cloud.ingest.interpreter import suit_ingest
from cloud.ingest.preparing import Preparer
from cloud.ingest.reading_process import ReadingProcess
from cloud.ingest.setting_aside import read
from cloud.ingest.source import Source
from cloud.ingest.tally import Tally
from cloud.ingest.withholding import Withholding
from cloud.ledger.arrival import Arrival
from cloud.ledger.detail import unquoted
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Reading
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.errors import WireError
from models.wire.ids import PARTS
from models.wire.topics import Up, UpTopic, worker_filters

log = get_logger(__name__)

_IDLE_S: Final = 0.05
"""How often an idle thread looks whether it shall stop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How events are grouped.

    Attributes:
        group_events: events committed together, as soon as that many are there.
        group_s: how long a group waits for more, counted from its first message.
        queue_messages: messages held in memory, each of up to 512 KiB.
        parts: the parts of all stores that are subscribed to at first; a worker that shares them
            with others (``shift``) begins with what it has been given.
    """

    group_events: int = 1000
    group_s: float = 0.005
    queue_messages: int = 64
    parts: Sequence[int] = tuple(range(PARTS))


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
        withholding: Withholding | None = None,
        operator_key: OperatorKey = lambda _device, _birth: "",
        fence: Fence | None = None,
        watch: Callable[[str, threading.Event], threading.Event] = lambda _loop, stop: stop,
    ) -> None:
        """``fence`` is asked by a worker that shares parts with others.

        ``watch`` gives each thread, by its name, the event by which it is told to stop.
        """
        self._watch = watch
        self._fence = fence
        self._read = Tally()
        self._stored = Tally()
        self._source = source
        self._clock = clock
        self._random = random
        self._limits = limits or Limits()
        self._intake = Intake(clock, self._limits.queue_messages)
        self._handover = Handover(clock, self._limits.group_events, self._limits.group_s)
        self._beside = ReadingProcess()
        self._preparer = Preparer(self._handover, journal.foresee)
        self._gate = Gate(devices, self._read)
        self._desk = Desk(journal, devices, cards_head, operator_key)
        self._committer = Committer(
            journal,
            self._send,
            guard or RefusalGuard(),
            withholding or Withholding("ingest", ""),
            self._stored,
            fence=fence,
        )

    def after_commit(self, listener: Callable[[int], None]) -> None:
        """Call this with the ledger's head after every commit that added to it.

        It is called on the committing thread before the acknowledgements leave; it must neither
        block nor raise.
        """
        self._committer.listeners.append(listener)

    @property
    def tally(self) -> Tally:
        """What was counted until now."""
        return self._read.plus(self._stored)

    def run(self, stop: threading.Event) -> None:
        """Ingest until ``stop`` is set: commit in the calling thread, the rest beside it.

        Can be called once.

        Raises:
            FaultyService: the broker refuses us, or the database or the keyring cannot be used.
                Nothing was acknowledged that is not stored.
        """
        patience = Patience(self._clock, self._random, stop, self._stored)
        ended = threading.Event()
        reader, preparer = (
            threading.Thread(target=loop, args=(self._watch(name, ended),), name=name)
            for name, loop in (
                ("ingest-reading", self._read_on),
                ("ingest-preparing", self._preparer.run),
            )
        )
        self._source.start(worker_filters(self._limits.parts), self._intake)
        suit_ingest()
        reader.start()
        preparer.start()
        try:
            while not stop.is_set():
                self._process(self._handover.take(_IDLE_S), patience)
        finally:
            ended.set()
            self._handover.close()
            self._intake.close()
            self._source.close()
            preparer.join()
            reader.join()
            self._beside.close()

    def _read_on(self, ended: threading.Event) -> None:
        """The reader's thread: reading needs no database, and is done meanwhile."""
        patience = Patience(self._clock, self._random, ended, self._read)
        try:
            while not ended.is_set():
                received = self._intake.take(_IDLE_S)
                item = self._sorted(received, patience) if received is not None else None
                while item is not None and not ended.is_set():
                    item = None if self._handover.put(item, _IDLE_S) else item
        except BaseException as fault:  # noqa: BLE001 - a thread's edge: the other one raises it
            self._handover.fail(fault)

    def _sorted(self, received: Received, patience: Patience) -> Reading | Document | None:
        """What a message is for the other threads, None where it is of no use to them."""
        self._read.messages += 1
        topic = patience(lambda: self._gate.admit(received.message.topic))
        payload = received.message.payload
        if isinstance(topic, Mishap):
            self._read.mishaps += 1
            log.error("message_dropped", error=topic.name, why="the registry failed; report this")
        if not isinstance(topic, UpTopic):
            return None
        if not isinstance(topic.branch, Up):
            arrival = Arrival(topic.device, topic.branch, payload, received.at)
            return self._beside.read(arrival) or read(arrival, self._read)
        if not payload:  # it only clears what the broker has retained
            return None
        retained = received.message.retained
        return Document(topic.device, topic.branch, payload, received.at, retained)

    def _process(self, group: Group, patience: Patience) -> None:
        if group.readings:
            self._committer.commit(group.readings, patience, group.foresight)
        for document in group.documents:
            self._answer(document, patience)

    def _answer(self, document: Document, patience: Patience) -> None:
        if self._fence is not None and not self._fence.serves(document.device):
            self._stored.fenced += 1
            return
        self._stored.documents += 1
        try:
            answer = patience(lambda: self._desk.take(document))
        except (WireError, InvalidInput) as error:
            self._unusable(document, unquoted(error))
            return
        if isinstance(answer, Mishap):
            self._stored.mishaps += 1
            self._unusable(document, answer.name)
        elif answer is not None:
            self._send(answer)

    def _unusable(self, document: Document, why: str) -> None:
        self._stored.bad_documents += 1
        where = document.device.prefix
        log.warning("document_unusable", device=where, branch=document.branch.value, why=why)

    def _send(self, answer: Answer) -> None:
        try:
            self._source.publish(answer.topic, answer.payload)
        except BrokerUnavailable:
            # A shop sends again by its own timer, and births are retained: both are answered then.
            self._stored.unanswered += 1
