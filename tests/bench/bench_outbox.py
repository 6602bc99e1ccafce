"""What durability costs above SQLite itself: the outbox against bare ``sqlite3``, side by side.

    python -m tests.bench.bench_outbox

The bare side stores the same sealed bytes in one table with one unique index (WAL,
``synchronous=FULL``), one transaction each, from a loop without locks, seals or sequences. Many
short rounds alternate between the two sides and between who goes first, on the same disk; a ratio
is the median over the rounds, above 1 the outbox is faster. Both files are warmed up past their
first checkpoint, because a growing WAL syncs more slowly than one that is written over.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from agent.outbox import Draft, Outbox
from models.runtime.clock import SystemClock
from models.vault.seal import Unsealed
from models.wire.topics import Stream
from tests.simulators.facts import NOON
from tests.simulators.outbox_parts import Premises, a_draft

ROUNDS = 41
APPENDS = 24
WARM_UP = 700
FEW_ROUNDS = 11
BATCH = 64
LEASE = 100
DRAIN_LEASES = 10
PRODUCERS = 8
LINES = 3
MEMBERS = 300

Figure = dict[str, Any]

_TABLE = (
    "CREATE TABLE event (position INTEGER PRIMARY KEY, stream TEXT NOT NULL,"
    " sequence INTEGER NOT NULL, event_id TEXT NOT NULL, appended_at INTEGER NOT NULL,"
    " body BLOB NOT NULL)"
)
_INSERT = "INSERT INTO event (stream, sequence, event_id, appended_at, body) VALUES (?, ?, ?, ?, ?)"
_NOW_MS = round(NOON.timestamp() * 1000)

Row = tuple[str, bytes]
Work = Callable[[], object]
Pair = tuple[Work, Work]


class Bare:
    """SQLite as it comes."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(_TABLE)
        self._db.execute("CREATE UNIQUE INDEX event_by_id ON event (event_id)")
        self._sequence = 0
        self._lock = threading.Lock()

    def append_each(self, rows: Sequence[Row]) -> None:
        """One durable transaction a row."""
        for event_id, body in rows:
            self._sequence += 1
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(_INSERT, ("sale", self._sequence, event_id, _NOW_MS, body))
            self._db.execute("COMMIT")

    def append_each_in_turn(self, rows: Sequence[Row]) -> None:
        """The same from one of several threads, each transaction under a lock."""
        for row in rows:
            with self._lock:
                self.append_each([row])

    def append_all(self, rows: Sequence[Row]) -> None:
        """One transaction for all."""
        first = self._sequence + 1
        self._sequence += len(rows)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            _INSERT, [("sale", first + n, *_dated(row)) for n, row in enumerate(rows)]
        )
        self._db.execute("COMMIT")

    def drain(self, leases: int) -> None:
        """Read a batch, delete it, durably; again and again."""
        for _ in range(leases):
            rows = self._db.execute(
                "SELECT position, event_id, body FROM event ORDER BY position LIMIT ?", (LEASE,)
            ).fetchall()
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM event WHERE position <= ?", (rows[-1][0],))
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


@dataclass(slots=True)
class Sides:
    """The outbox and bare SQLite, and fresh events for both."""

    premises: Premises
    outbox: Outbox
    bare: Bare
    number: int = 0

    def fresh(self, count: int, *, loyal: bool) -> tuple[list[Draft], list[Row]]:
        """Sales nobody has stored yet: drafts for us, sealed rows for the bare side."""
        drafts = []
        for _ in range(count):
            self.number += 1
            phone = f"+86138{self.number % MEMBERS:08d}" if loyal else None
            drafts.append(a_draft(self.number, phone=phone, lines=LINES))
        sealed = self.premises.sealer.seal([Unsealed(d.event_id, d.body, d.spans) for d in drafts])
        return drafts, [(d.event_id, body) for d, body in zip(drafts, sealed, strict=True)]


def measure() -> list[Figure]:
    """Every figure of the outbox; takes about half a minute."""
    with tempfile.TemporaryDirectory() as folder:
        premises = Premises(Path(folder), clock=SystemClock())
        sides = Sides(premises, premises.open(), Bare(Path(folder) / "bare.sqlite3"))
        drafts, rows = sides.fresh(WARM_UP, loyal=True)
        for draft in drafts:
            sides.outbox.append(Stream.SALE, [draft])
        sides.bare.append_each(rows)
        figures = [
            _append_1(sides, "outbox.append.1", loyal=False),
            _append_1(sides, "outbox.append.1.loyal", loyal=True),
            _append_batch(sides),
            _append_producers(sides),
            _drain(sides, "outbox.drain", delete=False),
            _drain(sides, "outbox.drain.and_delete", delete=True),
        ]
        sides.outbox.close()
        sides.bare.close()
        premises.close()
    return figures


