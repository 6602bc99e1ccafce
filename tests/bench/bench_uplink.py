"""What the outbox costs on the way to the broker, against bare paho on the same Mosquitto.

    python -m tests.bench.bench_uplink

A round sends the same 10,000 sales of ten lines in 100 batches at QoS 1 and ends with the last
PUBACK. Our side leases them from the disk, opens what is sealed, stamps, compresses and publishes,
and notes on the disk how far it sent. Bare paho (TCP_NODELAY on both sides, enough of a window)
publishes from memory, in rounds that alternate with ours. ``uplink.batch100`` takes "the same
bytes" by the letter: paho publishes the very frames that our codec made beforehand, a thirtieth of
what we read; it cannot come near 1, and frames made ahead would not either (ADR 22).
``uplink.batch100.plain`` lets paho publish the same batches as plain JSON, so that both sides begin
with the same bytes.
"""

from __future__ import annotations

import json
import random as chance
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from agent.outbox import Outbox
from agent.sync.egress import Limits
from agent.sync.transport import Connection, Listener, Message, Receipt
from models.runtime.clock import SystemClock
from models.wire.ack import Welcome
from models.wire.birth import decode_birth
from models.wire.codec import Codec
from models.wire.topics import Down, Stream, Up, down, up
from tests.simulators.facts import SHOP
from tests.simulators.known_logins import KnownDevice, device, logins_of, worker
from tests.simulators.mosquitto import mosquitto
from tests.simulators.outbox_parts import Premises, a_draft
from tests.simulators.shop_line import a_link, paho_transport
from tests.simulators.wayward_lines import PassedOn

ROUNDS = 7
BATCHES, EVENTS = 100, 100
MEMBERS, LOYAL = 2_000, 0.3
LIMIT_S = 60.0

Figure = dict[str, Any]
Address = tuple[str, int]


@dataclass
class Watched:
    """The agent's transport, whose receipts of batches are kept. Implements the port.

    Attributes:
        all_left: set when the last batch was handed over: who polled for it would take turns with
            the threads that are measured.
    """

    address: Address
    known: KnownDevice
    receipts: list[Receipt] = field(default_factory=list)
    all_left: threading.Event = field(default_factory=threading.Event)

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        inner = paho_transport(self.address, SHOP, self.known.secret).open(filters, will, listener)
        return WatchedConnection(inner, self)


@dataclass
class WatchedConnection(PassedOn):
    """One connection of it."""

    watched: Watched

    def publish(self, message: Message) -> Receipt:
        receipt = self.inner.publish(message)
        if message.topic == up(SHOP, Stream.SALE):
            self.watched.receipts.append(receipt)
            if len(self.watched.receipts) == BATCHES:
                self.watched.all_left.set()
        return receipt


class Usher:
    """Answers births and nothing else, so that every round sends everything again."""

    def __init__(self, address: Address, name: str, secret: str) -> None:
        self.welcomed_s = 0.0
        self._client = bare_client(address, name, secret)
        self._client.on_message = self._on_message
        self._client.subscribe(up(SHOP, Up.BIRTH), 1)

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        answer = Welcome(
            ledger="ledger-1", birth=decode_birth(bytes(message.payload)).birth, epochs=[]
        )
        self.welcomed_s = perf_counter()
        client.publish(down(SHOP, Down.ACK), msgspec.json.encode(answer), qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def bare_client(address: Address, name: str, secret: str) -> paho.Client:
    """paho as it comes, but for TCP_NODELAY and the window; connected, with its thread."""
    connected = threading.Event()
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv311
    )
    client.username_pw_set(name, secret)
    client.max_inflight_messages_set(108)
    client.on_connect = lambda *_: connected.set()
    client.on_socket_open = without_nagle
    client.connect(*address)
    client.loop_start()
    assert connected.wait(10)
    return client


