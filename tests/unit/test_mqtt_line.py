"""The line: who publishes writes, nobody waits for a slow listener, and every end is noticed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from models.runtime.mqtt_line import GOODBYE_S, MqttLine
from tests.simulators.processes import eventually
from tests.simulators.scripted_broker import connack_311

PUBACK, PUBLISH = 0x40, 0x32
BULKY = 8 * 1024 * 1024
"""More than loopback holds for somebody who does not read."""


@dataclass
class FarEnd:
    """The broker's end of one line, byte by byte in the test's hands."""

    line: socket.socket
    heard: bytearray = field(default_factory=bytearray)

    def accept(self) -> None:
        """Take the CONNECT and welcome it."""
        self.line.recv(4096)
        self.line.sendall(connack_311(0))

    def say(self, *payloads: bytes) -> None:
        """Publish at QoS 1 on topic ``t``, all in one go."""
        packets = (
            bytes([PUBLISH, 5 + len(payload), 0, 1]) + b"t" + number.to_bytes(2, "big") + payload
            for number, payload in enumerate(payloads, 1)
        )
        self.line.sendall(b"".join(packets))

    def hears(self, size: int, timeout_s: float = 30.0) -> bool:
        """Whether so many bytes come in all."""
        self.line.settimeout(timeout_s)
        with suppress(TimeoutError):
            while len(self.heard) < size:
                self.heard += self.line.recv(1 << 20)
        return len(self.heard) >= size


@dataclass
class NearEnd:
    """The line under test, and what its owner was told."""

    client: paho.Client
    line: MqttLine
    came: list[bytes]
    losses: list[str]
    listening: threading.Event

    def publish(self, payload: bytes) -> paho.MQTTMessageInfo:
        with self.line.speaking() as client:
            return client.publish("t", payload, qos=1)


@pytest.fixture
def ends() -> Iterator[tuple[NearEnd, FarEnd]]:
    came: list[bytes] = []
    losses: list[str] = []
    listening = threading.Event()
    listening.set()

    def deliver(message: paho.MQTTMessage) -> None:
        assert listening.wait(20)
        came.append(bytes(message.payload))

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="x", reconnect_on_failure=False)
    client.max_inflight_messages_set(1000)  # the far end confirms nothing
    client.on_disconnect = lambda *what: losses.append(str(what[3]))
    line = MqttLine(client, deliver, "line under test")
    with socket.create_server(("127.0.0.1", 0)) as server:
        client.connect(*server.getsockname())
        far = FarEnd(server.accept()[0])
    far.accept()
    line.start()
    assert eventually(client.is_connected, every_s=0.005)
    yield NearEnd(client, line, came, losses, listening), far
    listening.set()
    line.close()
    far.line.close()


Ends = tuple[NearEnd, FarEnd]


def test_a_message_is_on_the_wire_when_publish_returns(ends: Ends) -> None:
    near, far = ends
    near.publish(b"sale")
    assert not near.client.want_write()
    far.line.settimeout(30)
    assert far.line.recv(4096).endswith(b"sale")


def test_all_that_came_in_one_piece_is_delivered_in_order(ends: Ends) -> None:
    near, far = ends
    wanted = [b"%d" % n for n in range(200)]
    far.say(*wanted)
    assert eventually(lambda: len(near.came) == 200, every_s=0.005)
    assert near.came == wanted


def test_a_slow_listener_holds_up_the_broker_and_nobody_who_publishes(ends: Ends) -> None:
    near, far = ends
    near.listening.clear()
    far.say(b"first")
    near.publish(b"meanwhile")
    assert far.hears(16)
    assert far.heard[0] == PUBLISH
    assert not far.hears(17, timeout_s=0.2), "no PUBACK before it was delivered"
    near.listening.set()
    assert far.hears(20)
    assert far.heard[16:] == bytes([PUBACK, 2, 0, 1])
    assert near.came == [b"first"]


def test_what_the_socket_does_not_take_is_written_later(ends: Ends) -> None:
    near, far = ends
    began_s = time.monotonic()
    near.publish(bytes(BULKY))
    near.publish(b"behind it")
    assert time.monotonic() - began_s < 2.0, "nobody waited for the other side"
    assert near.client.want_write()
    headers = (1 + 4 + 3 + 2) + (1 + 1 + 3 + 2)
    assert far.hears(headers + BULKY + len(b"behind it"))
    assert far.heard.endswith(b"behind it")


def test_publishers_on_several_threads_never_mix_their_bytes(ends: Ends) -> None:
    near, far = ends

    def publish(letter: str) -> None:
        for _ in range(50):
            near.publish(letter.encode() * 9_000)

    threads = [threading.Thread(target=publish, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    packet = 1 + 2 + 3 + 2 + 9_000
    assert far.hears(200 * packet)
    for thread in threads:
        thread.join()
    bodies = [far.heard[n * packet + 8 : (n + 1) * packet] for n in range(200)]
    assert all(len(set(body)) == 1 for body in bodies)
    assert {body[:1].decode() for body in bodies} == set("abcd")


def test_a_loss_is_told_once_whoever_finds_it(ends: Ends) -> None:
    near, far = ends
    far.line.shutdown(socket.SHUT_RDWR)
    far.line.close()
    assert eventually(lambda: bool(near.losses))
    assert near.publish(b"too late").rc != paho.MQTT_ERR_SUCCESS
    near.line.close()
    assert len(near.losses) == 1


@pytest.mark.parametrize("stuck", [False, True])
def test_it_ends_soon_also_where_the_other_side_takes_nothing(ends: Ends, *, stuck: bool) -> None:
    near, _ = ends
    if stuck:
        near.publish(bytes(BULKY))
    began_s = time.monotonic()
    near.line.close()
    near.line.close()
    assert time.monotonic() - began_s < GOODBYE_S + 2.0
    assert near.client.socket() is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_raises_ends_the_connection(ends: Ends) -> None:
    near, far = ends
    near.line._deliver = near.losses.index  # type: ignore[assignment]  # anything that raises
    far.say(b"first")
    assert eventually(lambda: len(near.losses) == 1)
    assert not near.client.is_connected()


def test_what_was_never_started_closes_too() -> None:
    never: Callable[[paho.MQTTMessage], None] = lambda _: None  # noqa: E731 - a listener
    MqttLine(paho.Client(CallbackAPIVersion.VERSION2), never, "never").close()
