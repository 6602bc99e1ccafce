"""One connection of one paho client, MQTT 5 or 3.1.1.

What paho still held for an old connection is not carried over, because the outbox sends again by
itself. The broker's session persists (clean start off, and with MQTT 5 an expiry), so that
acknowledgements and cards sent while we were away still arrive.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.config import Endpoint
from agent.errors import BrokerRefusedLogin, BrokerUnavailable
from agent.sync.reasons import REFUSALS, TAKEN_OVER, UNSUPPORTED_VERSION, explained
from agent.sync.transport import Listener, Message
from models.runtime.logs import get_logger
from models.runtime.mqtt_line import MqttLine
from models.wire.codec import MAX_PAYLOAD_BYTES

_LOG = get_logger(__name__)

_HANG_UP: Final = "the broker hung up before it answered"

_NO_LIMIT: Final = 1 << 28
"""More than any packet of MQTT can have."""

_AROUND_PAYLOAD: Final = 1 + 4 + 2 + 2 + 1
"""A PUBLISH beside topic and payload, at most: type, length, the topic's length, id, properties."""


class BrokerSpeaksOtherMqtt(BrokerUnavailable):
    """The broker does not speak the version we tried, or hung up on it; another one may do."""


class PahoReceipt:
    """Asks paho whether a message was PUBACKed."""

    __slots__ = ("_info",)

    def __init__(self, info: paho.MQTTMessageInfo) -> None:
        self._info = info

    def confirmed(self) -> bool:
        """See ``Receipt``."""
        return self._info.rc == paho.MQTT_ERR_SUCCESS and self._info.is_published()


