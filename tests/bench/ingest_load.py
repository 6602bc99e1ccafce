"""What the ingest benchmarks share: sales as they travel, and a worker that takes them.

The worker is the product's own, on a broker's place that hands it payloads from memory and waits
until all of them are acknowledged.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import perf_counter

import msgspec
from sqlalchemy import Engine

from cloud.devices.timekeeping import BootClocks
from cloud.ingest.pipeline import Ingest
from cloud.ingest.source import Listener, Message
from cloud.ledger.journal import Journal
from models.runtime.clock import SystemClock
from models.runtime.garbage import spare_what_is_loaded
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.ack import Ack, decode_answer
from models.wire.events.sale import SaleRecorded
from models.wire.ids import DevicePath
from models.wire.topics import Stream, up
from tests.simulators.cloud_source import KnownDevices
from tests.simulators.facts import SHOP, a_batch, a_phone, a_sale, with_revision

GROUPS, GROUP, BATCH = 8, 1_000, 100
ROUND = GROUPS * GROUP
"""Events of one round."""

_PHONE_SHARE = 0.3
_MEMBERS = 4_000


class Sales:
    """Payloads of a device's sales, one round after the other."""

    def __init__(self, device: DevicePath = SHOP, seed: int = 20260301) -> None:
        self._device = device
        self._random = Random(seed)
        self._phones = [a_phone(self._random) for _ in range(_MEMBERS)]
        self._next = 1

    def round(self) -> list[bytes]:
        """The next ``ROUND`` sales in batches of ``BATCH``."""
        first, self._next = self._next, self._next + ROUND
        return [self._batch(start) for start in range(first, self._next, BATCH)]

    def _batch(self, start: int) -> bytes:
        sales = [self._sale(number) for number in range(start, start + BATCH)]
        return a_batch(sales, start, self._device)

    def _sale(self, sequence: int) -> SaleRecorded:
        """Ten lines without descriptions; about 1.8 KB with its envelope."""
        random = self._random
        phone = random.choice(self._phones) if random.random() < _PHONE_SHARE else None
        total_minor = random.randint(500, 90_000)
        store = self._device.store
        sale = a_sale(sequence, total_minor=total_minor, phone=phone, store=store, lines=10)
        lines = [
            msgspec.structs.replace(line, description="", regular_price_minor=None)
            for line in sale.lines
        ]
        return with_revision(msgspec.structs.replace(sale, revision="", lines=lines))


class Counter:
    """A broker's place: hands payloads to ingest, and waits until all of them are settled."""

    connected = True

    def __init__(self, device: DevicePath) -> None:
        self._topic = up(device, Stream.SALE)
        self._listener: Listener | None = None
        self._started = threading.Event()
        self._answered = threading.Condition()
        self._settled = 0

    def start(self, filters: Sequence[str], listener: Listener) -> None:
        assert filters
        self._listener = listener
        self._started.set()

    def subscribe(self, filters: Sequence[str]) -> None:
        """Whatever is asked for, all of it comes."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        assert topic
        assert qos == 1
        assert not retain
        ack = decode_answer(payload)
        assert isinstance(ack, Ack)
        with self._answered:
            self._settled += sum(last - first + 1 for first, last in ack.settled)
            self._answered.notify_all()

    def close(self) -> None:
        """Nothing to let go of."""

    def settle(self, payloads: Sequence[bytes], events: int) -> float:
        """Seconds from the first payload to the acknowledgement of the last."""
        assert self._started.wait(10)
        assert self._listener is not None
        wanted = self._settled + events
        began = perf_counter()
        for payload in payloads:
            self._listener.arrived(Message(self._topic, payload))
        with self._answered:
            assert self._answered.wait_for(lambda: self._settled == wanted, 120)
        return perf_counter() - began


@contextmanager
def worker(engine: Engine, folder: Path, device: DevicePath = SHOP) -> Iterator[Counter]:
    """One ingest worker over the database, with a keyring of its own."""
    master = MasterKey(b"benchmark key of thirty-two byte")
    keyring = Keyring(folder / "keys.db", master)
    clock, counter, stop = SystemClock(), Counter(device), threading.Event()
    letters = BlobSealer(master, "dead letters")
    journal = Journal(engine, Sealer(keyring), letters, clock, timekeeper=BootClocks())
    ingest = Ingest(
        counter,
        journal,
        KnownDevices({device}),
        cards_head=lambda _tenant, _store: 0,
        clock=clock,
        random=lambda: 0.5,
    )
    thread = threading.Thread(target=ingest.run, args=(stop,))
    spare_what_is_loaded()  # as the product does when it starts
    thread.start()
    try:
        yield counter
    finally:
        stop.set()
        thread.join(30)
        keyring.close()