def without_nagle(_client: paho.Client, _data: Any, line: Any) -> None:
    """For paho's ``on_socket_open``: TCP_NODELAY."""
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextmanager
def a_stocked_outbox(folder: Path, events: int) -> Iterator[tuple[Outbox, list[bytes]]]:
    """An outbox of so many sales, and their batches as they lie there, plain."""
    premises = Premises(folder, clock=SystemClock())
    outbox = premises.open()
    random, plain = chance.Random(20260301), []
    for first in range(1, events + 1, EVENTS):
        drafts = [
            a_draft(n, phone=_phone(random) if random.random() < LOYAL else None, lines=10)
            for n in range(first, first + EVENTS)
        ]
        outbox.append(Stream.SALE, drafts)
        plain.append(b"[" + b",".join(draft.body for draft in drafts) + b"]")
    try:
        yield outbox, plain
    finally:
        outbox.close()
        premises.close()


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """Two ratios: against the very frames, and against the same batches plain."""
    cloud, till = worker("_cloud-usher"), device(SHOP.device, store=SHOP.store, tenant=SHOP.tenant)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            mosquitto(folder, logins_of(cloud, till)) as broker,
            a_stocked_outbox(folder / "shop", BATCHES * EVENTS) as (outbox, plain),
        ):
            usher = Usher(broker.address, cloud.name, cloud.secret)
            frames = frames_of(outbox)
            times = [
                (
                    _ours(outbox, broker.address, till, usher, folder),
                    bare_round_s(broker.address, till, plain),
                    bare_round_s(broker.address, till, frames),
                )
                for _ in range(rounds + 1)
            ][1:]
            usher.close()
    ours_s = statistics.median(ours for ours, _, _ in times)
    return [
        _figure("uplink.batch100", ours_s, [f / o for o, _, f in times], "our zstd frames"),
        _figure(
            "uplink.batch100.plain", ours_s, [p / o for o, p, _ in times], "the same batches, plain"
        ),
    ]


def _ours(outbox: Outbox, address: Address, till: KnownDevice, usher: Usher, folder: Path) -> float:
    """Seconds from the welcome to the last PUBACK."""
    watched = Watched(address, till)
    link = a_link(
        outbox, watched, SHOP, folder, limits=Limits(resend_after_s=LIMIT_S), window=BATCHES + 1
    )
    link.start()
    assert watched.all_left.wait(LIMIT_S)
    elapsed_s = until_confirmed_s(watched.receipts[-1].confirmed) - usher.welcomed_s
    link.stop()
    return elapsed_s


def bare_round_s(address: Address, till: KnownDevice, payloads: Sequence[bytes]) -> float:
    """Seconds that bare paho takes from the first payload to the last PUBACK."""
    client = bare_client(address, till.name, till.secret)
    began_s = perf_counter()
    infos = [client.publish(up(SHOP, Stream.SALE), payload, qos=1) for payload in payloads]
    elapsed_s = until_confirmed_s(infos[-1].is_published) - began_s
    client.disconnect()
    client.loop_stop()
    return elapsed_s


def until_confirmed_s(confirmed: Any) -> float:
    """When the last PUBACK came; PUBACKs come in order."""
    while not confirmed():
        time.sleep(0.0002)
    return perf_counter()


def frames_of(outbox: Outbox) -> list[bytes]:
    """What our side sends, made beforehand."""
    codec, frames = Codec(), []
    leases = []
    while lease := outbox.lease(
        Stream.SALE, max_events=EVENTS, max_bytes=1 << 20, historical=True, now_s=0.0, lease_s=9.0
    ):
        leases.append(lease)
        frames.append(codec.encode(lease.epoch, lease.stream, lease.first, lease.events))
    for lease in leases:
        outbox.release(lease)
    return frames


def _phone(random: chance.Random) -> str:
    return f"+86138{random.randrange(MEMBERS):08d}"


def _figure(name: str, ours_s: float, ratios: Sequence[float], bytes_of: str) -> Figure:
    return {
        "name": name,
        "value": round(BATCHES * EVENTS / ours_s),
        "unit": "events/s",
        "ratio": round(statistics.median(ratios), 3),
        "against": f"bare paho, TCP_NODELAY, publishing {bytes_of}, until the last PUBACK",
    }


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
