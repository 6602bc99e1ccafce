"""What the ledger costs on top of the database it stands on.

    python -m tests.bench.bench_ingest

A round hands the journal 1,000 sales as they travel, 10 batches of 100: decode, validate, judge,
seal, settle, commit. The bare side inserts the very rows that came of it into a table of the same
shape with the same indexes and settings, in one ``executemany`` and one commit. The rounds
alternate on the same disk; the ratio is the median over the rounds. Both files are warmed up past
their first checkpoint.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import msgspec
from sqlmodel import SQLModel

from cloud.ledger.arrival import Arrival
from cloud.ledger.journal import Journal
from cloud.storage import open_engine
from cloud.storage.engine import CHECKPOINT_PAGES
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.events.sale import SaleRecorded
from models.wire.topics import Stream
from tests.simulators.facts import NOON, SHOP, a_batch, a_phone, a_sale, with_revision

ROUNDS = 15
WARM_UP = 7
BATCHES, EVENTS = 10, 100
GROUP = BATCHES * EVENTS
PHONE_SHARE = 0.3
MEMBERS = 2_000

Figure = dict[str, Any]

_SHAPE = "SELECT sql FROM sqlite_master WHERE tbl_name = 'ledger_event' AND sql IS NOT NULL"


class Ours:
    """The journal on SQLite, with a keyring of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.db"
        self.engine = open_engine(f"sqlite:///{self.path}")
        SQLModel.metadata.create_all(self.engine)
        master = MasterKey(b"benchmark key of thirty-two byte")
        self.keyring = Keyring(folder / "keys.db", master)
        blobs = BlobSealer(master, "dead letters")
        self.journal = Journal(self.engine, Sealer(self.keyring), blobs, SystemClock())

    def append(self, payloads: Sequence[bytes]) -> float:
        """Seconds from payloads to the end of their commit."""
        began = perf_counter()
        arrivals = [Arrival(SHOP, Stream.SALE, payload, NOON) for payload in payloads]
        appended = self.journal.append(arrivals)
        elapsed_s = perf_counter() - began
        assert appended.accepted == GROUP
        return elapsed_s

    def close(self) -> None:
        self.engine.dispose()
        self.keyring.close()


class Bare:
    """SQLite as it comes, with the ledger's table in it."""

    def __init__(self, path: Path, ledger: Path) -> None:
        self._ledger = sqlite3.connect(ledger)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        for (statement,) in self._ledger.execute(_SHAPE):
            self._db.execute(statement)

    def insert_what_came_after(self, position: int) -> float:
        """Seconds for inserting the ledger's newest rows and committing them."""
        wanted = "SELECT * FROM ledger_event WHERE position > ?"
        rows = self._ledger.execute(wanted, (position,)).fetchall()
        marks = ",".join("?" * len(rows[0]))
        began = perf_counter()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(f"INSERT INTO ledger_event VALUES ({marks})", rows)
        self._db.execute("COMMIT")
        return perf_counter() - began

    def close(self) -> None:
        self._db.close()
        self._ledger.close()


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """Events per second of the journal, and its share of the bare insert's speed."""
    random = Random(20260301)
    phones = [a_phone(random) for _ in range(MEMBERS)]
    times: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        ours = Ours(Path(name))
        bare = Bare(Path(name) / "bare.db", ours.path)
        for position in range(0, (WARM_UP + rounds) * GROUP, GROUP):
            ours_s = ours.append(_payloads(random, phones, position + 1))
            times.append((ours_s, bare.insert_what_came_after(position)))
        bare.close()
        ours.close()
    return [_figure(times[WARM_UP:])]


def _figure(times: Sequence[tuple[float, float]]) -> Figure:
    return {
        "name": "ingest.sqlite",
        "value": round(GROUP / median(ours for ours, _ in times)),
        "unit": "events/s",
        "ratio": round(median(bare / ours for ours, bare in times), 3),
        "against": "sqlite3 executemany of the same rows, same indexes, one commit per 1,000",
    }


def _payloads(random: Random, phones: Sequence[str], first: int) -> list[bytes]:
    return [
        a_batch([_sale(random, phones, n) for n in range(start, start + EVENTS)], start)
        for start in range(first, first + GROUP, EVENTS)
    ]


def _sale(random: Random, phones: Sequence[str], sequence: int) -> SaleRecorded:
    """Ten lines without descriptions; about 1.8 KB with its envelope."""
    phone = random.choice(phones) if random.random() < PHONE_SHARE else None
    sale = a_sale(sequence, total_minor=random.randint(500, 90_000), phone=phone, lines=10)
    lines = [
        msgspec.structs.replace(line, description="", regular_price_minor=None)
        for line in sale.lines
    ]
    return with_revision(msgspec.structs.replace(sale, revision="", lines=lines))


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
