"""From the outbox to the ledger and back, against the ledger alone.

    python -m tests.bench.bench_edge

Real processes: Mosquitto, ``lianke-cloud ingest`` on SQLite, and the agent's outbox and link here.
A round drains 5,000 sales of ten lines that lay in the outbox: lease, encode, publish, decode,
commit, acknowledge, settle, delete; it begins with the welcome. The other side hands the same
frames from memory to an ingest worker of its own, the product's, with its reading process and its
threads. Rounds alternate. A second figure is against the journal alone, in one thread: a ledger
without the worker around it, which is slower than the worker where two processors are free.
"""

from __future__ import annotations

import json
import random as chance
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlmodel import SQLModel

from agent.outbox import Outbox
from cloud.ledger.arrival import Arrival
from cloud.ledger.journal import Journal
from cloud.storage import open_engine
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.codec import Codec
from models.wire.topics import Stream
from tests.bench.ingest_load import Counter, worker
from tests.simulators.demo.stage import ShopPlan
from tests.simulators.facts import NOON, SHOP
from tests.simulators.outbox_parts import Premises, a_draft
from tests.simulators.processes import eventually
from tests.simulators.shop_line import WatchedOutbox, a_link, paho_transport
from tests.simulators.split_cloud import SplitCloud

ROUNDS = 5
EVENTS, BATCH, GROUP = 5_000, 100, 10
MEMBERS, LOYAL = 2_000, 0.3
LIMIT_S = 60.0
PLAN = ShopPlan(SHOP.store, "bench", "Asia/Shanghai", "CNY", "arts-poslog")

Figure = dict[str, Any]


class LedgerAlone:
    """A journal on SQLite with keys of its own, fed from memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._engine = open_engine(f"sqlite:///{folder / 'ledger.db'}")
        SQLModel.metadata.create_all(self._engine)
        master = MasterKey(b"benchmark key of thirty-two byte")
        self._keyring = Keyring(folder / "keys.db", master)
        self._journal = Journal(
            self._engine, Sealer(self._keyring), BlobSealer(master, "letters"), SystemClock()
        )

    def take(self, frames: Sequence[bytes]) -> float:
        """Seconds from frames to the end of the last commit."""
        began_s = perf_counter()
        for first in range(0, len(frames), GROUP):
            group = frames[first : first + GROUP]
            appended = self._journal.append(
                [Arrival(SHOP, Stream.SALE, frame, NOON) for frame in group]
            )
            assert appended.accepted == len(group) * BATCH
        return perf_counter() - began_s

    def close(self) -> None:
        """Close database and keys."""
        self._engine.dispose()
        self._keyring.close()


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """The rate from edge to ledger, and its share of ingest's own."""
    random = chance.Random(20260301)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cloud = SplitCloud(folder / "cloud", [PLAN])
        cloud.broker.start()
        cloud.start_ingest()
        premises, alone = Premises(folder / "shop", clock=SystemClock()), LedgerAlone(folder / "x")
        outbox = premises.open()
        times = []
        with _worker_alone(folder / "y") as worked:
            for n in range(rounds + 1):
                frames = _stock(outbox, random, 1 + n * EVENTS)
                sides = (worked.settle(frames, EVENTS), alone.take(frames))
                times.append((_drained_s(outbox, cloud, folder), *sides))
        outbox.close()
        premises.close()
        alone.close()
        cloud.stop()
    ours, worker, journal = zip(*times[1:], strict=True)
    return [
        _figure("edge_to_ledger.batch100", ours, worker, "ingest alone: a worker, fed from memory"),
        _figure(
            "edge_to_ledger.batch100.journal", ours, journal, "its journal alone, groups of 1,000"
        ),
    ]


@contextmanager
def _worker_alone(folder: Path) -> Iterator[Counter]:
    folder.mkdir()
    engine = open_engine(f"sqlite:///{folder / 'ledger.db'}")
    SQLModel.metadata.create_all(engine)
    with worker(engine, folder) as counter:
        yield counter
    engine.dispose()


def _stock(outbox: Outbox, random: chance.Random, first: int) -> list[bytes]:
    """Put sales into the outbox; returns the frames in which they will travel."""
    for start in range(first, first + EVENTS, BATCH):
        numbers = range(start, start + BATCH)
        outbox.append(Stream.SALE, [a_draft(n, phone=_phone(random), lines=10) for n in numbers])
    codec, frames, leases = Codec(), [], []
    while lease := outbox.lease(
        Stream.SALE, max_events=BATCH, max_bytes=1 << 20, historical=True, now_s=0.0, lease_s=9.0
    ):
        leases.append(lease)
        frames.append(codec.encode(lease.epoch, lease.stream, lease.first, lease.events))
    for lease in leases:
        outbox.release(lease)
    return frames


def _drained_s(outbox: Outbox, cloud: SplitCloud, folder: Path) -> float:
    watched = WatchedOutbox(outbox)
    transport = paho_transport(cloud.broker.address, SHOP, cloud.secrets[SHOP.store])
    link = a_link(watched, transport, SHOP, folder)
    link.start()
    assert eventually(lambda: len(watched.settled_at) >= EVENTS, LIMIT_S, every_s=0.002)
    deleted = outbox.housekeep({Stream.SALE: 0.0})
    elapsed_s = perf_counter() - watched.welcomed_at
    link.stop()
    assert deleted == EVENTS
    return elapsed_s


def _phone(random: chance.Random) -> str | None:
    return f"+86138{random.randrange(MEMBERS):08d}" if random.random() < LOYAL else None


def _figure(name: str, ours: Sequence[float], alone: Sequence[float], against: str) -> Figure:
    shares = [theirs / our for our, theirs in zip(ours, alone, strict=True)]
    return {
        "name": name,
        "value": round(EVENTS / statistics.median(ours)),
        "unit": "events/s",
        "ratio": round(statistics.median(shares), 3),
        "against": f"{against}, the same frames into a ledger on SQLite",
    }


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
