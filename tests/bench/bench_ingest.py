"""What the ledger costs on top of the database it stands on.

    python -m tests.bench.bench_ingest

A round gives one ingest worker 8,000 sales as they travel, 80 batches of 100, and lasts until the
last one is acknowledged: admit, decode, validate, judge, seal, settle, commit, in transactions of
1,000. The bare side inserts the very rows that came of it into a table of the same shape with the
same indexes, 1,000 in a transaction: ``executemany`` into SQLite, COPY in its binary format into
PostgreSQL. A commit is on the disk on both sides (``synchronous=FULL``, ``synchronous_commit=on``).
The sides alternate on the same disk; the ratio is the median over the rounds, after a warm-up past
the first checkpoint and until the reading process has started.

The bare side is measured twice: as it comes, and with what the ledger sets for its own sessions and
makes a bare one faster, too. That is as much memory for pages (``ingest.sqlite.same_cache``), and
long values compressed by lz4 (``ingest.postgres.same_compression``).
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, LiteralString, Protocol

import psycopg
import pytest
from sqlalchemy import Engine, select

from cloud.ledger.rows import COLUMNS
from cloud.ledger.tables import EventRow, table_of
from cloud.storage import open_engine, read
from cloud.storage.engine import CACHE_KIB, CHECKPOINT_PAGES, COMPRESSED_BY_LZ4
from cloud.storage.migrations import upgrade
from tests.bench.ingest_load import GROUP, ROUND, Sales, worker
from tests.bench.ingest_several import several_workers
from tests.simulators.postgres import DURABLE, postgres_cluster

ROUNDS = 7
WARM_UP = 2

Figure = dict[str, Any]
Rows = Sequence[tuple[object, ...]]

_MARKS = ", ".join("?" * len(COLUMNS))
_INTO = f"ledger_event ({', '.join(COLUMNS)})"


class Bare(Protocol):
    """The database alone."""

    def insert(self, rows: Rows) -> None:
        """Insert the rows and commit."""
        ...


class BareSqlite:
    """SQLite with the ledger's table in it; as it comes, or with a cache of so many KiB."""

    def __init__(self, path: Path, ledger: Path, cache_kib: int | None = None) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        if cache_kib is not None:
            self._db.execute(f"PRAGMA cache_size=-{cache_kib}")
        shape = "SELECT sql FROM sqlite_master WHERE tbl_name = 'ledger_event' AND sql IS NOT NULL"
        with sqlite3.connect(ledger) as db:
            for (statement,) in db.execute(shape).fetchall():
                self._db.execute(statement)
        db.close()

    def insert(self, rows: Rows) -> None:
        """One ``executemany`` in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(f"INSERT INTO {_INTO} VALUES ({_MARKS})", rows)
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


class BarePostgres:
    """A connection to a database that holds the same schema; as it comes, or after a statement."""

    def __init__(self, conninfo: str, prepared_by: LiteralString = "SELECT 1") -> None:
        self._connection = psycopg.connect(conninfo)
        self._connection.execute(prepared_by)
        self._connection.commit()
        table = table_of(EventRow)
        dialect = open_engine("postgresql://").dialect
        self._types = [table.c[name].type.compile(dialect).lower() for name in COLUMNS]

    def insert(self, rows: Rows) -> None:
        """One COPY in one transaction."""
        statement = f"COPY {_INTO} FROM STDIN (FORMAT BINARY)"
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(self._types)
            for row in rows:
                copy.write_row(row)
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """Events per second of a worker, and its share of the bare insert's speed, on both stores."""
    with tempfile.TemporaryDirectory() as name:
        on_sqlite = _on_sqlite(Path(name), rounds)
    try:
        with tempfile.TemporaryDirectory() as name:
            return [*on_sqlite, *_on_postgres(Path(name), rounds), several_workers()]
    except pytest.skip.Exception as missing:
        return [*on_sqlite, {"name": "ingest.postgres", "skipped": str(missing)}]


def _on_sqlite(folder: Path, rounds: int) -> list[Figure]:
    ledger = folder / "ledger.db"
    engine = open_engine(f"sqlite:///{ledger}")
    upgrade(engine)
    bare = BareSqlite(folder / "bare.db", ledger)
    roomy = BareSqlite(folder / "roomy.db", ledger, CACHE_KIB)
    as_it_comes, same_cache = _times(engine, folder, [bare.insert, roomy.insert], rounds)
    for each in (bare, roomy):
        each.close()
    against = "sqlite3 executemany of the same rows, same indexes, 1,000 a commit"
    return [
        _figure("ingest.sqlite", as_it_comes, f"{against}, as it comes"),
        _figure("ingest.sqlite.same_cache", same_cache, f"{against}, as much memory for pages"),
    ]


def _on_postgres(folder: Path, rounds: int) -> list[Figure]:
    with postgres_cluster(DURABLE) as cluster:
        ours, *others = [open_engine(cluster.create_database()) for _ in range(3)]
        for engine in (ours, *others):
            upgrade(engine)
            engine.dispose()
        plain, alike = [cluster.conninfo(str(engine.url.database)) for engine in others]
        bare, compressing = BarePostgres(plain), BarePostgres(alike, COMPRESSED_BY_LZ4)
        as_it_comes, same = _times(ours, folder, [bare.insert, compressing.insert], rounds)
        for each in (bare, compressing):
            each.close()
    against = "binary COPY of the same rows, same indexes, 1,000 a commit"
    return [
        _figure("ingest.postgres", as_it_comes, f"{against}, as it comes"),
        _figure("ingest.postgres.same_compression", same, f"{against}, compressed by lz4"),
    ]


def _times(
    engine: Engine, folder: Path, inserts: Sequence[Callable[[Rows], None]], rounds: int
) -> list[list[tuple[float, float]]]:
    """For each bare side, of each round, the worker's seconds and that side's."""
    sales = Sales()
    times: list[list[tuple[float, float]]] = [[] for _ in inserts]
    with worker(engine, folder) as counter:
        for position in range(0, (WARM_UP + rounds) * ROUND, ROUND):
            ours_s = counter.settle(sales.round(), ROUND)
            groups = list(_groups(engine, position))
            for insert, of_side in zip(inserts, times, strict=True):
                of_side.append((ours_s, sum(_timed(insert, rows) for rows in groups)))
    engine.dispose()
    return [of_side[WARM_UP:] for of_side in times]


def _groups(engine: Engine, position: int) -> Iterator[Rows]:
    """The rows of the last round, as they were stored together."""
    events = table_of(EventRow)
    columns = [events.c[name] for name in COLUMNS]
    for after in range(position, position + ROUND, GROUP):
        wanted = select(*columns).where(events.c.position.between(after + 1, after + GROUP))
        with read(engine) as connection:
            rows = [tuple(row) for row in connection.execute(wanted.order_by(events.c.position))]
        assert len(rows) == GROUP
        yield rows


def _timed(insert: Callable[[Rows], None], rows: Rows) -> float:
    began = perf_counter()
    insert(rows)
    return perf_counter() - began


def _figure(name: str, times: Sequence[tuple[float, float]], against: str) -> Figure:
    return {
        "name": name,
        "value": round(ROUND / median(ours for ours, _ in times)),
        "unit": "events/s",
        "ratio": round(median(bare / ours for ours, bare in times), 3),
        "against": against,
    }


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
