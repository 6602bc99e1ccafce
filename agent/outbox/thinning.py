"""Thinning: pending footfall becomes coarser, a few hundred events at a time.

What becomes one is ``merging``'s decision; here it is read, composed and carried out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import tzinfo
from typing import Final

from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.merging import STEPS_S, Merge, compose_merged, plan, read_counted
from agent.outbox.moments import unix_ms
from agent.outbox.packing import as_far_as_it_goes
from agent.outbox.spans import Span
from agent.outbox.storing import SealedEvent
from agent.outbox.voiding import CHUNK, Cause, Forfeit, Voiding
from models.runtime.clock import Clock
from models.wire.ids import Epoch, EventId, uuid7
from models.wire.topics import Stream

_READ: Final = (
    "SELECT position, event_id, body FROM event WHERE position BETWEEN ? AND ?"
    " ORDER BY position LIMIT ?"
)


class Thinning:
    """Merges pending counted minutes, the oldest first: all into quarters, then into hours."""

    def __init__(
        self,
        file: OutboxFile,
        lanes: Lanes,
        voiding: Voiding,
        *,
        zone: tzinfo,
        clock: Clock,
        random: Callable[[int], bytes],
    ) -> None:
        self._file = file
        self._lanes = lanes
        self._voiding = voiding
        self._zone = zone
        self._clock = clock
        self._random = random
        self._epoch: Epoch | None = None
        self._seen: dict[int, int] = {}

    def step(self) -> int | None:
        """Merge what can be among the next events; how many went. See ``Rung``."""
        with self._file.lock, self._lanes.lock:
            lane = self._lanes.current[Stream.FOOTFALL]
            if self._lanes.rehome_owed:
                return None
            if lane.epoch != self._epoch:
                self._epoch, self._seen = lane.epoch, dict.fromkeys(STEPS_S, 0)
            for step_s in STEPS_S:
                went = self._walk(lane, step_s)
                if went is not None:
                    return went
        return None

    def _walk(self, lane: Lane, step_s: int) -> int | None:
        spans = lane.idle(self._seen[step_s] + 1)
        with self._file.read() as db:
            rows = _read(db, spans)
        if not rows:
            return None
        events = [event for row in rows if (event := read_counted(*row))]
        merges = plan(events, step_s, self._zone)
        if not merges and len(rows) == CHUNK:
            merges = plan(events, step_s, self._zone, spare_newest=False)
            self._seen[step_s] = rows[-1][0]
        elif not merges:
            return None
        if merges:
            self._merge(lane, merges)
        return sum(len(merge.parts) for merge in merges)

    def _merge(self, lane: Lane, merges: Sequence[Merge]) -> None:
        parts = sorted(part.sequence for merge in merges for part in merge.parts)
        successors = [self._successor(merge) for merge in merges]
        self._voiding.void(lane, Forfeit(parts, successors), Cause.THINNED)

    def _successor(self, merge: Merge) -> SealedEvent:
        event_id = uuid7(unix_ms(self._clock.now()), self._random(10))
        return event_id, compose_merged(merge, event_id)


def _read(db: sqlite3.Connection, spans: Sequence[Span]) -> list[tuple[int, EventId, bytes]]:
    rows: list[tuple[int, EventId, bytes]] = []
    for span in spans:
        with closing(db.execute(_READ, (*span.positions, CHUNK - len(rows)))) as cursor:
            rows += [
                (position - span.shift, event_id, as_far_as_it_goes(body))
                for position, event_id, body in cursor
            ]
        if len(rows) == CHUNK:
            break
    return rows
