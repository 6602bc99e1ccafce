"""An ingest worker that notes when it did what, for a timeline; the notes are written at its end.

    python -m tests.simulators.ingest_that_tells NOTES --config FILE

It is the product's own worker, composed as ever. Noting costs a tuple, no more: payloads are kept
and read afterwards. Times are ``perf_counter``, one clock for all processes of a machine.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Self

import msgspec
from sqlalchemy import event

from cloud.app import Roles, Service
from cloud.config import read_config
from cloud.errors import FaultyService
from cloud.ingest.mqtt import BrokerLogin
from cloud.ingest.source import Listener, Message, Source
from models.runtime import logs
from models.runtime.garbage import spare_what_is_loaded
from models.wire.ack import Ack, decode_answer
from models.wire.codec import Codec
from models.wire.topics import Stream


class Told(msgspec.Struct, frozen=True):
    """One sale's way through the worker, by ``perf_counter``."""

    heard_s: float
    begun_s: float
    commit_s: float
    committed_s: float
    answered_s: float


@dataclass
class Notes:
    """What happened, in order; transactions of threads that answer nobody are left out.

    Attributes:
        transactions: of each that was committed: begun, commit asked for, committed.
    """

    heard: list[tuple[float, Message]] = field(default_factory=list)
    transactions: list[tuple[float, float, float]] = field(default_factory=list)
    answered: list[tuple[float, int, bytes]] = field(default_factory=list)
    _marks: threading.local = field(default_factory=threading.local)

    def begun(self, _connection: object) -> None:
        """A transaction begins on the calling thread."""
        self._marks.begun_s = perf_counter()

    def commit(self, _connection: object) -> None:
        """It is about to be committed."""
        self._marks.commit_s = perf_counter()

    def committed(self, _head: int) -> None:
        """It is committed, and stored something."""
        self.transactions.append((self._marks.begun_s, self._marks.commit_s, perf_counter()))

    def by_sequence(self) -> dict[int, Told]:
        """The way of every sale that was answered."""
        codec = Codec()
        heard_s: dict[int, float] = {}
        for at_s, message in self.heard:
            if message.topic.endswith(f"/up/{Stream.SALE}"):
                header = codec.decode(message.payload).header
                heard_s |= dict.fromkeys(range(header.first, header.last + 1), at_s)
        told: dict[int, Told] = {}
        for at_s, transaction, payload in self.answered:
            answer = decode_answer(payload)
            if isinstance(answer, Ack) and answer.stream == Stream.SALE:
                for first, last in answer.settled:
                    for sequence in range(first, last + 1):
                        times = self.transactions[transaction - 1]
                        told[sequence] = Told(heard_s[sequence], *times, at_s)
        return told


@dataclass
class TellingListener:
    """Notes what arrives. Implements ``Listener``."""

    listener: Listener
    notes: Notes

    def arrived(self, message: Message) -> None:
        """See ``Listener``."""
        self.notes.heard.append((perf_counter(), message))
        self.listener.arrived(message)

    def failed(self, fault: FaultyService) -> None:
        """See ``Listener``."""
        self.listener.failed(fault)


@dataclass
class TellingSource:
    """Notes what arrives and what is answered. Implements ``Source``."""

    source: Source
    notes: Notes

    @property
    def connected(self) -> bool:
        """See ``Source``, as for all that follow."""
        return self.source.connected

    def start(self, filters: Sequence[str], listener: Listener) -> None:
        self.source.start(filters, TellingListener(listener, self.notes))

    def subscribe(self, filters: Sequence[str]) -> None:
        self.source.subscribe(filters)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        if topic.endswith("/down/ack"):
            note = perf_counter(), len(self.notes.transactions), payload
            self.notes.answered.append(note)
        self.source.publish(topic, payload, qos=qos, retain=retain)

    def close(self) -> None:
        self.source.close()


class TellingService(Service):
    """The ingest worker over a source that notes."""

    notes = Notes()

    def make_source(self, login: BrokerLogin) -> Source:
        """See ``Service``. The last moment before threads use the engine."""
        event.listen(self.base.engine, "begin", self.notes.begun)
        event.listen(self.base.engine, "commit", self.notes.commit)
        return TellingSource(super().make_source(login), self.notes)

    def __enter__(self) -> Self:
        super().__enter__()
        self.ingest.after_commit(self.notes.committed)
        return self


def main() -> None:
    """Run until SIGTERM, then write the notes."""
    config = read_config(Path(sys.argv[sys.argv.index("--config") + 1]))
    logs.configure(config.log_level)
    service = TellingService(config, Roles(ingest=True), may_upgrade=False)
    signal.signal(signal.SIGTERM, lambda *_: service.workers.ended.set())
    with service:
        spare_what_is_loaded()
        service.workers.ended.wait()
    Path(sys.argv[1]).write_bytes(msgspec.json.encode(service.notes.by_sequence()))


if __name__ == "__main__":
    main()
