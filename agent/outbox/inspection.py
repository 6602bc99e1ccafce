"""Looking into an outbox from another process, beside the running agent, without writing.

Nothing shown here is personal: of a body only its event type and its size are told.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from agent.errors import DiskUnusable, OutboxBusy
from agent.outbox.connection import connect
from agent.outbox.depths import count_dead_letters, depths
from agent.outbox.facts import Depth
from agent.outbox.faults import in_our_words
from agent.outbox.glance import Glance, glance
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.migrations import migrations, version_of
from agent.outbox.moments import from_unix_ms
from agent.outbox.packing import as_far_as_it_goes
from agent.outbox.rows import load
from agent.outbox.selection import Kept, Selection, select
from agent.outbox.verification import verify
from models.wire.errors import DECODE_FAULTS
from models.wire.ids import Epoch, EventId
from models.wire.registry import SALE_RECORDED
from models.wire.topics import Stream


class _Content(msgspec.Struct, frozen=True):
    kind: str = ""


class _View(msgspec.Struct, frozen=True):
    type: str = ""
    data: _Content = _Content()


_VIEWS = msgspec.json.Decoder(_View)
_READ_PENDING = (
    "SELECT position, event_id, appended_at, body FROM event"
    " WHERE position BETWEEN ? AND ? ORDER BY position LIMIT ?"
)
_READ_LETTERS = (
    "SELECT event_id, epoch, stream, sequence, reason, rejected_at, body FROM dead_letter"
    " ORDER BY rejected_at, event_id"
)


@dataclass(frozen=True, slots=True)
class Pending:
    """One event that the ledger has not settled.

    Attributes:
        type: the CloudEvents type, empty where the body cannot be read.
        size_bytes: of the sealed body.
    """

    epoch: Epoch
    stream: Stream
    sequence: int
    event_id: EventId
    type: str
    appended_at: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event that the cloud refused for ever, and why."""

    event_id: EventId
    epoch: Epoch
    stream: str
    sequence: int
    reason: str
    rejected_at: datetime


class Inspection:
    """A read-only view of an outbox. Not for several threads; ``with`` closes it."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        """Look through an open connection; use ``Inspection.open``."""
        self._path = path
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Inspection:
        """Open a file for reading.

        Raises:
            DiskUnusable: there is no such file, or it cannot be read.
            OutboxCorrupt: not an outbox, damaged, or written by a newer agent.
        """
        if not path.exists():
            raise DiskUnusable(f"no outbox at {path}; has the agent run with this configuration?")
        if not path.stat().st_size:  # SQLite would delete a log that lies beside it
            raise DiskUnusable(f"outbox {path} is empty; start the agent once, it sets that right")
        with in_our_words(path):
            db = connect(path, read_only=True)
            try:
                version = version_of(db, path, len(migrations()))
            except BaseException:
                db.close()
                raise
        if not version:
            db.close()
            raise DiskUnusable(f"outbox {path} is empty; start the agent once, it sets that right")
        return cls(path, db)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def epoch(self) -> Epoch:
        """The current epoch."""
        with in_our_words(self._path):
            return self._lanes().epoch

    def depths(self) -> list[Depth]:
        """Every stream's depth, as ``Outbox.depths``."""
        with in_our_words(self._path):
            return depths(self._db, self._lanes())

    def captured(self) -> dict[str, int]:
        """How many transactions lie here by kind, settled ones within their retention too.

        Reads every event: seconds for a million of them.
        """
        with in_our_words(self._path):
            views = (_view(body) for (body,) in self._db.execute("SELECT body FROM event"))
            return Counter(view.data.kind for view in views if view.type == SALE_RECORDED.name)

    def pending(self, stream: Stream, limit: int = 100) -> list[Pending]:
        """The first unsettled events of a stream, older epochs first."""
        found: list[Pending] = []
        with in_our_words(self._path):
            for lane in self._lanes():
                if lane.stream == stream:
                    found += self._pending(lane, limit - len(found))
        return found

    def select(self, selection: Selection) -> Iterator[Kept]:
        """Kept events with their sealed bodies, older epochs first, a few hundred in memory."""
        with in_our_words(self._path):
            yield from select(self._db, self._lanes(), selection)

    def letters(self) -> Iterator[tuple[DeadLetter, bytes]]:
        """Every dead letter with its sealed body, in the order of refusal."""
        with in_our_words(self._path):
            for *letter, body in self._db.execute(_READ_LETTERS).fetchall():
                yield _letter(*letter), as_far_as_it_goes(body)

    def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """The events rejected last, the newest first."""
        with in_our_words(self._path):
            rows = self._db.execute(
                "SELECT event_id, epoch, stream, sequence, reason, rejected_at FROM dead_letter"
                " ORDER BY rejected_at DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [_letter(*row) for row in rows]

    def count_dead_letters(self) -> int:
        """How many events the cloud has refused for ever."""
        with in_our_words(self._path):
            return count_dead_letters(self._db)

    def glance(self) -> Glance:
        """What is wrong with the file as far as a moment's look tells; reads a bounded part."""
        with in_our_words(self._path):
            self._db.execute("BEGIN")
            try:
                return glance(self._db, self._path, self._lanes())
            finally:
                self._db.execute("ROLLBACK")

    def verify(self) -> list[str]:
        """What is wrong with the file, in sentences; empty when all is well. Reads all of it."""
        with in_our_words(self._path):
            self._db.execute("BEGIN")  # one snapshot, whatever the agent writes meanwhile
            try:
                return verify(self._db, self._lanes())
            finally:
                self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _pending(self, lane: Lane, limit: int) -> list[Pending]:
        found: list[Pending] = []
        for span in lane.owed():
            rows = self._db.execute(_READ_PENDING, (*span.positions, limit - len(found)))
            found += [_shown(lane, position - span.shift, *row) for position, *row in rows]
            if len(found) == limit:
                break
        return found

    def _lanes(self) -> Lanes:
        lanes = load(self._db)
        if not lanes:
            raise OutboxBusy(f"outbox {self._path} is just being made; look again")
        return Lanes(lanes)


def _shown(lane: Lane, sequence: int, event_id: EventId, at_ms: int, stored: bytes) -> Pending:
    return Pending(
        epoch=lane.epoch,
        stream=lane.stream,
        sequence=sequence,
        event_id=event_id,
        type=_view(stored).type,
        appended_at=from_unix_ms(at_ms),
        size_bytes=len(as_far_as_it_goes(stored)),
    )


def _letter(*row: Any) -> DeadLetter:
    event_id, epoch, stream, sequence, reason, at_ms = row
    return DeadLetter(event_id, epoch, stream, sequence, reason, from_unix_ms(at_ms))


def _view(stored: bytes) -> _View:
    """What can be read of a body, nothing of one that is damaged."""
    try:
        return _VIEWS.decode(as_far_as_it_goes(stored))
    except DECODE_FAULTS:
        return _View()
