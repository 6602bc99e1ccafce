"""Which of the kept events: by stream, epoch, sequence, time, and whether the ledger has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.outbox.lanes import Lane, Lanes
from agent.outbox.moments import from_unix_ms, unix_ms
from agent.outbox.packing import as_far_as_it_goes
from agent.outbox.spans import within
from models.wire.ids import Epoch, EventId
from models.wire.ranges import Range
from models.wire.topics import Stream

CHUNK: Final = 500
"""Rows read at a time: a reader that stays in one read keeps the log from being folded in."""

_READ: Final = (
    "SELECT position, event_id, appended_at, body FROM event"
    " WHERE position BETWEEN ? AND ? ORDER BY position LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Kept events; everything unless something narrows it.

    Attributes:
        stream: of one stream only.
        epoch: of one epoch only; sequences mean little without it.
        first: from this sequence on.
        last: up to this sequence.
        since: appended at this moment or later, aware.
        until: appended before this moment, aware.
        pending: those that the ledger has not settled.
        settled: those that it has, within their retention.
    """

    stream: Stream | None = None
    epoch: str = ""
    first: int = 1
    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    pending: bool = True
    settled: bool = False

    def includes(self, appended_ms: int) -> bool:
        """Whether the time of an append is within the bounds."""
        after = self.since is None or appended_ms >= unix_ms(self.since)
        return after and (self.until is None or appended_ms < unix_ms(self.until))

    def ranges(self, lane: Lane) -> list[Range]:
        """The sequences of a lane that may be meant; their times are not looked at."""
        if self.stream not in {None, lane.stream} or self.epoch not in {"", lane.epoch}:
            return []
        first, last = max(self.first, 1), min(self.last or lane.last, lane.last)
        if self.pending and self.settled:
            return [(first, last)] if first <= last else []
        if self.pending:
            return lane.settled.gaps(first, last)
        return _clipped(lane.settled, first, last) if self.settled else []


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """One event as it lies in the outbox; ``body`` is sealed."""

    epoch: Epoch
    stream: Stream
    sequence: int
    settled: bool
    event_id: EventId
    appended_at: datetime
    body: bytes

    def __repr__(self) -> str:
        return f"Kept({self.epoch}, {self.stream}, {self.sequence}, {self.event_id})"


def select(db: sqlite3.Connection, lanes: Lanes, selection: Selection) -> Iterator[Kept]:
    """The events of a selection, older epochs first, in order; some hundred in memory at a time.

    Events that the agent settles and deletes meanwhile may be among them or not.
    """
    for lane in lanes:
        for span in within(lane.spans, selection.ranges(lane)):
            for position, event_id, at_ms, body in _rows(db, span.positions):
                if selection.includes(at_ms):
                    sequence = position - span.shift
                    yield Kept(
                        lane.epoch,
                        lane.stream,
                        sequence,
                        sequence in lane.settled,
                        event_id,
                        from_unix_ms(at_ms),
                        as_far_as_it_goes(body),
                    )


def _rows(db: sqlite3.Connection, positions: Range) -> Iterator[tuple[int, EventId, int, bytes]]:
    first, last = positions
    while first <= last:
        rows: Sequence[tuple[int, EventId, int, bytes]] = db.execute(
            _READ, (first, last, CHUNK)
        ).fetchall()
        yield from rows
        if len(rows) < CHUNK:
            return
        first = rows[-1][0] + 1


def _clipped(ranges: Iterable[Range], first: int, last: int) -> list[Range]:
    return [(max(a, first), min(b, last)) for a, b in ranges if a <= last and first <= b]
