"""One contract for the agent's transport: on a simulated broker, the embedded one and Mosquitto."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from agent.config import Endpoint, MqttProtocol
from agent.errors import BrokerRefusedLogin, BrokerUnavailable
from agent.sync.connection import PahoConnection
from agent.sync.mqtt import Login, Manners, PahoTransport
from agent.sync.transport import Connection, Message, Transport
from models.wire.topics import Down, ShopDown, Stream, Up, device_filters, worker_filters
from tests.simulators.broker import SimulatedBroker, SimulatedConnection
from tests.simulators.embedded_broker import embedded_broker
from tests.simulators.known_logins import KnownDevice, KnownWorker, device, logins_of, worker
from tests.simulators.mosquitto import mosquitto
from tests.simulators.processes import eventually, free_port

TILL = device("sh-0001-pos1", store="sh-0001")
NEIGHBOUR = device("sh-0002-pos1", store="sh-0002")
OFFICE = worker()
EVERYBODY = (TILL, NEIGHBOUR, OFFICE)


class BrokerUnderTest(Protocol):
    """What the suite does to a broker beside talking to it."""

    def transport(self, who: KnownDevice | KnownWorker, secret: str | None = None) -> Transport: ...

    def cut(self, connection: Connection) -> None: ...

    def kill(self) -> None: ...


@dataclass
class Simulated:
    broker: SimulatedBroker

    def transport(self, who: KnownDevice | KnownWorker, secret: str | None = None) -> Transport:
        return self.broker.transport(who.name, secret or who.secret)

    def cut(self, connection: Connection) -> None:
        assert isinstance(connection, SimulatedConnection)
        self.broker.cut(connection.client)

    def kill(self) -> None:
        self.broker.kill()


class _Real(Protocol):
    @property
    def address(self) -> tuple[str, int]: ...

    @property
    def pid(self) -> int | None: ...


@dataclass
class Real:
    broker: _Real
    protocol: MqttProtocol

    def transport(self, who: KnownDevice | KnownWorker, secret: str | None = None) -> Transport:
        host, port = self.broker.address
        return PahoTransport(
            [Endpoint(host, port, tls=False)],
            Login(who.name, secret or who.secret),
            manners=Manners(protocol=self.protocol, connect_timeout_s=10.0),
        )

    def cut(self, connection: Connection) -> None:
        assert isinstance(connection, PahoConnection)
        line = connection._client.socket()
        assert isinstance(line, socket.socket)
        line.shutdown(socket.SHUT_RDWR)

    def kill(self) -> None:
        pid = self.broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(
    params=[
        "simulated",
        # The embedded one speaks 3.1.1 only: "auto" tries 5 first and falls back.
        pytest.param(("embedded", MqttProtocol.AUTO), marks=pytest.mark.broker, id="embedded-auto"),
        pytest.param(("mosquitto", MqttProtocol.FIVE), marks=pytest.mark.broker, id="mosquitto-5"),
        pytest.param(
            ("mosquitto", MqttProtocol.THREE_ONE_ONE),
            marks=pytest.mark.broker,
            id="mosquitto-3.1.1",
        ),
    ]
)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BrokerUnderTest]:
    logins = logins_of(*EVERYBODY)
    if request.param != "simulated":
        name, protocol = request.param
        start = embedded_broker if name == "embedded" else mosquitto
        with start(tmp_path, logins) as real:
            yield Real(real, protocol)
    else:
        yield Simulated(SimulatedBroker({who.name: who.secret for who in EVERYBODY}))


@dataclass
class Ear:
    """A listener that remembers."""

    heard: list[tuple[str, bytes]] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    woken: threading.Event = field(default_factory=threading.Event)

    def arrived(self, topic: str, payload: bytes) -> None:
        self.heard.append((topic, payload))

    def lost(self, reason: str) -> None:
        self.losses.append(reason)

    def hears(self, topic: str, payload: bytes, timeout_s: float = 30.0) -> bool:
        return eventually(lambda: (topic, payload) in self.heard, timeout_s, every_s=0.01)


def call_in(broker: BrokerUnderTest, who: KnownDevice | KnownWorker) -> tuple[Connection, Ear]:
    ear = Ear()
    if isinstance(who, KnownWorker):
        filters, will = tuple(worker_filters()), Message("lk1/office/will", b"")
    else:
        filters, will = device_filters(who.path), Message(who.up(Up.STATE), b"gone", retain=True)
    return broker.transport(who).open(filters, will, ear), ear


def test_what_a_device_says_reaches_head_office_and_the_answer_reaches_the_device(
    broker: BrokerUnderTest,
) -> None:
    office, office_ear = call_in(broker, OFFICE)
    till, till_ear = call_in(broker, TILL)
    till.publish(Message(TILL.up(Stream.SALE), b"batch"))
    assert office_ear.hears(TILL.up(Stream.SALE), b"batch")
    office.publish(Message(TILL.down(Down.ACK), b"settled"))
    assert till_ear.hears(TILL.down(Down.ACK), b"settled")
    assert eventually(lambda: till.unconfirmed() == 0)
    till.close()
    office.close()


def test_messages_of_one_topic_arrive_in_order(broker: BrokerUnderTest) -> None:
    office, ear = call_in(broker, OFFICE)
    till, _ = call_in(broker, TILL)
    for n in range(200):
        till.publish(Message(TILL.up(Stream.SALE), b"%d" % n))
    assert ear.hears(TILL.up(Stream.SALE), b"199")
    seen = list(dict.fromkeys(p for t, p in ear.heard if t == TILL.up(Stream.SALE)))
    assert seen == [b"%d" % n for n in range(200)]
    till.close()
    office.close()


def test_what_was_said_while_we_were_away_arrives_when_we_are_back(
    broker: BrokerUnderTest,
) -> None:
    till, _ = call_in(broker, TILL)
    till.close()
    office, _ = call_in(broker, OFFICE)
    office.publish(Message(TILL.down(Down.ACK), b"while away"))
    assert eventually(lambda: office.unconfirmed() == 0)
    till, ear = call_in(broker, TILL)
    assert ear.hears(TILL.down(Down.ACK), b"while away")
    till.close()
    office.close()


def test_a_retained_state_is_heard_by_those_who_come_later(broker: BrokerUnderTest) -> None:
    till, _ = call_in(broker, TILL)
    till.publish(Message(TILL.up(Up.BIRTH), b"born", retain=True))
    assert eventually(lambda: till.unconfirmed() == 0)
    office, ear = call_in(broker, OFFICE)
    assert ear.hears(TILL.up(Up.BIRTH), b"born")
    office.close()
    till.close()


def test_the_will_is_spoken_when_the_line_breaks_and_not_after_a_goodbye(
    broker: BrokerUnderTest,
) -> None:
    office, ear = call_in(broker, OFFICE)
    polite, _ = call_in(broker, NEIGHBOUR)
    polite.close()
    till, till_ear = call_in(broker, TILL)
    broker.cut(till)
    assert ear.hears(TILL.up(Up.STATE), b"gone")
    assert eventually(lambda: len(till_ear.losses) == 1)
    assert not [1 for topic, _ in ear.heard if topic == NEIGHBOUR.up(Up.STATE)]
    till.close()
    office.close()
    assert len(till_ear.losses) == 1


def test_a_second_login_under_the_same_name_ends_the_first(broker: BrokerUnderTest) -> None:
    till, ear = call_in(broker, TILL)
    twin, twin_ear = call_in(broker, TILL)
    assert eventually(lambda: len(ear.losses) == 1)
    with pytest.raises(BrokerUnavailable):
        till.publish(Message(TILL.up(Stream.SALE), b"too late"))
    assert not twin.taken_over()
    twin.publish(Message(TILL.up(Stream.SALE), b"mine now"))
    assert not twin_ear.losses
    till.close()
    twin.close()


def test_a_wrong_password_is_a_refusal_and_not_an_outage(broker: BrokerUnderTest) -> None:
    with pytest.raises(BrokerRefusedLogin) as caught:
        broker.transport(TILL, "not-the-secret").open(
            device_filters(TILL.path), Message(TILL.up(Up.STATE), b""), Ear()
        )
    assert TILL.name in str(caught.value)
    assert "not-the-secret" not in str(caught.value)


def test_a_device_cannot_speak_for_its_neighbour(broker: BrokerUnderTest) -> None:
    office, ear = call_in(broker, OFFICE)
    till, _ = call_in(broker, TILL)
    till.publish(Message(NEIGHBOUR.up(Stream.SALE), b"forged"))
    till.publish(Message(TILL.up(Stream.SALE), b"honest"))
    assert ear.hears(TILL.up(Stream.SALE), b"honest")
    assert b"forged" not in [payload for _, payload in ear.heard]
    till.close()
    office.close()


def test_every_tablet_of_a_shop_hears_its_cards_and_no_other_shop_does(
    broker: BrokerUnderTest,
) -> None:
    office, _ = call_in(broker, OFFICE)
    till, till_ear = call_in(broker, TILL)
    neighbour, other_ear = call_in(broker, NEIGHBOUR)
    office.publish(Message(TILL.shop_down(ShopDown.CARDS), b"card"))
    office.publish(Message(NEIGHBOUR.shop_down(ShopDown.CARDS), b"other card"))
    assert till_ear.hears(TILL.shop_down(ShopDown.CARDS), b"card")
    assert other_ear.hears(NEIGHBOUR.shop_down(ShopDown.CARDS), b"other card")
    assert b"card" not in [payload for _, payload in other_ear.heard]
    for connection in (till, neighbour, office):
        connection.close()


def test_a_broker_that_dies_is_noticed_once(broker: BrokerUnderTest) -> None:
    till, ear = call_in(broker, TILL)
    broker.kill()
    assert eventually(lambda: len(ear.losses) == 1)
    with pytest.raises(BrokerUnavailable):
        till.publish(Message(TILL.up(Stream.SALE), b"x"))
    till.close()
    assert len(ear.losses) == 1


def test_a_list_of_brokers_is_tried_until_one_answers(tmp_path: Path) -> None:
    nobody = Endpoint("127.0.0.1", free_port(), tls=False)
    transport = PahoTransport([nobody], Login("x", "y"), manners=Manners(connect_timeout_s=1))
    with pytest.raises(BrokerUnavailable, match=str(nobody.port)):
        transport.open((), Message("t", b""), Ear())
    with pytest.raises(BrokerUnavailable, match="list of brokers is empty"):
        PahoTransport([], Login("x", "y")).open((), Message("t", b""), Ear())
    with mosquitto(tmp_path, logins_of(*EVERYBODY)) as real:
        there = Endpoint(*real.address, tls=False)
        transport = PahoTransport([nobody, there], Login(TILL.name, TILL.secret))
        will = Message(TILL.up(Up.STATE), b"")
        transport.open(device_filters(TILL.path), will, Ear()).close()
        transport.open(device_filters(TILL.path), will, Ear()).close()
