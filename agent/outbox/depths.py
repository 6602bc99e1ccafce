"""How deep the streams are, for heartbeats, the status page and the command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from agent.outbox.facts import Depth
from agent.outbox.lanes import Lanes
from agent.outbox.moments import from_unix_ms
from agent.outbox.space import spans_of
from agent.outbox.spans import Span
from models.wire.topics import Stream


def depths(db: sqlite3.Connection, lanes: Lanes) -> list[Depth]:
    """The depth of every stream: reckoned from ranges, with one look-up for the oldest event."""
    return [_depth(db, lanes, stream) for stream in Stream]


def count_dead_letters(db: sqlite3.Connection) -> int:
    """How many rejected events are kept."""
    count: int = db.execute("SELECT count(*) FROM dead_letter").fetchone()[0]
    return count


def _depth(db: sqlite3.Connection, lanes: Lanes, stream: Stream) -> Depth:
    owed = [span for lane in lanes.of(stream) for span in lane.owed()]
    pending = sum(len(span) for span in owed)
    kept = sum(map(len, spans_of(lanes, stream)))
    return Depth(stream, pending, _oldest(db, owed), lanes.current[stream].last, kept)


def _oldest(db: sqlite3.Connection, owed: Sequence[Span]) -> datetime | None:
    """When the first of the owed events was appended; older epochs come first."""
    if not owed:
        return None
    query = "SELECT appended_at FROM event WHERE position = ?"
    row = db.execute(query, (owed[0].positions[0],)).fetchone()
    return from_unix_ms(row[0]) if row else None
