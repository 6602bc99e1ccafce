"""A broker in memory that keeps MQTT's promises, and can be told to break those we do not rely on.

It implements the agent's ``Transport`` port and passes the same contract suite as real ones:
logins, an access rule per device, QoS 1, persistent sessions, retained messages, wills.
``mischief`` decides per published message what a bad day does to it: deliver, drop (the broker
PUBACKed and forgot), deliver twice, or hold it back behind later ones.

    broker = SimulatedBroker({"sh-0001-pos1": "secret"})
    connection = broker.transport("sh-0001-pos1", "secret").open(filters, will, listener)
    broker.cut("sh-0001-pos1")       # the line breaks: will is sent, ``lost`` is called
    broker.kill(); broker.restart()  # everything it held in memory is gone
    broker.largest_payload = 4096    # whoever publishes more is cut off
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from agent.errors import BrokerRefusedLogin, BrokerUnavailable
from agent.sync.transport import Listener, Message
from models.wire.codec import MAX_PAYLOAD_BYTES


class Fate(StrEnum):
    """What happens to one published message."""

    DELIVER = "deliver"
    DROP = "drop"
    TWICE = "twice"
    HOLD = "hold"


@dataclass
class _Session:
    filters: list[str] = field(default_factory=list)
    queue: list[Message] = field(default_factory=list)
    connection: SimulatedConnection | None = None


def matches(pattern: str, topic: str) -> bool:
    """MQTT's ``+`` and ``#``."""
    wanted, given = pattern.split("/"), topic.split("/")
    for n, segment in enumerate(wanted):
        if segment == "#":
            return True
        if n >= len(given) or segment not in ("+", given[n]):
            return False
    return len(wanted) == len(given)


def device_may_publish(client: str, topic: str) -> bool:
    """The one pattern of WIRE: a device owns its own ``up/``; the cloud's users own the rest."""
    return client.startswith("_") or matches(f"lk1/+/+/+/{client}/up/#", topic)


class SimulatedBroker:
    """One broker. Delivery happens on the publisher's thread."""

    def __init__(
        self,
        logins: Mapping[str, str],
        mischief: Callable[[Message], Fate] = lambda _message: Fate.DELIVER,
    ) -> None:
        self._logins = dict(logins)
        self._mischief = mischief
        self._lock = threading.RLock()
        self._sessions: dict[str, _Session] = {}
        self._retained: dict[str, Message] = {}
        self._held: list[Message] = []
        self._up = True
        self.largest_payload = MAX_PAYLOAD_BYTES

    def transport(self, client: str, password: str) -> SimulatedTransport:
        """A transport that logs in as this client."""
        return SimulatedTransport(self, client, password)

    def cut(self, client: str) -> None:
        """The line to one client breaks."""
        with self._lock:
            session = self._sessions.get(client)
            if session is not None and session.connection is not None:
                session.connection.break_off("the line was cut")

    def kill(self) -> None:
        """The broker dies without saving anything; every client notices."""
        with self._lock:
            self._up = False
            connections = [s.connection for s in self._sessions.values() if s.connection]
            self._sessions.clear()
            self._retained.clear()
            self._held.clear()
        for connection in connections:
            connection.break_off("the broker died")

    def restart(self) -> None:
        """Begin again, empty."""
        self._up = True

    def release_held(self) -> None:
        """Deliver what was held back, latest first."""
        with self._lock:
            held, self._held = self._held[::-1], []
            for message in held:
                self._route(message)

    def attach(self, connection: SimulatedConnection, filters: Sequence[str]) -> None:
        """Log a client in; see ``Transport.open``."""
        with self._lock:
            if not self._up:
                raise BrokerUnavailable("simulated broker: down")
            if self._logins.get(connection.client) != connection.password:
                raise BrokerRefusedLogin(f"simulated broker refuses {connection.client!r}")
            session = self._sessions.setdefault(connection.client, _Session())
            if session.connection is not None:
                session.connection.give_way()
            session.connection, session.filters = connection, list(filters)
            queued, session.queue = session.queue, []
            for message in [m for m in self._retained.values() if self._wants(session, m)]:
                connection.listener.arrived(message.topic, message.payload)
            for message in queued:
                connection.listener.arrived(message.topic, message.payload)

    def detach(self, connection: SimulatedConnection) -> None:
        """A client is gone; its session stays."""
        with self._lock:
            session = self._sessions.get(connection.client)
            if session is not None and session.connection is connection:
                session.connection = None

    def accept(self, client: str, message: Message) -> None:
        """A client published: keep MQTT's promise, or not."""
        with self._lock:
            if not self._up:
                raise BrokerUnavailable("simulated broker: down")
            if len(message.payload) > self.largest_payload - len(message.topic):
                self.cut(client)  # as MQTT 5 says, section 3.1.2.11.4
                return
            if not device_may_publish(client, message.topic):
                return  # as NATS does: confirmed and dropped
            if message.retain:
                self._retained[message.topic] = message
            fate = self._mischief(message)
            if fate is Fate.HOLD:
                self._held.append(message)
            for _ in range({Fate.DELIVER: 1, Fate.TWICE: 2}.get(fate, 0)):
                self._route(message)

    def _route(self, message: Message) -> None:
        for session in list(self._sessions.values()):
            if not self._wants(session, message):
                continue
            if session.connection is not None:
                session.connection.listener.arrived(message.topic, message.payload)
            else:
                session.queue.append(message)

    @staticmethod
    def _wants(session: _Session, message: Message) -> bool:
        return any(matches(pattern, message.topic) for pattern in session.filters)


