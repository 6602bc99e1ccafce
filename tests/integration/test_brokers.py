"""The list of brokers, the versions of MQTT, what brokers say no with, and client certificates."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.config import Endpoint, MqttProtocol
from agent.errors import BadConfiguration, BrokerRefusedLogin, BrokerUnavailable
from agent.sync.brokers import BrokerList, takes_connections
from agent.sync.connection import PahoConnection
from agent.sync.mqtt import Login, Manners, PahoTransport
from agent.sync.tls import Tls
from agent.sync.transport import Message
from models.wire.codec import MAX_PAYLOAD_BYTES
from models.wire.topics import Stream, Up, device_filters
from tests.simulators.authority import Authority
from tests.simulators.embedded_broker import embedded_broker
from tests.simulators.known_logins import device, logins_of
from tests.simulators.mosquitto import mosquitto
from tests.simulators.processes import eventually, free_port
from tests.simulators.scripted_broker import (
    HANG_UP,
    connack,
    connack_311,
    disconnect,
    scripted_broker,
)

TILL = device("sh-0001-pos1", store="sh-0001")
FIVE, THREE = 5, 4
PATIENT = Manners(connect_timeout_s=5.0)


@dataclass
class Ear:
    heard: list[bytes] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    woken: threading.Event = field(default_factory=threading.Event)

    def arrived(self, topic: str, payload: bytes) -> None:
        del topic
        self.heard.append(payload)

    def lost(self, reason: str) -> None:
        self.losses.append(reason)


@dataclass
class Hand:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def opened(transport: PahoTransport, ear: Ear | None = None) -> PahoConnection:
    will = Message(TILL.up(Up.STATE), b"gone")
    return transport.open(device_filters(TILL.path)[:1], will, ear or Ear())


def transport_to(*endpoints: Endpoint, manners: Manners = PATIENT) -> PahoTransport:
    return PahoTransport(endpoints, Login(TILL.name, TILL.secret), manners=manners)


def three_brokers(
    up: set[int], hand: Hand, asked: list[int] | None = None
) -> tuple[BrokerList, list[Endpoint]]:
    endpoints = [Endpoint("broker", port, tls=False) for port in (1, 2, 3)]

    def answers(endpoint: Endpoint) -> bool:
        if asked is not None:
            asked.append(endpoint.port)
        return endpoint.port in up

    return BrokerList(endpoints, hand, return_after_s=60.0, answers=answers), endpoints


def test_the_first_broker_is_never_left_for_another() -> None:
    hand, asked = Hand(), list[int]()
    brokers, (first, *_) = three_brokers({1, 2, 3}, hand, asked)
    brokers.settled_on(first)
    hand.now_s = 10_000.0
    assert not brokers.outdone(first)
    assert not asked


def test_a_later_broker_is_left_when_an_earlier_one_answers_again() -> None:
    hand, up = Hand(), {3}
    brokers, (_, second, third) = three_brokers(up, hand)
    brokers.settled_on(third)
    up.add(1)
    hand.now_s = 59.0
    assert not brokers.outdone(third), "a look is not due yet"
    hand.now_s = 60.0
    assert brokers.outdone(third)
    hand.now_s = 200.0
    brokers.settled_on(second)
    assert not brokers.outdone(second)


def test_earlier_brokers_are_asked_once_in_a_while_only() -> None:
    hand, asked = Hand(), list[int]()
    brokers, (*_, third) = three_brokers(set(), hand, asked)
    brokers.settled_on(third)
    for second in range(180):
        hand.now_s = float(second)
        assert not brokers.outdone(third)
    assert asked == [1, 2, 1, 2]


def test_a_look_is_a_connection_and_nothing_more() -> None:
    with scripted_broker(HANG_UP) as broker:
        assert takes_connections(broker.endpoint)
        assert not broker.versions
    assert not takes_connections(Endpoint("127.0.0.1", free_port(), tls=False))


def test_the_next_connection_begins_with_the_first_broker_again() -> None:
    home_port = free_port()
    with scripted_broker(connack(0)) as spare:
        transport = transport_to(Endpoint("127.0.0.1", home_port, tls=False), spare.endpoint)
        with closing(opened(transport)):
            assert len(spare.versions) == 1
        with scripted_broker(connack(0), port=home_port) as home, closing(opened(transport)):
            assert (len(home.versions), len(spare.versions)) == (1, 1)


def test_a_broker_that_does_not_know_us_keeps_us_from_no_other() -> None:
    with scripted_broker(connack(0x86)) as fresh, scripted_broker(connack(0)) as knows_us:
        with closing(opened(transport_to(fresh.endpoint, knows_us.endpoint))):
            assert knows_us.versions == [FIVE]
        with pytest.raises(BrokerRefusedLogin, match="Bad user name"):
            opened(transport_to(fresh.endpoint, Endpoint("127.0.0.1", free_port(), tls=False)))


@pytest.mark.parametrize("no", [connack(0x84), connack_311(1), HANG_UP])
def test_a_broker_that_does_not_speak_five_is_greeted_in_three_one_one(no: bytes) -> None:
    with scripted_broker(no, connack_311(0)) as broker:
        transport = transport_to(broker.endpoint)
        with closing(opened(transport)):
            assert broker.versions == [FIVE, THREE]
        with closing(opened(transport)):
            assert broker.versions == [FIVE, THREE, THREE], "it is remembered"


@pytest.mark.parametrize(
    ("protocol", "version"), [(MqttProtocol.FIVE, FIVE), (MqttProtocol.THREE_ONE_ONE, THREE)]
)
def test_a_version_that_was_set_is_the_only_one_tried(protocol: MqttProtocol, version: int) -> None:
    with scripted_broker(connack_311(1)) as broker:
        with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1"):
            opened(transport_to(broker.endpoint, manners=Manners(protocol=protocol)))
        assert broker.versions == [version]


@pytest.mark.broker
def test_five_alone_on_a_broker_of_three_one_one_says_what_to_set(tmp_path: Path) -> None:
    with embedded_broker(tmp_path, logins_of(TILL)) as broker:
        there = Endpoint(*broker.address, tls=False)
        with pytest.raises(BrokerUnavailable, match='protocol = "auto"'):
            opened(transport_to(there, manners=Manners(protocol=MqttProtocol.FIVE)))


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (0x86, BrokerRefusedLogin, "Bad user name or password; enrol the device again"),
        (0x87, BrokerRefusedLogin, "access rules"),
        (0x85, BrokerRefusedLogin, "client id"),
        (0x8A, BrokerRefusedLogin, "lift the ban"),
        (0x88, BrokerUnavailable, "Server unavailable"),
        (0x89, BrokerUnavailable, "Server busy"),
        (0x97, BrokerUnavailable, "raise its quota"),
        (0x9D, BrokerUnavailable, "urls in"),
        (0x9F, BrokerUnavailable, "we come back later"),
    ],
)
def test_a_reason_code_becomes_an_error_that_says_what_to_do(
    code: int, error: type[Exception], words: str
) -> None:
    with scripted_broker(connack(code)) as broker, pytest.raises(error) as caught:
        opened(transport_to(broker.endpoint))
    assert words in str(caught.value)
    assert TILL.secret not in str(caught.value)


def test_no_more_is_unconfirmed_than_the_broker_allows() -> None:
    with (
        scripted_broker(connack(0, receive_maximum=3)) as broker,
        closing(opened(transport_to(broker.endpoint))) as connection,
    ):
        receipts = [connection.publish(Message(TILL.up(), b"%d" % n)) for n in range(10)]
        assert eventually(lambda: broker.published == 3)
        assert not eventually(lambda: broker.published > 3, 0.2)
        assert connection.unconfirmed() == 10
        assert not any(receipt.confirmed() for receipt in receipts)


def test_what_the_broker_takes_at_most_is_known_and_never_exceeded() -> None:
    topic = TILL.up(Stream.SALE)
    with scripted_broker(connack(0, packet_maximum=2000)) as broker:
        connection = opened(transport_to(broker.endpoint))
        room = connection.largest_payload(topic)
        assert room == 2000 - len(topic) - 10
        connection.publish(Message(topic, bytes(room)))
        with pytest.raises(BrokerUnavailable, match="packets of 2000 bytes at most"):
            connection.publish(Message(topic, bytes(room + 1)))
        assert eventually(lambda: broker.published == 1)
        connection.close()


@pytest.mark.parametrize(
    ("answer", "announced"), [(connack(0), 0), (connack(0, packet_maximum=90_000), 90_000)]
)
def test_a_limit_that_is_configured_holds_beside_the_announced_one(
    answer: bytes, announced: int
) -> None:
    topic = TILL.up(Stream.SALE)
    for configured in (50_000, 100_000):
        with scripted_broker(answer) as broker:
            manners = Manners(connect_timeout_s=5.0, packet_bytes=configured)
            connection = opened(transport_to(broker.endpoint, manners=manners))
            least = min(configured, announced or configured)
            assert connection.largest_payload(topic) == least - len(topic) - 10
            connection.close()


def test_a_lone_event_does_not_wait_for_the_acknowledgement_of_the_one_before() -> None:
    with scripted_broker(connack(0)) as broker:
        connection = opened(transport_to(broker.endpoint))
        line = connection._client.socket()
        assert isinstance(line, socket.socket)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()


@pytest.mark.broker
@pytest.mark.parametrize(
    ("protocol", "configured"), [(MqttProtocol.FIVE, 0), (MqttProtocol.THREE_ONE_ONE, 8192)]
)
def test_a_real_brokers_limit_is_reached_and_not_passed(
    tmp_path: Path, protocol: MqttProtocol, configured: int
) -> None:
    with mosquitto(tmp_path, logins_of(TILL)) as broker:
        broker._write("mosquitto.conf", f"{broker._config()}\nmax_packet_size 8192\n")
        broker.restart()
        manners = Manners(protocol=protocol, connect_timeout_s=5.0, packet_bytes=configured)
        transport = PahoTransport(
            [Endpoint(*broker.address, tls=False)], Login(TILL.name, TILL.secret), manners=manners
        )
        ear = Ear()
        connection = opened(transport, ear)
        topic = TILL.up(Stream.SALE)
        room = connection.largest_payload(topic)
        assert 8000 < room < 8192
        assert eventually(connection.publish(Message(topic, bytes(room))).confirmed)
        assert not ear.losses
        connection.close()


def test_without_a_limit_a_batch_may_be_as_large_as_the_wire_allows() -> None:
    with scripted_broker(connack(0)) as broker:
        connection = opened(transport_to(broker.endpoint))
        assert connection.largest_payload(TILL.up(Stream.SALE)) == MAX_PAYLOAD_BYTES
        connection.close()


@pytest.mark.parametrize(("reason", "taken"), [(0x8E, True), (0x8B, False)])
def test_who_takes_our_place_is_told_apart_from_a_broker_that_goes_down(
    reason: int, taken: bool
) -> None:
    ear = Ear()
    with scripted_broker(connack(0)) as broker:
        broker.last_word = disconnect(reason)
        connection = opened(transport_to(broker.endpoint), ear)
        assert not connection.taken_over()
        with suppress(BrokerUnavailable):  # the broker's word may come before publish returns
            connection.publish(Message(TILL.up(Stream.SALE), b"batch"))
        assert eventually(lambda: len(ear.losses) == 1)
        assert connection.taken_over() is taken
        connection.close()


@pytest.mark.broker
def test_with_five_the_broker_keeps_what_it_holds_for_us_until_the_session_expires(
    tmp_path: Path,
) -> None:
    with mosquitto(tmp_path, logins_of(TILL)) as broker:
        there = Endpoint(*broker.address, tls=False)
        for expiry_s, kept in ((3600, True), (0, False)):
            manners = Manners(protocol=MqttProtocol.FIVE, session_expiry_s=expiry_s)
            opened(transport_to(there, manners=manners)).close()
            connection = opened(transport_to(there, manners=manners))
            present = connection.session_present
            connection.close()
            assert present is kept


@pytest.mark.broker
def test_a_receipt_is_confirmed_by_the_brokers_puback(tmp_path: Path) -> None:
    with mosquitto(tmp_path, logins_of(TILL)) as broker:
        connection = opened(transport_to(Endpoint(*broker.address, tls=False)))
        receipt = connection.publish(Message(TILL.up(Stream.SALE), b"batch"))
        assert eventually(receipt.confirmed)
        connection.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def by_certificate(tmp_path: Path, authority: Authority) -> Iterator[Endpoint]:
    """A Mosquitto that speaks with those alone who show a certificate."""
    with mosquitto(tmp_path, logins_of(TILL), authority=authority) as broker:
        yield Endpoint(*broker.address, tls=True)


def with_tls(endpoint: Endpoint, tls: Tls, protocol: MqttProtocol) -> PahoTransport:
    return PahoTransport(
        [endpoint],
        Login(TILL.name, "no password is asked for"),
        tls=tls,
        manners=Manners(protocol=protocol),
    )


@pytest.mark.broker
@pytest.mark.parametrize("protocol", [MqttProtocol.FIVE, MqttProtocol.THREE_ONE_ONE])
def test_a_device_proves_itself_by_its_certificate(
    by_certificate: Endpoint, authority: Authority, protocol: MqttProtocol
) -> None:
    ours = authority.issue(TILL.name)
    tls = Tls(authority.ca_file, ours.certificate, ours.private_key)
    connection = opened(with_tls(by_certificate, tls, protocol))
    receipt = connection.publish(Message(TILL.up(Stream.SALE), b"batch"))
    assert eventually(receipt.confirmed)
    connection.close()


@pytest.mark.broker
def test_without_a_certificate_the_error_says_what_may_be_missing(
    by_certificate: Endpoint, authority: Authority
) -> None:
    with pytest.raises(BrokerUnavailable, match="client certificate"):
        opened(with_tls(by_certificate, Tls(authority.ca_file), MqttProtocol.AUTO))


@pytest.mark.broker
def test_a_broker_that_we_do_not_trust_is_not_spoken_with(
    by_certificate: Endpoint, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger", name="somebody else")
    with pytest.raises(BrokerUnavailable, match="not trusted"):
        opened(with_tls(by_certificate, Tls(stranger.ca_file), MqttProtocol.AUTO))


def test_a_certificate_that_cannot_be_read_is_a_configuration_to_mend(tmp_path: Path) -> None:
    nothing, rubbish = tmp_path / "nothing.pem", tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate")
    anywhere = Endpoint("127.0.0.1", free_port(), tls=True)
    for tls in (Tls(nothing), Tls(rubbish), Tls(None, nothing), Tls(None, rubbish)):
        with pytest.raises(BadConfiguration, match=r"(nothing|rubbish)\.pem"):
            opened(with_tls(anywhere, tls, MqttProtocol.AUTO))
