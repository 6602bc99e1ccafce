"""The outbox and bare SQLite side by side, and fresh events for both."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.outbox import Draft, Outbox
from models.vault.seal import Unsealed
from models.wire.codec import Codec
from models.wire.topics import Stream
from tests.simulators.facts import NOON
from tests.simulators.outbox_parts import Premises, a_draft

LEASE = 100
LINES = 3
MEMBERS = 300

Row = tuple[str, bytes]

_TABLE = (
    "CREATE TABLE event (position INTEGER PRIMARY KEY, stream TEXT NOT NULL,"
    " sequence INTEGER NOT NULL, event_id TEXT NOT NULL, appended_at INTEGER NOT NULL,"
    " body BLOB NOT NULL)"
)
_INSERT = "INSERT INTO event (stream, sequence, event_id, appended_at, body) VALUES (?, ?, ?, ?, ?)"
_NOW_MS = round(NOON.timestamp() * 1000)


class Bare:
    """SQLite as it comes, with the outbox's durability: WAL and ``synchronous=FULL``."""

    def __init__(self, path: Path, *, indexed: bool = True) -> None:
        """``indexed``: it can tell an event that it has already, as the outbox can."""
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(_TABLE)
        if indexed:
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
    unindexed: Bare
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


def append_each(outbox: Outbox, drafts: Sequence[Draft]) -> None:
    """One call an event."""
    for draft in drafts:
        outbox.append(Stream.SALE, [draft])


class Crew:
    """The items shared out to so many threads, which are there already when the clock starts.

    Call it to let them begin; it returns when the last of them is done.
    """

    def __init__(self, work: Callable[[Any], None], items: Sequence[Any], producers: int) -> None:
        self._work = work
        self._begin = threading.Barrier(producers + 1)
        self._failures: list[BaseException] = []
        parts = [items[n::producers] for n in range(producers)]
        self._threads = [threading.Thread(target=self._run, args=(part,)) for part in parts]
        for thread in self._threads:
            thread.start()

    def __call__(self) -> None:
        self._begin.wait()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def _run(self, part: Sequence[Any]) -> None:
        self._begin.wait()
        try:
            self._work(part)
        except BaseException as failure:  # noqa: BLE001 - raised again by who waits for the crew
            self._failures.append(failure)


def lease_and_settle(outbox: Outbox, leases: int, *, delete: bool = False) -> None:
    """Drain so many batches as the link does: lease, encode, settle, perhaps delete at once."""
    codec = Codec()
    for _ in range(leases):
        lease = outbox.lease(
            Stream.SALE, max_events=LEASE, max_bytes=1 << 20, now_s=0.0, lease_s=10.0
        )
        assert lease is not None
        assert len(lease.events) == LEASE
        assert codec.encode(lease.epoch, lease.stream, lease.first, lease.events)
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
        if delete:
            outbox.housekeep({Stream.SALE: 0.0})


@contextmanager
def every_commit_synced(outbox: Outbox) -> Iterator[None]:
    """Settlements are durable when they return, as in no product: for a fair comparison."""
    file = outbox._file
    relaxed, file.relaxed = file.relaxed, file.durable
    yield
    file.relaxed = relaxed


def settle_all(outbox: Outbox) -> None:
    """Empty the outbox, so that every round drains what it brought."""
    while lease := outbox.lease(
        Stream.SALE, max_events=LEASE, max_bytes=1 << 20, now_s=0.0, lease_s=10.0
    ):
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
    outbox.housekeep({Stream.SALE: 0.0})


def _dated(row: Row) -> tuple[str, int, bytes]:
    return row[0], _NOW_MS, row[1]
