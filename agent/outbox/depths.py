"""How deep the streams are, for heartbeats, the status page and the command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from agent.outbox.facts import Depth
from agent.outbox.lanes import Lane, Lanes, count_owed
from agent.outbox.moments import from_unix_ms
from models.wire.topics import Stream


def depths(db: sqlite3.Connection, lanes: Lanes) -> list[Depth]:
    """The depth of every stream. The current epoch is reckoned from ranges, not counted."""
    return [
        _depth(db, lanes.current(stream), [x for x in lanes.older() if x.stream == stream])
        for stream in Stream
    ]


def count_dead_letters(db: sqlite3.Connection) -> int:
    """How many rejected events are kept."""
    count: int = db.execute("SELECT count(*) FROM dead_letter").fetchone()[0]
    return count


def _depth(db: sqlite3.Connection, lane: Lane, older: Iterable[Lane]) -> Depth:
    pending = lane.last - len(lane.settled)
    oldest = _oldest(db, lane)
    for closed in older:
        owed = count_owed(db, closed)
        pending += owed
        oldest = _oldest(db, closed) if owed else oldest
    return Depth(lane.stream, pending, oldest, lane.last)


def _oldest(db: sqlite3.Connection, lane: Lane) -> datetime | None:
    """When the first unsettled event of a lane was appended."""
    for gap in lane.owed()[:1]:
        row = db.execute(
            "SELECT event.appended_at FROM slot JOIN event ON event.position = slot.position"
            " WHERE slot.lane = ? AND slot.sequence BETWEEN ? AND ? ORDER BY slot.sequence LIMIT 1",
            (lane.number, *gap),
        ).fetchone()
        return from_unix_ms(row[0]) if row else None
    return None