def _append_1(sides: Sides, name: str, *, loyal: bool) -> Figure:
    def once() -> Pair:
        drafts, rows = sides.fresh(APPENDS, loyal=loyal)
        return (lambda: _each(sides.outbox, drafts)), (lambda: sides.bare.append_each(rows))

    return _figure(name, APPENDS, once, "sqlite3, a durable transaction each")


def _append_batch(sides: Sides) -> Figure:
    def once() -> Pair:
        drafts, rows = sides.fresh(BATCH, loyal=False)
        return (lambda: sides.outbox.append(Stream.SALE, drafts)), (
            lambda: sides.bare.append_each(rows)
        )

    return _figure("outbox.append.64", BATCH, once, "sqlite3, a durable transaction each")


def _append_producers(sides: Sides) -> Figure:
    def once() -> Pair:
        drafts, rows = sides.fresh(APPENDS * PRODUCERS, loyal=False)
        return (lambda: _together(lambda part: _each(sides.outbox, part), drafts)), (
            lambda: _together(sides.bare.append_each_in_turn, rows)
        )

    against = f"sqlite3, {PRODUCERS} threads, a durable transaction each"
    name = f"outbox.append.{PRODUCERS}threads"
    return _figure(name, APPENDS * PRODUCERS, once, against, rounds=FEW_ROUNDS)


def _drain(sides: Sides, name: str, *, delete: bool) -> Figure:
    def once() -> Pair:
        drafts, rows = sides.fresh(LEASE * DRAIN_LEASES, loyal=False)
        sides.outbox.append(Stream.SALE, drafts)
        sides.bare.append_all(rows)
        return (lambda: _lease_and_settle(sides.outbox, delete=delete)), (
            lambda: sides.bare.drain(DRAIN_LEASES)
        )

    _settle_all(sides)
    against = "sqlite3, batched select and durable delete"
    return _figure(name, LEASE * DRAIN_LEASES, once, against, rounds=FEW_ROUNDS)


def _lease_and_settle(outbox: Outbox, *, delete: bool) -> None:
    for _ in range(DRAIN_LEASES):
        lease = outbox.lease(
            Stream.SALE, max_events=LEASE, max_bytes=1 << 20, now_s=0.0, lease_s=10.0
        )
        assert lease is not None
        assert len(lease.events) == LEASE
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
        if delete:
            outbox.housekeep({Stream.SALE: 0.0})


def _settle_all(sides: Sides) -> None:
    """Empty both sides, so that every round drains what it brought."""
    outbox = sides.outbox
    while lease := outbox.lease(
        Stream.SALE, max_events=LEASE, max_bytes=1 << 20, now_s=0.0, lease_s=10.0
    ):
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
    outbox.housekeep({Stream.SALE: 0.0})


def _each(outbox: Outbox, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        outbox.append(Stream.SALE, [draft])


def _together(work: Callable[[Any], None], items: Sequence[Any]) -> None:
    parts = [items[n::PRODUCERS] for n in range(PRODUCERS)]
    threads = [threading.Thread(target=work, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _timed(work: Work) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _dated(row: Row) -> tuple[str, int, bytes]:
    return row[0], _NOW_MS, row[1]


def _figure(
    name: str, events: int, once: Callable[[], Pair], against: str, rounds: int = ROUNDS
) -> Figure:
    times = [_race(*once(), bare_first=bool(n % 2)) for n in range(rounds)]
    ours_s = statistics.median(ours for ours, _ in times)
    ratio = statistics.median(bare / ours for ours, bare in times)
    return {
        "name": name,
        "value": round(events / ours_s),
        "unit": "events/s",
        "ratio": round(ratio, 3),
        "against": against,
    }


def _race(ours: Work, bare: Work, *, bare_first: bool) -> tuple[float, float]:
    if bare_first:
        bare_s = _timed(bare)
        return _timed(ours), bare_s
    return _timed(ours), _timed(bare)


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
