"""The source on a real broker: subscribes, delivers, answers, comes back, and says why not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from cloud.errors import BrokerRefusedLogin, BrokerUnavailable, FaultyService
from cloud.ingest.mqtt import BrokerLogin, MqttSource
from cloud.ingest.source import Message
from models.runtime.clock import SystemClock
from models.wire.ids import PARTS, part_of
from models.wire.topics import worker_filters
from tests.simulators.embedded_broker import embedded_broker
from tests.simulators.known_logins import device, logins_of, worker
from tests.simulators.mosquitto import Mosquitto, mosquitto
from tests.simulators.processes import eventually, free_port

pytestmark = pytest.mark.broker

TILL = device("sh-0001-pos1", store="sh-0001")
OFFICE, SECOND = worker(), worker("_cloud-second")
PART = part_of(TILL.path.store)
OTHER_PART = (PART + 1) % PARTS


@dataclass
class Ear:
    """Implements ``Listener``; ``hold`` makes it a slow one."""

    heard: list[Message] = field(default_factory=list)
    faults: list[FaultyService] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    def arrived(self, message: Message) -> None:
        assert self.hold.wait(30)
        self.heard.append(message)

    def failed(self, fault: FaultyService) -> None:
        self.faults.append(fault)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path, logins_of(TILL, OFFICE, SECOND)) as running:
        yield running


def source_for(
    address: tuple[str, int], user: str, password: str, client_id: str = ""
) -> MqttSource:
    login = BrokerLogin(*address, user, password, client_id or user)
    return MqttSource(login, clock=SystemClock(), random=lambda: 0.1)


@pytest.fixture
def make(broker: Mosquitto) -> Iterator[Callable[..., MqttSource]]:
    made: list[MqttSource] = []

    def source(user: str = OFFICE.name, password: str = OFFICE.secret) -> MqttSource:
        made.append(source_for(broker.address, user, password))
        return made[-1]

    yield source
    for one in made:
        one.close()


def started(source: MqttSource, ear: Ear, filters: list[str] | None = None) -> MqttSource:
    source.start(worker_filters() if filters is None else filters, ear)
    assert eventually(lambda: source.connected)
    return source


def test_what_a_device_says_arrives_and_it_hears_the_answer(
    make: Callable[..., MqttSource],
) -> None:
    office, till = Ear(), Ear()
    cloud = started(make(), office)
    shop = started(make(TILL.name, TILL.secret), till, [TILL.down()])
    shop.publish(TILL.up(), b"batch")
    assert eventually(lambda: bool(office.heard))
    cloud.publish(TILL.down(), b"ack")
    assert eventually(lambda: bool(till.heard))
    assert office.heard == [Message(TILL.up(), b"batch")]
    assert till.heard == [Message(TILL.down(), b"ack")]


def test_a_retained_message_is_marked(make: Callable[..., MqttSource]) -> None:
    shop = started(make(TILL.name, TILL.secret), Ear(), [])
    shop.publish(TILL.up(), b"birth", retain=True)
    office = Ear()
    started(make(), office)
    assert eventually(lambda: bool(office.heard))
    assert office.heard == [Message(TILL.up(), b"birth", retained=True)]


def test_it_comes_back_after_the_broker_was_thrown_away(
    make: Callable[..., MqttSource], broker: Mosquitto
) -> None:
    office = Ear()
    cloud = started(make(), office)
    broker.kill()
    assert eventually(lambda: not cloud.connected)
    with pytest.raises(BrokerUnavailable, match="not connected"):
        cloud.publish(TILL.down(), b"ack")
    broker.start()
    assert eventually(lambda: cloud.connected)
    started(make(TILL.name, TILL.secret), Ear(), []).publish(TILL.up(), b"again")
    assert eventually(lambda: bool(office.heard))


def test_answers_leave_while_the_listener_is_slow_again_later(
    make: Callable[..., MqttSource],
) -> None:
    office, till = Ear(), Ear()
    cloud = started(make(), office)
    shop = started(make(TILL.name, TILL.secret), till, [TILL.down()])
    office.hold.clear()
    for n in range(50):
        shop.publish(TILL.up(), b"%d" % n)
    cloud.publish(TILL.down(), b"ack")
    office.hold.set()
    assert eventually(lambda: len(office.heard) == 50 and len(till.heard) == 1)
    assert [int(one.payload) for one in office.heard] == list(range(50))


def test_a_wrong_password_is_a_matter_for_a_person(make: Callable[..., MqttSource]) -> None:
    ear = Ear()
    make(password="wrong").start(worker_filters(), ear)
    assert eventually(lambda: bool(ear.faults))
    (fault,) = ear.faults
    assert isinstance(fault, BrokerRefusedLogin)
    assert "'_cloud-ingest'" in str(fault)
    assert "mqtt://127.0.0.1:" in str(fault)
    assert "wrong" not in str(fault)


def test_a_broker_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    address = ("127.0.0.1", free_port())
    ear = Ear()
    source = source_for(address, OFFICE.name, OFFICE.secret)
    source.start(worker_filters(), ear)
    assert not source.connected
    server = socket.create_server(address)
    server.settimeout(15)
    connection, _ = server.accept()
    connection.close()
    server.close()
    source.close()
    assert ear.faults == []
    assert not list(tmp_path.iterdir())


def test_closing_before_starting_is_harmless() -> None:
    source_for(("127.0.0.1", free_port()), OFFICE.name, OFFICE.secret).close()


def test_a_login_never_shows_its_password() -> None:
    login = BrokerLogin("h", 1883, "u", "topsecret", "c")
    assert "topsecret" not in repr(login)
    assert str(login) == "mqtt://h:1883"


def test_what_is_listened_to_can_change_while_connected(make: Callable[..., MqttSource]) -> None:
    office, witness = Ear(), Ear()
    cloud = started(make(), office, worker_filters([PART]))
    started(make(SECOND.name, SECOND.secret), witness)
    shop = started(make(TILL.name, TILL.secret), Ear(), [])
    numbers = count()

    def is_heard() -> bool:
        payload = b"%d" % next(numbers)
        shop.publish(TILL.up(), payload)
        assert eventually(lambda: payload in payloads(witness))
        return payload in payloads(office)

    assert eventually(is_heard)
    cloud.subscribe(worker_filters([OTHER_PART]))
    assert eventually(lambda: not is_heard())
    cloud.subscribe(worker_filters())
    assert eventually(is_heard)


def payloads(ear: Ear) -> set[bytes]:
    return {message.payload for message in ear.heard}


def published_until_heard(shop: MqttSource, ear: Ear, payload: bytes) -> bool:
    """A new subscription takes a moment: the till says it until it is heard."""
    shop.publish(TILL.up(), payload)
    return payload in payloads(ear)


def test_what_is_asked_for_before_the_start_is_what_it_starts_with(
    make: Callable[..., MqttSource],
) -> None:
    office = Ear()
    cloud = make()
    cloud.subscribe(worker_filters([PART]))
    started(cloud, office, [])
    started(make(TILL.name, TILL.secret), Ear(), []).publish(TILL.up(), b"batch")
    assert eventually(lambda: bool(office.heard))


@pytest.mark.parametrize("kind", ["mosquitto", "embedded"])
def test_of_an_earlier_session_only_what_is_still_wanted_is_listened_to(
    tmp_path: Path, kind: str
) -> None:
    opened = mosquitto if kind == "mosquitto" else embedded_broker
    with opened(tmp_path, logins_of(TILL, OFFICE, SECOND)) as running:
        earlier = started(source_for(running.address, OFFICE.name, OFFICE.secret), Ear())
        earlier.close()
        later, witness = Ear(), Ear()
        sources = [
            started(
                source_for(running.address, OFFICE.name, OFFICE.secret),
                later,
                worker_filters([OTHER_PART]),
            ),
            started(source_for(running.address, SECOND.name, SECOND.secret), witness),
            started(source_for(running.address, TILL.name, TILL.secret), Ear(), []),
        ]
        sources[2].publish(TILL.up(), b"not for the later")
        assert eventually(lambda: bool(witness.heard))
        sources[0].subscribe(worker_filters([PART]))
        assert eventually(lambda: published_until_heard(sources[2], later, b"for both"))
        for source in sources:
            source.close()
    assert payloads(later) == {b"for both"}


def test_taking_back_a_filter_that_was_never_there_harms_nobody(
    make: Callable[..., MqttSource],
) -> None:
    office = Ear()
    cloud = started(make(), office)
    cloud.subscribe(worker_filters())
    cloud.subscribe([])
    cloud.subscribe([])
    assert cloud.connected
