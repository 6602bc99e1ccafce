"""The cloud's ``Source`` over the simulated broker, so that both real halves meet on it."""

from __future__ import annotations

from collections.abc import Sequence

from agent.sync.transport import Connection
from agent.sync.transport import Message as Said
from cloud.ingest.source import Listener, Message
from tests.simulators.broker import SimulatedBroker


class BridgedSource:
    """Implements ``Source``; lives as long as its broker."""

    def __init__(self, broker: SimulatedBroker, user: str, password: str) -> None:
        self._transport = broker.transport(user, password)
        self._connection: Connection | None = None
        self._listener: Listener | None = None

    @property
    def connected(self) -> bool:
        """Whether ``start`` was called."""
        return self._connection is not None

    def start(self, filters: Sequence[str], listener: Listener) -> None:
        """See ``Source``."""
        self._listener = listener
        self._connection = self._transport.open(filters, Said("lk1/will", b""), self)

    def subscribe(self, filters: Sequence[str]) -> None:
        """The simulated broker takes filters only when a connection begins."""
        raise NotImplementedError("one worker serves all parts")

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """See ``Source``."""
        assert qos == 1, "answers are sent at QoS 1"
        assert self._connection is not None, "start first"
        self._connection.publish(Said(topic, payload, retain=retain))

    def close(self) -> None:
        """See ``Source``."""
        if self._connection is not None:
            self._connection.close()

    def arrived(self, topic: str, payload: bytes) -> None:
        """The agent's side of the port: a message came in."""
        assert self._listener is not None, "start sets it"
        self._listener.arrived(Message(topic, payload))

    def lost(self, reason: str) -> None:
        """The simulated broker is not killed in these tests."""
