"""Transports that have a will of their own; all implement the agent's port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.errors import BadConfiguration
from agent.sync.transport import Connection, Listener, Message, Receipt
from tests.simulators.broker import SimulatedBroker
from tests.simulators.facts import SHOP


@dataclass
class PassedOn:
    """A connection that passes everything on to another; what derives from it does not."""

    inner: Connection

    def publish(self, message: Message) -> Receipt:
        return self.inner.publish(message)

    def unconfirmed(self) -> int:
        return self.inner.unconfirmed()

    def largest_payload(self, topic: str) -> int:
        return self.inner.largest_payload(topic)

    def taken_over(self) -> bool:
        return self.inner.taken_over()

    def outdone(self) -> bool:
        return self.inner.outdone()

    def close(self) -> None:
        self.inner.close()


class TwoBrokers:
    """A list of two simulated brokers: the second answers now, the first one later."""

    def __init__(self, first: SimulatedBroker, second: SimulatedBroker) -> None:
        self._first = first
        self._second = second
        self.first_answers = False

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        chosen = self._first if self.first_answers else self._second
        inner = chosen.transport(SHOP.device, "secret").open(filters, will, listener)
        return Watchful(inner, lambda: self.first_answers and chosen is self._second)


@dataclass
class Watchful(PassedOn):
    """A connection that knows when a better broker answers."""

    better: Callable[[], bool]

    def outdone(self) -> bool:
        return self.better()


@dataclass
class Hanging:
    """A transport whose first connection takes for ever."""

    broker: SimulatedBroker
    goes_on: threading.Event = field(default_factory=threading.Event)

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        self.goes_on.wait(20)
        return self.broker.transport(SHOP.device, "secret").open(filters, will, listener)


@dataclass
class Bolted:
    """A transport that opens no connection as long as something is wrong with the box."""

    broker: SimulatedBroker
    fault: Exception | None = field(
        default_factory=lambda: BadConfiguration("the client certificate has ended")
    )

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        if self.fault is not None:
            raise self.fault
        return self.broker.transport(SHOP.device, "secret").open(filters, will, listener)