class SimulatedTransport:
    """The ``Transport`` port over a simulated broker."""

    def __init__(self, broker: SimulatedBroker, client: str, password: str) -> None:
        self._broker = broker
        self._client = client
        self._password = password

    def open(
        self, filters: Sequence[str], will: Message, listener: Listener
    ) -> SimulatedConnection:
        """See ``Transport.open``."""
        connection = SimulatedConnection(self._broker, self._client, self._password, will, listener)
        self._broker.attach(connection, filters)
        return connection


class Confirmed:
    """A receipt: the simulated broker PUBACKs whatever it is given."""

    def confirmed(self) -> bool:
        """See ``Receipt``."""
        return True


class SimulatedConnection:
    """One open connection."""

    def __init__(
        self,
        broker: SimulatedBroker,
        client: str,
        password: str,
        will: Message,
        listener: Listener,
    ) -> None:
        self.client = client
        self.password = password
        self.listener = listener
        self._broker = broker
        self._will = will
        self._open = True
        self._taken_over = False

    def publish(self, message: Message) -> Confirmed:
        """Hand a message to the broker."""
        if not self._open:
            raise BrokerUnavailable("simulated broker: not connected")
        self._broker.accept(self.client, message)
        return Confirmed()

    def unconfirmed(self) -> int:
        """The simulated broker confirms at once, whatever it does afterwards."""
        return 0

    def largest_payload(self, topic: str) -> int:
        """See ``Connection.largest_payload``."""
        return self._broker.largest_payload - len(topic)

    def taken_over(self) -> bool:
        """As with MQTT 5, the client is told."""
        return self._taken_over

    def outdone(self) -> bool:
        """There is one broker only."""
        return False

    def close(self) -> None:
        """Say goodbye; no will."""
        self._open = False
        self._broker.detach(self)

    def give_way(self) -> None:
        """Another connection came under the same name; the session goes on, so no will."""
        self._taken_over = True
        self.break_off("taken over by another connection", will=False)

    def break_off(self, reason: str, *, will: bool = True) -> None:
        """The connection breaks: the broker speaks the will, the client learns of it."""
        if not self._open:
            return
        self._open = False
        self._broker.detach(self)
        if will and self._broker._up:
            self._broker.accept(self.client, self._will)
        self.listener.lost(reason)
