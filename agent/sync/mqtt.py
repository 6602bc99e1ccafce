"""The transport over paho-mqtt, MQTT 3.1.1.

One paho client per connection: what paho still held for an old connection is not carried over,
because the outbox sends again by itself. The broker's session persists (clean session off), so that
acknowledgements and cards sent while we were away still arrive.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from agent.config import Endpoint
from agent.errors import BrokerRefusedLogin, BrokerUnavailable
from agent.sync.transport import Listener, Message
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)
_REFUSALS = frozenset({"Bad user name or password", "Not authorized"})


@dataclass(frozen=True, slots=True)
class Tls:
    """Files for a TLS connection; empty paths mean the system's authorities and no certificate."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """Who we are to the broker: the device's name is client id and user name at once."""

    client_id: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.client_id})"


class PahoTransport:
    """Tries the brokers of a list in turn, beginning with the one that worked last."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        login: Login,
        *,
        tls: Tls | None = None,
        keepalive_s: int = 30,
        connect_timeout_s: float = 5.0,
        max_in_flight: int = 100,
    ) -> None:
        self._endpoints = list(endpoints)
        self._login = login
        self._tls = tls or Tls()
        self._keepalive_s = keepalive_s
        self._connect_timeout_s = connect_timeout_s
        self._max_in_flight = max_in_flight

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> PahoConnection:
        """Connect to the first broker that accepts us. See ``Transport.open``."""
        failures: list[str] = []
        for endpoint in list(self._endpoints):
            connection = PahoConnection(self._client(endpoint, will), endpoint, listener)
            try:
                connection.start(filters, self._keepalive_s, self._connect_timeout_s)
            except BrokerUnavailable as error:
                failures.append(str(error))
                continue
            self._endpoints.remove(endpoint)
            self._endpoints.insert(0, endpoint)
            return connection
        raise BrokerUnavailable("; ".join(failures) or "the list of brokers is empty")

    def _client(self, endpoint: Endpoint, will: Message) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._login.client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        client.username_pw_set(self._login.client_id, self._login.password)
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.max_inflight_messages_set(self._max_in_flight)
        client.connect_timeout = self._connect_timeout_s
        if endpoint.tls:
            client.tls_set_context(_tls_context(self._tls))
        return client


class PahoConnection:
    """One connection of one paho client."""

    def __init__(self, client: paho.Client, endpoint: Endpoint, listener: Listener) -> None:
        self._client = client
        self._endpoint = endpoint
        self._listener = listener
        self._settled = threading.Event()
        self._refusal: ReasonCode | None = None
        self._subscribed = False
        self._over = threading.Lock()
        self._is_over = False
        client.on_socket_open = _disable_nagle
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message

    def start(self, filters: Sequence[str], keepalive_s: int, timeout_s: float) -> None:
        """Connect and subscribe; see ``Transport.open`` for what is raised."""
        self._filters = [(topic, 1) for topic in filters]
        try:
            self._client.connect(self._endpoint.host, self._endpoint.port, keepalive_s)
        except (OSError, ssl.SSLError) as error:
            raise BrokerUnavailable(f"broker {self._endpoint}: {error}") from error
        self._client.loop_start()
        self._settled.wait(timeout_s)
        if self._subscribed:
            return
        self.close()
        if self._refusal is not None and str(self._refusal) in _REFUSALS:
            raise BrokerRefusedLogin(
                f"broker {self._endpoint} refuses device {self._name!r}: {self._refusal}; "
                "enrol the device again or correct its password file"
            )
        why = f"refused: {self._refusal}" if self._refusal else f"no answer in {timeout_s:g} s"
        raise BrokerUnavailable(f"broker {self._endpoint}: {why}")

    def publish(self, message: Message) -> None:
        """Queue a message for paho's thread; raises BrokerUnavailable when disconnected."""
        if self._is_over or not self._client.is_connected():
            raise BrokerUnavailable(f"broker {self._endpoint}: not connected")
        info = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        if info.rc not in (paho.MQTT_ERR_SUCCESS, paho.MQTT_ERR_QUEUE_SIZE):
            raise BrokerUnavailable(f"broker {self._endpoint}: {paho.error_string(info.rc)}")

    def unconfirmed(self) -> int:
        """Messages in paho's queue that are not PUBACKed."""
        return len(self._client._out_messages)  # noqa: SLF001 - paho offers no count of its own

    def close(self) -> None:
        """Disconnect in an orderly way and end paho's thread."""
        self._end()
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def _name(self) -> str:
        return str(self._client._client_id.decode())  # noqa: SLF001 - known only to paho

    def _end(self) -> bool:
        with self._over:
            first, self._is_over = not self._is_over, True
        return first

    def _on_connect(
        self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any
    ) -> None:
        if reason.is_failure:
            self._refusal = reason
            self._settled.set()
            return
        client.subscribe(self._filters)

    def _on_subscribe(
        self, _client: paho.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _props: Any
    ) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        self._refusal = refused[0] if refused else None
        self._subscribed = not refused
        self._settled.set()

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any
    ) -> None:
        was_up = self._subscribed
        self._settled.set()
        if self._end() and was_up:
            self._listener.lost(str(reason))

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._listener.arrived(message.topic, bytes(message.payload))


def _disable_nagle(_client: paho.Client, _data: Any, sock: Any) -> None:
    """Without this a lone event waits for the previous one's TCP acknowledgement (23 → 661/s)."""
    raw = sock if isinstance(sock, socket.socket) else getattr(sock, "_sock", None)
    if raw is not None:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _tls_context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(tls.ca_file) if tls.ca_file else None)
    if tls.certificate_file is not None:
        context.load_cert_chain(tls.certificate_file, tls.key_file)
    return context
