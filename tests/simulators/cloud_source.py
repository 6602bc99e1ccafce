"""The broker as ingest sees it, and a registry of devices, both in memory.

source = SimulatedSource()
ingest = Ingest(source, journal, KnownDevices(SHOP), ...)
source.deliver(topic, payload)      # blocks while ingest's queue is full, as paho's thread would
source.answers(SHOP)                # what was published on the device's down/ack
source.cut()                        # nothing can be published until ``restore``
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cloud.errors import BrokerUnavailable, FaultyService
from cloud.ingest.source import Listener, Message
from models.wire.ack import Ack, Welcome, decode_answer
from models.wire.birth import Birth, State
from models.wire.ids import DevicePath
from models.wire.topics import Down, down
from models.wire.twin import Desired, Reported

_DEADLINE_S = 30.0


class SimulatedSource:
    """Implements ``Source``."""

    def __init__(self) -> None:
        self.filters: list[str] = []
        self.published: list[Message] = []
        self.closed = False
        self._listener: Listener | None = None
        self._started = threading.Event()
        self._published = threading.Condition()
        self._cut = False

    @property
    def connected(self) -> bool:
        return self._started.is_set() and not (self._cut or self.closed)

    def start(self, filters: Sequence[str], listener: Listener) -> None:
        self.filters, self._listener = self.filters or list(filters), listener
        self._started.set()

    def subscribe(self, filters: Sequence[str]) -> None:
        self.filters = list(filters)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        assert qos == 1, "answers are sent at QoS 1"
        if not self.connected:
            raise BrokerUnavailable("the simulated line is cut")
        with self._published:
            self.published.append(Message(topic, payload, retain))
            self._published.notify_all()

    def close(self) -> None:
        self.closed = True

    def deliver(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """The broker delivers a message."""
        self._heard().arrived(Message(topic, payload, retained))

    def fail(self, fault: FaultyService) -> None:
        """The broker refuses us for good."""
        self._heard().failed(fault)

    def cut(self) -> None:
        """The line breaks."""
        self._cut = True

    def restore(self) -> None:
        """The line is back."""
        self._cut = False

    def answers(self, device: DevicePath) -> list[Ack | Welcome]:
        """Everything the device was told on ``down/ack``."""
        topic = down(device, Down.ACK)
        with self._published:
            return [decode_answer(one.payload) for one in self.published if one.topic == topic]

    def wait_for_answers(self, device: DevicePath, count: int) -> list[Ack | Welcome]:
        """Block until the device has that many answers; fails after ten seconds."""
        deadline = time.monotonic() + _DEADLINE_S
        while len(self.answers(device)) < count:
            with self._published:
                self._published.wait(0.05)
            assert time.monotonic() < deadline, f"only {len(self.answers(device))} of {count}"
        return self.answers(device)

    def _heard(self) -> Listener:
        assert self._started.wait(_DEADLINE_S), "ingest has not started the source"
        assert self._listener is not None
        return self._listener


@dataclass
class KnownDevices:
    """Implements ``Devices``: remembers what it was told.

    The next births fail with what is in ``troubles``, the next questions with ``questions``.
    """

    enrolled: set[DevicePath] = field(default_factory=set)
    births: list[tuple[DevicePath, Birth]] = field(default_factory=list)
    states: list[tuple[DevicePath, State]] = field(default_factory=list)
    twins: list[tuple[DevicePath, Reported]] = field(default_factory=list)
    rivalled: set[DevicePath] = field(default_factory=set)
    forked: dict[tuple[DevicePath, str], list[str]] = field(default_factory=dict)
    wanted: dict[DevicePath, Desired] = field(default_factory=dict)
    troubles: list[Exception] = field(default_factory=list)
    questions: list[Exception] = field(default_factory=list)

    def is_enrolled(self, path: DevicePath) -> bool:
        if self.questions:
            raise self.questions.pop(0)
        return path in self.enrolled

    def born(self, path: DevicePath, birth: Birth, at: datetime, *, retained: bool = False) -> bool:
        assert at.tzinfo is not None
        del retained
        if self.troubles:
            raise self.troubles.pop(0)
        self.births.append((path, birth))
        return path in self.rivalled

    def claimed(self, path: DevicePath, birth: Birth, at: datetime) -> list[str]:
        assert at.tzinfo is not None
        return self.forked.get((path, birth.birth), [])

    def state_changed(self, path: DevicePath, state: State, at: datetime) -> None:
        assert at.tzinfo is not None
        self.states.append((path, state))

    def reported(self, path: DevicePath, reported: Reported, at: datetime) -> Desired | None:
        assert at.tzinfo is not None
        self.twins.append((path, reported))
        return self.wanted.get(path)