class PahoConnection:
    """One connection, from connecting to its loss. Its callbacks run on the line's thread.

    Attributes:
        session_present: whether the broker still knew us, with what it held for us.
    """

    def __init__(
        self,
        client: paho.Client,
        endpoint: Endpoint,
        listener: Listener,
        *,
        outdone: Callable[[], bool] = bool,
        packet_bytes: int = 0,
    ) -> None:
        """Prepare; ``start`` connects.

        Args:
            client: not connected yet.
            endpoint: the broker.
            listener: told what comes in, and when the connection is lost.
            outdone: says whether a better broker than this one answers now.
            packet_bytes: the largest packet that may be sent, 0 for as large as the broker says.
        """
        self._client = client
        self._endpoint = endpoint
        self._listener = listener
        self._outdone = outdone
        self._settled = threading.Event()
        self._refusal: ReasonCode | None = None
        self._hung_up = False
        self._subscribed = False
        self.session_present = False
        self._over = threading.Lock()
        self._is_over = False
        self._taken_over = False
        self._packet_bytes = packet_bytes or _NO_LIMIT
        self._puback_refusals: set[str] = set()
        self._line = MqttLine(client, self._on_message, name=f"mqtt-{endpoint}")
        client.on_socket_open = _disable_nagle
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect

    def start(
        self,
        filters: Sequence[str],
        keepalive_s: int,
        timeout_s: float,
        properties: Properties | None = None,
    ) -> None:
        """Connect and subscribe.

        Args:
            filters: what to subscribe to, at QoS 1.
            keepalive_s: MQTT keep-alive.
            timeout_s: for the broker to accept us and our subscriptions.
            properties: of the CONNECT, with MQTT 5 only.

        Raises:
            BrokerUnavailable: nobody answers, or not usefully.
            BrokerSpeaksOtherMqtt: try with another version.
            BrokerRefusedLogin: only a person can mend it.
        """
        self._filters = [(topic, 1) for topic in filters]
        self._dial(keepalive_s, properties)
        self._line.start()
        self._settled.wait(timeout_s)
        if self._subscribed:
            return
        self.close()
        self._give_up(timeout_s)

    def publish(self, message: Message) -> PahoReceipt:
        """Write a message as far as the socket takes it; raises BrokerUnavailable if it is gone."""
        if self._is_over or not self._client.is_connected():
            raise BrokerUnavailable(f"broker {self._endpoint}: not connected")
        if len(message.payload) > self._room(message.topic):
            raise BrokerUnavailable(
                f"broker {self._endpoint} takes packets of {self._packet_bytes} bytes at most and "
                f"{message.topic} needs {len(message.payload)} and more; raise the broker's limit"
            )
        with self._line.speaking() as client:
            info = client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        if info.rc not in (paho.MQTT_ERR_SUCCESS, paho.MQTT_ERR_QUEUE_SIZE):
            raise BrokerUnavailable(f"broker {self._endpoint}: {paho.error_string(info.rc)}")
        return PahoReceipt(info)

    def unconfirmed(self) -> int:
        """Messages in paho's queue that are not PUBACKed."""
        return len(self._client._out_messages)  # noqa: SLF001 - paho offers no count of its own

    def largest_payload(self, topic: str) -> int:
        """See ``Connection.largest_payload``."""
        return min(self._room(topic), MAX_PAYLOAD_BYTES)

    def taken_over(self) -> bool:
        """See ``Connection.taken_over``."""
        return self._taken_over

    def outdone(self) -> bool:
        """See ``Connection.outdone``."""
        return self._outdone()

    def close(self) -> None:
        """Disconnect in an orderly way and end the line's thread."""
        self._end()
        self._line.close()

    def _room(self, topic: str) -> int:
        return self._packet_bytes - _AROUND_PAYLOAD - len(topic.encode())

    def _dial(self, keepalive_s: int, properties: Properties | None) -> None:
        host, port = self._endpoint.host, self._endpoint.port
        try:
            if properties is None:
                self._client.connect(host, port, keepalive_s)
            else:
                self._client.connect(
                    host, port, keepalive_s, clean_start=False, properties=properties
                )
        except ssl.SSLCertVerificationError as error:
            raise BrokerUnavailable(
                f"broker {self._endpoint}: its certificate is not trusted: {error.verify_message}; "
                "look at tls_ca_file in [broker] and at this box's clock"
            ) from error
        except OSError as error:
            raise BrokerUnavailable(f"broker {self._endpoint}: {error}") from error

    def _give_up(self, timeout_s: float) -> None:
        reason = str(self._refusal) if self._refusal else ""
        where = f"broker {self._endpoint}"
        if reason in REFUSALS:
            raise BrokerRefusedLogin(
                f"{where} refuses device {self._name!r}: {reason}; {REFUSALS[reason]}"
            )
        if reason == UNSUPPORTED_VERSION:
            raise BrokerSpeaksOtherMqtt(f"{where}: {explained(reason)}")
        if reason:
            raise BrokerUnavailable(f"{where}: refused: {explained(reason)}")
        if self._hung_up:
            hint = "; perhaps it wants a client certificate" if self._endpoint.tls else ""
            raise BrokerSpeaksOtherMqtt(f"{where}: {_HANG_UP}{hint}")
        raise BrokerUnavailable(f"{where}: no answer in {timeout_s:g} s")

    @property
    def _name(self) -> str:
        return str(self._client._client_id.decode())  # noqa: SLF001 - known only to paho

    def _end(self) -> bool:
        with self._over:
            first, self._is_over = not self._is_over, True
        return first

    def _on_connect(
        self,
        client: paho.Client,
        _data: Any,
        flags: Any,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refusal = reason
            self._settled.set()
            return
        self.session_present = flags.session_present
        # MQTT 5: the broker may allow fewer unconfirmed messages than we have. paho queues what is
        # above its own bound, and offers no way to lower that once it is connected.
        allowed = getattr(properties, "ReceiveMaximum", None)
        if allowed is not None:
            client._max_inflight_messages = min(client.max_inflight_messages, allowed)  # noqa: SLF001
        # MQTT 5: who sends a larger packet than this is cut off.
        announced = getattr(properties, "MaximumPacketSize", _NO_LIMIT)
        self._packet_bytes = min(self._packet_bytes, announced)
        client.subscribe(self._filters)

    def _on_subscribe(
        self, _client: paho.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _props: Any
    ) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        self._refusal = refused[0] if refused else None
        self._subscribed = not refused
        self._settled.set()

    def _on_publish(
        self, _client: paho.Client, _data: Any, _mid: int, reason: ReasonCode, _props: Any
    ) -> None:
        """MQTT 5 says when it drops what it confirms; the ledger's silence does the rest."""
        if reason.is_failure and str(reason) not in self._puback_refusals:
            self._puback_refusals.add(str(reason))
            _LOG.error(
                "broker_refused_message",
                broker=str(self._endpoint),
                reason=explained(str(reason)),
            )

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, flags: Any, reason: ReasonCode, _props: Any
    ) -> None:
        was_up = self._subscribed
        self._hung_up = not was_up
        self._taken_over = flags.is_disconnect_packet_from_server and str(reason) == TAKEN_OVER
        if flags.is_disconnect_packet_from_server and self._refusal is None:
            self._refusal = reason
        self._settled.set()
        if self._end() and was_up:
            self._listener.lost(explained(str(reason)))

    def _on_message(self, message: paho.MQTTMessage) -> None:
        self._listener.arrived(message.topic, bytes(message.payload))


def _disable_nagle(_client: paho.Client, _data: Any, sock: Any) -> None:
    """Without this a lone event waits for the previous one's TCP acknowledgement (23 → 661/s)."""
    raw = sock if isinstance(sock, socket.socket) else getattr(sock, "_sock", None)
    if raw is not None:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
