"""How much the ledger costs on top of the database it stands on.

A round hands 1,000 sales (10 batches of 100, as they travel) to the journal: decode, validate,
settle, seal, commit. Then a bare ``sqlite3`` inserts the very rows that came of it into a table of
the same shape with the same indexes and settings, in one ``executemany`` and one commit. The two
alternate within one run, so that a noisy disk troubles both. Run: ``python -m
tests.bench.bench_ingest``.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median

import msgspec
from sqlalchemy import Engine
from sqlmodel import SQLModel

from cloud.ledger.arrival import Arrival
from cloud.ledger.journal import Journal
from cloud.storage import open_engine
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.events.sale import SaleRecorded
from models.wire.topics import Stream
from tests.simulators.facts import NOON, SHOP, a_batch, a_phone, a_sale, stamped, with_revision

ROUNDS = 15
BATCHES, EVENTS = 10, 100
PHONE_SHARE = 0.3
MEMBERS = 2_000
_SHAPE = "SELECT sql FROM sqlite_master WHERE tbl_name = 'ledger_event' AND sql IS NOT NULL"


def measure(rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Events per second of the journal and of the bare insert, and their ratio."""
    random = Random(20260301)
    phones = [a_phone(random) for _ in range(MEMBERS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = open_engine(f"sqlite:///{folder}/ledger.db")
        SQLModel.metadata.create_all(engine)
        journal = _journal(engine, folder)
        bare = _bare_database(folder / "bare.db", folder / "ledger.db")
        ours, theirs, size = [], [], 0
        for number in range(rounds):
            arrivals, size = _arrivals(random, phones, number)
            ours.append(_timed_append(journal, arrivals))
            theirs.append(_timed_insert(bare, _rows(folder / "ledger.db", number)))
        bare.close()
        engine.dispose()
    return [_result(ours, theirs, size)]


def _result(ours: Sequence[float], theirs: Sequence[float], size: int) -> dict[str, object]:
    per_round = BATCHES * EVENTS
    return {
        "name": "ingest.sqlite",
        "unit": "events/s",
        "value": round(per_round / median(ours)),
        "bare": round(per_round / median(theirs)),
        "ratio": round(sum(theirs) / sum(ours), 3),
        "rounds": len(ours),
        "event_bytes": size,
    }


def _journal(engine: Engine, folder: Path) -> Journal:
    master = MasterKey(b"benchmark key of thirty-two byte")
    sealer = Sealer(Keyring(folder / "keys.db", master))
    return Journal(engine, sealer, BlobSealer(master, "dead letters"), SystemClock())


def _arrivals(random: Random, phones: Sequence[str], number: int) -> tuple[list[Arrival], int]:
    first = number * BATCHES * EVENTS + 1
    arrivals = []
    for start in range(first, first + BATCHES * EVENTS, EVENTS):
        sales = [_sale(random, phones, sequence) for sequence in range(start, start + EVENTS)]
        payload = a_batch(sales, start)
        arrivals.append(Arrival(SHOP, Stream.SALE, payload, NOON))
    return arrivals, sum(len(stamped(sale, first)) for sale in sales) // EVENTS


def _sale(random: Random, phones: Sequence[str], sequence: int) -> SaleRecorded:
    phone = random.choice(phones) if random.random() < PHONE_SHARE else None
    sale = a_sale(sequence, total_minor=random.randint(500, 90_000), phone=phone, lines=10)
    lines = [
        msgspec.structs.replace(line, description="", regular_price_minor=None)
        for line in sale.lines
    ]
    return with_revision(msgspec.structs.replace(sale, revision="", lines=lines))


def _timed_append(journal: Journal, arrivals: Sequence[Arrival]) -> float:
    started = time.perf_counter()
    appended = journal.append(arrivals)
    elapsed = time.perf_counter() - started
    assert appended.accepted == BATCHES * EVENTS
    return elapsed


def _bare_database(path: Path, ledger: Path) -> sqlite3.Connection:
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    reader = sqlite3.connect(ledger)
    for (statement,) in reader.execute(_SHAPE):
        bare.execute(statement)
    reader.close()
    return bare


def _rows(ledger: Path, number: int) -> list[tuple[object, ...]]:
    reader = sqlite3.connect(ledger)
    after = number * BATCHES * EVENTS
    rows = reader.execute("SELECT * FROM ledger_event WHERE position > ?", (after,)).fetchall()
    reader.close()
    return rows


def _timed_insert(bare: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> float:
    marks = ",".join("?" * len(rows[0]))
    started = time.perf_counter()
    bare.execute("BEGIN IMMEDIATE")
    bare.executemany(f"INSERT INTO ledger_event VALUES ({marks})", rows)
    bare.execute("COMMIT")
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.stdout.write(f"{measure()}\n")
