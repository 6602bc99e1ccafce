"""The source over paho-mqtt, MQTT 3.1.1, with a fixed client id and a persistent session.

One paho client per connection, and a supervising thread that makes the next one: so a broker that
was thrown away with its sessions is no special case, and nothing is resent that the shops would
send again by themselves. Not ``$share``: a dead consumer strands what it held (WIRE).
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from cloud.errors import BrokerRefusedLogin, BrokerUnavailable
from cloud.ingest.source import Listener, Message
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.runtime.mqtt_line import MqttLine
from models.wire.ids import PARTS
from models.wire.topics import worker_filters

log = get_logger(__name__)

KEEPALIVE_S: Final = 30
CONNECT_TIMEOUT_S: Final = 5.0
IN_FLIGHT: Final = 100
"""Answers without a PUBACK. WIRE: a window of 20 to 100 is best, 1,000 slows paho down."""

STABLE_S: Final = 10.0
"""A connection that lived shorter was none: perhaps another worker has our client id, and the two
end each other's connections."""

_REFUSALS: Final = frozenset({"Bad user name or password", "Not authorized"})


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """Where the broker is and who we are to it.

    Attributes:
        client_id: fixed, because the broker keeps a session by it; two workers need two.
        tls: None for plain TCP.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    client_id: str
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


class MqttSource:
    """Keeps one connection to one broker. Implements ``Source``."""

    def __init__(self, login: BrokerLogin, *, clock: Clock, random: Callable[[], float]) -> None:
        self._login = login
        self._clock = clock
        self._backoff = Backoff(random)
        self._filters: Sequence[str] | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: _Connection | None = None

    @property
    def connected(self) -> bool:
        """Connected and subscribed."""
        connection = self._connection
        return connection is not None and connection.ready

    def start(self, filters: Sequence[str], listener: Listener) -> None:
        """See ``Source``. The thread ends with ``close`` or when the broker refuses our login."""
        if self._filters is None:
            self._filters = tuple(filters)
        self._thread = threading.Thread(
            target=self._run, args=(listener,), name="mqtt-source", daemon=True
        )
        self._thread.start()

    def subscribe(self, filters: Sequence[str]) -> None:
        """See ``Source``."""
        self._filters = tuple(filters)
        connection = self._connection
        if connection is not None:
            connection.subscribe(self._filters)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """See ``Source``."""
        connection = self._connection
        if connection is None or not connection.ready:
            raise BrokerUnavailable(f"broker {self._login}: not connected")
        connection.publish(topic, payload, qos=qos, retain=retain)

    def close(self) -> None:
        """See ``Source``."""
        self._stop.set()
        connection = self._connection
        if connection is not None:
            connection.lost.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, listener: Listener) -> None:
        while not self._stop.is_set():
            connection = _Connection(self._login, self._filters or (), listener)
            try:
                self._serve(connection)
            except BrokerRefusedLogin as error:
                listener.failed(error)
                return
            except BrokerUnavailable as error:
                log.warning("broker_unavailable", error=str(error))
            finally:
                self._connection = None
                connection.close()
            self._clock.wait(self._stop, self._backoff.next_s())

    def _serve(self, connection: _Connection) -> None:
        """One connection, from its opening to its end; raises as its ``open``."""
        connection.open()
        self._connection = connection
        if self._stop.is_set():  # close() may have looked before there was a connection to end
            return
        connection.subscribe(self._filters or ())  # they may have changed while it was opened
        since_s = self._clock.monotonic_s()
        log.info("broker_connected", broker=str(self._login), client=self._login.client_id)
        connection.lost.wait()
        connection.raise_refusal()
        log.info("broker_connection_ended", broker=str(self._login), why=connection.why)
        if self._clock.monotonic_s() - since_s >= STABLE_S:
            self._backoff.reset()


class _Connection:
    """One paho client, from connecting to its loss."""

    def __init__(self, login: BrokerLogin, filters: Sequence[str], listener: Listener) -> None:
        self._login = login
        self._filters = frozenset(filters)
        self._listener = listener
        self._refusal: ReasonCode | None = None
        self._settled = threading.Event()
        self.ready = False
        self.lost = threading.Event()
        self.why = "closed by us"
        self._client = self._make_client()
        self._line = MqttLine(self._client, self._on_message, name="mqtt-line")

    def open(self) -> None:
        """Connect and subscribe.

        Raises:
            BrokerRefusedLogin: the login, or one of the subscriptions, is refused.
            BrokerUnavailable: anything else that keeps us out.
        """
        try:
            self._client.connect(self._login.host, self._login.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise BrokerUnavailable(f"broker {self._login}: {error}") from error
        self._line.start()
        self._settled.wait(CONNECT_TIMEOUT_S)
        self.raise_refusal()
        if not self.ready:
            silence = f"no answer in {CONNECT_TIMEOUT_S:g} s"
            why = self.why if self.lost.is_set() else silence
            raise BrokerUnavailable(f"broker {self._login}: {why}")

    def raise_refusal(self) -> None:
        """Raise what ``open`` names, where the broker has refused us or a subscription."""
        if self._refusal is not None:
            raise self._refused(self._refusal)

    def subscribe(self, filters: Sequence[str]) -> None:
        """Change what is listened to; a filter that the broker refuses ends the connection."""
        with self._line.speaking() as client:
            wanted = frozenset(filters)
            new, gone = wanted - self._filters, self._filters - wanted
            self._filters = wanted
            if new:
                client.subscribe([(each, 1) for each in sorted(new)])
            if gone:
                client.unsubscribe(sorted(gone))

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """Write a message as far as the socket takes it; raises BrokerUnavailable."""
        with self._line.speaking() as client:
            info = client.publish(topic, payload, qos=qos, retain=retain)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise BrokerUnavailable(f"broker {self._login}: {paho.error_string(info.rc)}")

    def close(self) -> None:
        """Disconnect and end the line's thread."""
        self.ready = False
        self._line.close()

    def _make_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._login.client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        client.username_pw_set(self._login.user, self._login.password)
        client.max_inflight_messages_set(IN_FLIGHT)
        client.connect_timeout = CONNECT_TIMEOUT_S
        if self._login.tls is not None:
            client.tls_set_context(self._login.tls)
        client.on_socket_open = _disable_nagle
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        return client

    def _refused(self, reason: ReasonCode) -> BrokerRefusedLogin | BrokerUnavailable:
        if self._client.is_connected():
            return BrokerRefusedLogin(
                f"broker {self._login} refuses user {self._login.user!r} a subscription it needs "
                f"({reason}); correct the broker's access list"
            )
        if str(reason) in _REFUSALS:
            return BrokerRefusedLogin(
                f"broker {self._login} refuses user {self._login.user!r}: {reason}; correct "
                "[broker] in the configuration, or LIANKE_BROKER_PASSWORD"
            )
        return BrokerUnavailable(f"broker {self._login}: {reason}")

    def _on_connect(
        self,
        client: paho.Client,
        _data: Any,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _props: Any,
    ) -> None:
        if reason.is_failure:
            self._refusal = reason
            self._settled.set()
            return
        if self._filters:
            client.subscribe([(each, 1) for each in sorted(self._filters)])
        if flags.session_present:
            client.unsubscribe(sorted(_every_filter() - self._filters))
        if not self._filters:
            self._be_ready()

    def _on_subscribe(
        self, _client: paho.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _props: Any
    ) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        if refused:
            self._refusal = refused[0]
            self._settled.set()
            self.lost.set()
        else:
            self._be_ready()

    def _be_ready(self) -> None:
        self.ready = True
        self._settled.set()

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any
    ) -> None:
        self.ready = False
        self.why = str(reason)
        self._settled.set()
        self.lost.set()

    def _on_message(self, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # brokers refuse such topics; raising would end the thread
            return
        self._listener.arrived(Message(topic, bytes(message.payload), message.retain))


def _every_filter() -> frozenset[str]:
    """Whatever a worker may have subscribed to in a session that the broker has kept."""
    return frozenset(worker_filters()).union(*(worker_filters([part]) for part in range(PARTS)))


def _disable_nagle(_client: paho.Client, _data: Any, sock: Any) -> None:
    """Without this each answer waits for the TCP acknowledgement of the one before (23 → 661/s)."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
