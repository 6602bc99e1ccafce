"""The transport over paho-mqtt: which broker, which MQTT, and who we are to it.

With ``auto`` a broker is greeted in MQTT 5 and, where it does not speak it, at once in 3.1.1; what
it spoke is remembered until it is found silent. MQTT 5 adds nothing that we rely on: a session
that expires, a bound on unconfirmed messages, and reasons in words.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.config import Endpoint, MqttProtocol
from agent.errors import BrokerRefusedLogin, BrokerUnavailable
from agent.sync.brokers import BrokerList
from agent.sync.connection import BrokerSpeaksOtherMqtt, PahoConnection
from agent.sync.tls import Tls, tls_context
from agent.sync.transport import Listener, Message

_VERSIONS = {
    MqttProtocol.AUTO: (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311),
    MqttProtocol.FIVE: (MQTTProtocolVersion.MQTTv5,),
    MqttProtocol.THREE_ONE_ONE: (MQTTProtocolVersion.MQTTv311,),
}


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """Who we are to the broker: the device's name is client id and user name at once."""

    client_id: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.client_id})"


@dataclass(frozen=True, slots=True)
class Manners:
    """How we speak with a broker.

    Attributes:
        session_expiry_s: MQTT 5: how long the broker keeps our session while we are away.
        max_in_flight: messages without a PUBACK at most; MQTT 5 brokers may allow fewer.
        receive_maximum: MQTT 5: messages that the broker may send us without our PUBACK.
        packet_bytes: the largest packet that we send, 0 for as large as the broker says; MQTT 5
            brokers say it, with 3.1.1 nobody does.
        return_after_s: see ``BrokerList``.
    """

    protocol: MqttProtocol = MqttProtocol.AUTO
    keepalive_s: int = 30
    connect_timeout_s: float = 5.0
    session_expiry_s: int = 14 * 86_400
    max_in_flight: int = 100
    receive_maximum: int = 100
    packet_bytes: int = 0
    return_after_s: float = 900.0


class PahoTransport:
    """Tries the brokers of a list in order. Implements ``Transport``; owned by one thread."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        login: Login,
        *,
        tls: Tls | None = None,
        manners: Manners | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
        surely: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """``surely``: how late it is at least, while the system's clock is known to be wrong."""
        self._surely = surely
        self._manners = manners or Manners()
        self._brokers = BrokerList(
            endpoints, monotonic_s, return_after_s=self._manners.return_after_s
        )
        self._login = login
        self._tls = tls or Tls()
        self._spoke: dict[Endpoint, MQTTProtocolVersion] = {}

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> PahoConnection:
        """Connect to the first broker that accepts us. See ``Transport.open``."""
        failures: list[str] = []
        refused: BrokerRefusedLogin | None = None
        for endpoint in self._brokers:
            try:
                connection = self._greet(endpoint, filters, will, listener)
            except BrokerUnavailable as error:
                self._spoke.pop(endpoint, None)
                failures.append(str(error))
            except BrokerRefusedLogin as error:
                refused = refused or error
            else:
                self._brokers.settled_on(endpoint)
                return connection
        if refused is not None:
            raise refused
        raise BrokerUnavailable("; ".join(failures) or "the list of brokers is empty")

    def _greet(
        self, endpoint: Endpoint, filters: Sequence[str], will: Message, listener: Listener
    ) -> PahoConnection:
        """Connect to one broker in the first version that it takes."""
        misheard: BrokerSpeaksOtherMqtt | None = None
        for version in self._versions(endpoint):
            connection = PahoConnection(
                self._client(endpoint, version, will),
                endpoint,
                listener,
                outdone=lambda: self._brokers.outdone(endpoint),
                packet_bytes=self._manners.packet_bytes,
            )
            try:
                connection.start(
                    filters,
                    self._manners.keepalive_s,
                    self._manners.connect_timeout_s,
                    self._properties(version),
                )
            except BrokerSpeaksOtherMqtt as error:
                misheard = error
                continue
            self._spoke[endpoint] = version
            return connection
        raise misheard or BrokerUnavailable(f"broker {endpoint}: no version to speak")

    def _versions(self, endpoint: Endpoint) -> Iterator[MQTTProtocolVersion]:
        spoken = self._spoke.get(endpoint)
        return iter(_VERSIONS[self._manners.protocol] if spoken is None else (spoken,))

    def _properties(self, version: MQTTProtocolVersion) -> Properties | None:
        if version is not MQTTProtocolVersion.MQTTv5:
            return None
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's gap
        properties.SessionExpiryInterval = self._manners.session_expiry_s
        properties.ReceiveMaximum = self._manners.receive_maximum
        return properties

    def _client(
        self, endpoint: Endpoint, version: MQTTProtocolVersion, will: Message
    ) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._login.client_id,
            clean_session=None if version is MQTTProtocolVersion.MQTTv5 else False,
            protocol=version,
            reconnect_on_failure=False,
        )
        client.username_pw_set(self._login.client_id, self._login.password)
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.max_inflight_messages_set(self._manners.max_in_flight)
        client.connect_timeout = self._manners.connect_timeout_s
        if endpoint.tls:
            client.tls_set_context(tls_context(self._tls, self._surely()))
        return client
