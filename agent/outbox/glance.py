"""Is the file sound, as far as a moment's look tells? Costs the same beside a million events.

Looked at are the small tables, both ends of every lane, and the events that matter first: of each
lane the oldest that are owed, which are the next to be sent, and the newest, which were written
last. Damage in between is found by ``verification``, which reads everything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import OutboxDamaged
from agent.outbox.examination import examine
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.remains import is_event
from agent.outbox.spans import Span, within

EVENTS: Final = 200
"""Read at each end of a lane."""

_READ: Final = "SELECT position, event_id, body FROM event WHERE position BETWEEN ? AND ?"


@dataclass(frozen=True, slots=True)
class Glance:
    """What a look has shown.

    Attributes:
        problems: what is wrong, in sentences; empty when nothing was seen.
        read: events that were read, of ``kept`` that are here.
    """

    problems: list[str]
    read: int
    kept: int


def glance(db: sqlite3.Connection, path: Path, lanes: Lanes) -> Glance:
    """Take a look through a read-only connection; raises sqlite3.Error."""
    kept = sum(len(span) for lane in lanes for span in _here(lane))
    try:
        examine(db, path, lanes)
    except OutboxDamaged as damage:
        return Glance([str(damage)], 0, kept)
    problems, read = [], 0
    for lane in lanes:
        for span in _looked_at(lane):
            rows = db.execute(_READ, span.positions).fetchall()
            whole = sum(is_event(event_id, body) for _, event_id, body in rows)
            read += len(rows)
            if whole < len(span):
                problems.append(
                    f"epoch {lane.epoch} stream {lane.stream}: of {span.first}..{span.last} "
                    f"{len(span) - whole} cannot be read or are not here"
                )
    return Glance(problems, read, kept)


def _here(lane: Lane) -> list[Span]:
    return within(lane.spans, [(1, lane.last)])


def _looked_at(lane: Lane) -> Iterator[Span]:
    """The first owed and the newest, without a repeat."""
    first = list(_first(lane.owed()))
    yield from first
    reached = max((span.last for span in first), default=0)
    newest = max(reached + 1, lane.last - EVENTS + 1)
    if newest <= lane.last:
        yield from within(lane.spans, [(newest, lane.last)])


def _first(spans: Iterable[Span]) -> Iterator[Span]:
    left = EVENTS
    for span in spans:
        taken = within([span], [(span.first, min(span.last, span.first + left - 1))])
        yield from taken
        left -= sum(map(len, taken))
        if not left:
            return
