"""How near to bare paho batches could come whose frames were finished beforehand (ADR 22).

    python -m tests.bench.uplink_bound

A hundred frames of a hundred sales each lie sealed in a SQLite file. They are read, opened and
published so many at a time, and the last PUBACK ends a round; bare paho publishes the same from
memory in rounds between. Once nothing is noted; once leases, window, receipts, metrics and how far
was sent, by the product's own classes. It is no figure of ``make bench``: the product makes its
frames when it sends them.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import paho.mqtt.client as paho
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from prometheus_client import CollectorRegistry

from agent.outbox import Lease
from agent.outbox.lanes import Lane
from agent.outbox.spans import OPEN, Span
from agent.sync.confirming import Confirming
from agent.sync.connection import PahoReceipt
from agent.sync.egress import Limits
from agent.sync.in_flight import Flight, InFlight
from agent.sync.metrics import SyncMetrics
from models.runtime.mqtt_line import MqttLine
from models.wire.ids import Epoch
from models.wire.topics import Stream, up
from tests.bench.bench_uplink import (
    BATCHES,
    EVENTS,
    Address,
    a_stocked_outbox,
    bare_round_s,
    frames_of,
    until_confirmed_s,
    without_nagle,
)
from tests.simulators.facts import SHOP
from tests.simulators.known_logins import KnownDevice, device, logins_of
from tests.simulators.mosquitto import mosquitto

ROUNDS = 20
AT_A_TIME = (1, 16, 33)
"""33 frames of 7.7 kB are all that ``sync.window_bytes`` lets out at once."""

_TABLES = """
CREATE TABLE parcel (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, frame BLOB NOT NULL);
CREATE TABLE lane (sent INTEGER NOT NULL);
INSERT INTO lane VALUES (0);
"""
_NEXT = "SELECT first, last, frame FROM parcel WHERE first >= ? ORDER BY first LIMIT ?"

Parcel = tuple[int, int, bytes]


class Parcels:
    """Finished frames in a file, each sealed as a whole."""

    def __init__(self, path: Path, frames: Sequence[bytes]) -> None:
        self._cipher = AESGCM(bytes(32))
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)
        for number, frame in enumerate(frames):
            nonce, first = os.urandom(12), number * EVENTS + 1
            sealed = nonce + self._cipher.encrypt(nonce, frame, None)
            self._db.execute(
                "INSERT INTO parcel VALUES (?, ?, ?)", (first, first + EVENTS - 1, sealed)
            )

    def read(self, first: int, count: int) -> list[Parcel]:
        """The next ones, opened."""
        rows = self._db.execute(_NEXT, (first, count)).fetchall()
        return [(a, b, self._cipher.decrypt(c[:12], c[12:], None)) for a, b, c in rows]

    def note_sent(self, last: int) -> None:
        """How far was sent; not synced."""
        self._db.execute("UPDATE lane SET sent = ?", (last,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


@dataclass
class Books:
    """What the product notes of a batch that leaves."""

    lane: Lane = field(
        default_factory=lambda: Lane(
            1, Epoch("e" * 32), Stream.SALE, [Span(1, OPEN, 0)], last=BATCHES * EVENTS
        )
    )
    in_flight: InFlight = field(default_factory=lambda: InFlight(BATCHES + 1, 1 << 30))
    metrics: SyncMetrics = field(default_factory=lambda: SyncMetrics(CollectorRegistry()))

    def __post_init__(self) -> None:
        """Ask for receipts as the courier does."""
        self.confirming = Confirming(self.in_flight, Limits())

    def lend(self, parcel: Parcel, now_s: float) -> Lease:
        """Take the events of a parcel."""
        lease = Lease(self.lane.epoch, Stream.SALE, parcel[0], [b""] * EVENTS)
        self.lane.lend(lease, now_s + 3600.0)
        return lease

    def left(self, lease: Lease, size: int, info: paho.MQTTMessageInfo) -> None:
        """A frame was handed to paho."""
        flight = Flight(lease.epoch, lease.stream, lease.first, lease.last, size)
        self.in_flight.depart(flight)
        self.confirming.expect(flight.place, PahoReceipt(info))
        self.metrics.sent(lease.stream, len(lease), size)


def measure(rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """The ratio of each way to bare paho's rounds between."""
    till = device(SHOP.device, store=SHOP.store, tenant=SHOP.tenant)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            mosquitto(folder, logins_of(till)) as broker,
            a_stocked_outbox(folder / "shop", BATCHES * EVENTS) as (outbox, _),
        ):
            frames = frames_of(outbox)
            parcels = Parcels(folder / "parcels", frames)
            ways = _ways(broker.address, till, parcels)
            times = [
                (bare_round_s(broker.address, till, frames), [way() for way in ways.values()])
                for _ in range(rounds + 1)
            ][1:]
            parcels.close()
    return [
        {
            "name": name,
            "value": round(1000 * statistics.median(ours[n] for _, ours in times), 2),
            "unit": "ms",
            "ratio": round(statistics.median(bare / ours[n] for bare, ours in times), 3),
        }
        for n, name in enumerate(ways)
    ]


def _ways(address: Address, till: KnownDevice, parcels: Parcels) -> dict[str, Callable[[], float]]:
    return {
        f"{count} at a time, {what} noted": partial(way, address, till, parcels, count)
        for count in AT_A_TIME
        for what, way in (("nothing", _bold), ("all", _honest))
    }


def _bold(address: Address, till: KnownDevice, parcels: Parcels, count: int) -> float:
    topic, first, infos = up(SHOP, Stream.SALE), 1, []
    with _line(address, till) as line:
        began_s = perf_counter()
        while some := parcels.read(first, count):
            with line.speaking() as client:
                infos += [client.publish(topic, frame, qos=1) for _, _, frame in some]
            first = some[-1][1] + 1
        return until_confirmed_s(infos[-1].is_published) - began_s


def _honest(address: Address, till: KnownDevice, parcels: Parcels, count: int) -> float:
    topic, first, books = up(SHOP, Stream.SALE), 1, Books()
    parcels.note_sent(0)
    with _line(address, till) as line:
        began_s = perf_counter()
        while books.lane.free_run(first, books.lane.last, now_s := perf_counter()):
            books.confirming.look(now_s)
            books.in_flight.expire(now_s)
            some = parcels.read(first, count)
            leases = [books.lend(parcel, now_s) for parcel in some]
            first = leases[-1].last + 1
            parcels.note_sent(leases[-1].last)
            with line.speaking() as client:
                for lease, (_, _, frame) in zip(leases, some, strict=True):
                    info = client.publish(topic, frame, qos=1)
                    books.left(lease, len(frame), info)
        return until_confirmed_s(info.is_published) - began_s


@contextmanager
def _line(address: Address, till: KnownDevice) -> Iterator[MqttLine]:
    """The product's line to the broker, connected."""
    connected = threading.Event()
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=till.name, protocol=MQTTProtocolVersion.MQTTv311
    )
    client.username_pw_set(till.name, till.secret)
    client.max_inflight_messages_set(BATCHES + 8)
    client.on_connect = lambda *_: connected.set()
    client.on_socket_open = without_nagle
    client.connect(*address)
    line = MqttLine(client, lambda _: None, "bound")
    line.start()
    try:
        assert connected.wait(10)
        yield line
    finally:
        line.close()


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
