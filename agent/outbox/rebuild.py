"""The lanes of a salvaged file: the damaged file's, as far as their events are still here.

The result is the old epoch with holes where events are lost; it is re-homed before anything else
happens to it, and in the fresh epoch there are none.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.outbox.lanes import Lane
from agent.outbox.losses import notices_of
from agent.outbox.remains import Remains, stream_of
from agent.outbox.retention import mark_settled
from agent.outbox.rows import add_lane, save_settled, save_spans
from agent.outbox.spans import OPEN, Span, joined, shelf, within
from models.wire.events.device import RangeVoid
from models.wire.ids import Epoch
from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream

UNREADABLE: Final = "unreadable"
"""The reason of a loss, in ``range.void`` and in dead letters."""


@dataclass(slots=True)
class Rebuilt:
    """What the lanes came to.

    Attributes:
        strays: events that belong to no known lane: they are owed, nobody knows under what number.
        voids: one or more for each lane that lost unsettled events.
    """

    strays: dict[Stream, list[Span]] = field(default_factory=dict)
    voids: list[RangeVoid] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many unsettled events are known to be gone."""
        return sum(void.count for void in self.voids)


def rebuild(db: sqlite3.Connection, remains: Remains, fallback: Epoch, now_ms: int) -> Rebuilt:
    """Write epochs, lanes, spans and settlement beside the events that are there already.

    Args:
        db: a fresh outbox that holds the events under their old positions; in a transaction.
        remains: the old lanes.
        fallback: names the old epoch where not even its name is left; nothing was sent under it.
        now_ms: when retention begins to count again.
    """
    present = _present(db)
    rebuilt = Rebuilt()
    for number, epoch in enumerate(_epochs(remains, fallback), start=1):
        db.execute(
            "INSERT INTO epoch (number, epoch, opened_at) VALUES (?, ?, ?)", (number, epoch, now_ms)
        )
    current = _epochs(remains, fallback)[-1]
    for stream in Stream:
        _rebuild_stream(db, rebuilt, _OneStream(stream, current, remains, present[stream]), now_ms)
    return rebuilt


@dataclass(frozen=True, slots=True)
class _OneStream:
    """One stream's old lanes, and the positions of its shelf that hold an event."""

    stream: Stream
    current: Epoch
    remains: Remains
    present: Sequence[Range]

    @property
    def lanes(self) -> list[Lane]:
        """The old lanes, the oldest first."""
        return [lane for lane in self.remains.lanes if lane.stream == self.stream]

    @property
    def top(self) -> int:
        """The greatest position that holds an event, or has ever held one as far as we know."""
        start = shelf(self.stream)[0] - 1
        here = self.present[-1][1] if self.present else start
        used = [lane.last + lane.spans[-1].shift for lane in self.lanes if lane.spans]
        return max([start, here, self.remains.newest.get(self.stream, start), *used])


def _rebuild_stream(db: sqlite3.Connection, rebuilt: Rebuilt, one: _OneStream, now_ms: int) -> None:
    placed: list[Range] = []
    for old in one.lanes:
        last = _last(old, one)
        spans = _still_here(within(old.spans, [(1, last)]), one.present)
        placed += [span.positions for span in spans]
        _note_losses(rebuilt, old, last, spans)
        _write(db, _copy(old, last, spans, one), now_ms)
    if not any(lane.epoch == one.current for lane in one.lanes):
        add_lane(db, one.current, one.stream, [Span(1, OPEN, one.top)])
    strays = _gaps(one.present, placed)
    if strays and not one.remains.mapped:
        rebuilt.strays[one.stream] = [Span(first, last, 0) for first, last in strays]


def _last(old: Lane, one: _OneStream) -> int:
    """The greatest sequence that the lane can have assigned, as far as anything tells."""
    last = max(old.last, old.sent, old.settled.last)
    if old.spans and old.spans[-1].last == OPEN:
        newest = max(
            one.remains.newest.get(one.stream, 0), one.present[-1][1] if one.present else 0
        )
        last = max(last, newest - old.spans[-1].shift)
    return last


def _note_losses(rebuilt: Rebuilt, old: Lane, last: int, spans: Sequence[Span]) -> None:
    """What should be here, is not settled, and is gone."""
    here = RangeSet((span.first, span.last) for span in spans)
    lost = [
        gap
        for expected in within(old.spans, old.settled.gaps(1, last))
        for gap in here.gaps(expected.first, expected.last)
    ]
    rebuilt.voids += notices_of(old, lost, UNREADABLE)


def _copy(old: Lane, last: int, spans: list[Span], one: _OneStream) -> Lane:
    """The old lane as memory would hold it; the current epoch's ends in an open span."""
    if old.epoch == one.current:
        spans = [*spans, Span(last + 1, OPEN, one.top - last)]
    return Lane(
        old.number,
        old.epoch,
        old.stream,
        spans,
        last,
        sent=min(old.sent, last),
        settled=old.settled,
    )


def _write(db: sqlite3.Connection, lane: Lane, now_ms: int) -> None:
    db.execute(
        "INSERT INTO lane (number, epoch, stream, last, sent)"
        " SELECT ?, number, ?, ?, ? FROM epoch WHERE epoch = ?",
        (lane.number, lane.stream, lane.last, lane.sent, lane.epoch),
    )
    save_spans(db, lane, lane.spans)
    save_settled(db, Lane(lane.number, lane.epoch, lane.stream, []), lane.settled)
    mark_settled(db, lane, lane.settled, now_ms)


def _epochs(remains: Remains, fallback: Epoch) -> list[Epoch]:
    return list(dict.fromkeys(lane.epoch for lane in remains.lanes)) or [fallback]


def _present(db: sqlite3.Connection) -> dict[Stream, list[Range]]:
    """The runs of positions that hold an event, by stream, in one pass over the table."""
    runs: dict[Stream, list[Range]] = {stream: [] for stream in Stream}
    for (position,) in db.execute("SELECT position FROM event ORDER BY position"):
        stream = stream_of(position)
        assert stream is not None
        shelved = runs[stream]
        if shelved and shelved[-1][1] + 1 == position:
            shelved[-1] = (shelved[-1][0], position)
        else:
            shelved.append((position, position))
    return runs


def _still_here(spans: Iterable[Span], present: Sequence[Range]) -> list[Span]:
    """The parts of the spans whose positions hold an event."""
    lasts = [last for _, last in present]
    found: list[Span] = []
    for span in spans:
        first, last = span.positions
        for index in range(bisect_left(lasts, first), len(present)):
            if present[index][0] > last:
                break
            low, high = max(first, present[index][0]), min(last, present[index][1])
            found.append(Span(low - span.shift, high - span.shift, span.shift))
    return joined(found)


def _gaps(present: Sequence[Range], placed: Iterable[Range]) -> list[Range]:
    taken = RangeSet(placed)
    return [gap for first, last in present for gap in taken.gaps(first, last)]
