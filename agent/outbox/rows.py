"""Lanes as rows: reading them when a file is opened, writing what changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from agent.outbox.lanes import Lane
from agent.outbox.spans import OPEN, Span, joined, shelf
from agent.outbox.waiving import load_waived
from models.wire.ids import Epoch
from models.wire.ranges import RangeSet
from models.wire.topics import Stream

EPOCH_BYTES: Final = 16
"""Randomness of an epoch: two files never meet with the same one."""


def open_epoch(
    db: sqlite3.Connection, epoch: Epoch, now_ms: int, spans: Mapping[Stream, Sequence[Span]]
) -> list[Lane]:
    """Insert an epoch with a lane for every stream; part of the caller's transaction.

    ``spans`` are those of the streams that have events already: some moved in, then the open one.
    """
    db.execute("INSERT INTO epoch (epoch, opened_at) VALUES (?, ?)", (epoch, now_ms))
    return [add_lane(db, epoch, stream, spans.get(stream, ())) for stream in Stream]


def add_lane(
    db: sqlite3.Connection, epoch: Epoch, stream: Stream, spans: Sequence[Span] = ()
) -> Lane:
    """Insert one lane, with an empty shelf unless spans say otherwise.

    The open span, which is the last, begins behind the events that were moved in.
    """
    spans = spans or [Span(1, OPEN, shelf(stream)[0] - 1)]
    number = db.execute(
        "INSERT INTO lane (epoch, stream, last, sent)"
        " SELECT number, ?, 0, 0 FROM epoch WHERE epoch = ? RETURNING number",
        (stream, epoch),
    ).fetchone()[0]
    lane = Lane(number, epoch, stream, joined(spans))
    lane.last = lane.claimed = spans[-1].first - 1
    save_last(db, lane)
    save_spans(db, lane, lane.spans)
    return lane


def load(db: sqlite3.Connection) -> list[Lane]:
    """Read all lanes. Costs a few look-ups a lane, however many events wait.

    A stream that this agent does not know (a newer one wrote it) is left alone.
    """
    lanes = load_written(db)
    for lane in lanes:
        lane.last = read_last(db, lane)
    return lanes


def load_written(db: sqlite3.Connection) -> list[Lane]:
    """The same without a look at the events, so ``last`` is only what was written down."""
    rows = db.execute(
        "SELECT lane.number, epoch.epoch, lane.stream, lane.last, lane.sent"
        " FROM lane JOIN epoch ON epoch.number = lane.epoch ORDER BY epoch.number, lane.number"
    ).fetchall()
    return [
        _load(db, Lane(number, Epoch(epoch), Stream(stream), [], last, sent=sent))
        for number, epoch, stream, last, sent in rows
        if stream in set(Stream)
    ]


def _load(db: sqlite3.Connection, lane: Lane) -> Lane:
    spans = db.execute(
        "SELECT first, last, shift FROM span WHERE lane = ? ORDER BY first", (lane.number,)
    )
    lane.spans = [Span(*row) for row in spans.fetchall()]
    settled = db.execute("SELECT first, last FROM settled_range WHERE lane = ?", (lane.number,))
    lane.settled = RangeSet(settled.fetchall())
    lane.waived = load_waived(db, lane.number)
    return lane


def read_last(db: sqlite3.Connection, lane: Lane) -> int:
    """The greatest sequence that the file knows of.

    It is that of the newest event still here, or what was written when the newest were deleted.
    """
    if not lane.spans or lane.spans[-1].last != OPEN:
        return lane.last
    newest: int | None = db.execute(
        "SELECT max(position) FROM event WHERE position BETWEEN ? AND ?",
        (lane.spans[-1].positions[0], shelf(lane.stream)[1]),
    ).fetchone()[0]
    return lane.last if newest is None else max(lane.last, newest - lane.spans[-1].shift)


def save_last(db: sqlite3.Connection, lane: Lane) -> None:
    """Write the last sequence, wherever its event may go away."""
    db.execute("UPDATE lane SET last = ? WHERE number = ?", (lane.last, lane.number))


def save_spans(db: sqlite3.Connection, lane: Lane, spans: Iterable[Span]) -> None:
    """Replace the lane's spans."""
    db.execute("DELETE FROM span WHERE lane = ?", (lane.number,))
    db.executemany(
        "INSERT INTO span (lane, first, last, shift) VALUES (?, ?, ?, ?)",
        [(lane.number, span.first, span.last, span.shift) for span in spans],
    )


def save_settled(db: sqlite3.Connection, lane: Lane, settled: RangeSet) -> None:
    """Make the lane's rows say ``settled``, writing only what differs from memory.

    All of it, where the rows do not say what memory does.
    """
    old, new = set(lane.settled), set(settled)
    if lane.unwritten:
        db.execute("DELETE FROM settled_range WHERE lane = ?", (lane.number,))
        old = set()
    db.executemany(
        "DELETE FROM settled_range WHERE lane = ? AND first = ?",
        [(lane.number, first) for first, _ in old - new],
    )
    db.executemany(
        "INSERT INTO settled_range (lane, first, last) VALUES (?, ?, ?)",
        [(lane.number, first, last) for first, last in new - old],
    )


def save_late(db: sqlite3.Connection, lane: Lane) -> None:
    """Write what only memory holds for settled, before anything is done that rests on it."""
    if lane.unwritten:
        save_settled(db, lane, lane.settled)
