"""Dropping: pending telemetry goes, the oldest first, a few hundred events at a time."""

from __future__ import annotations

from itertools import islice

from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lanes
from agent.outbox.voiding import CHUNK, Cause, Forfeit, Voiding
from models.wire.topics import Stream


class Dropping:
    """Drops pending telemetry, the oldest first."""

    def __init__(self, file: OutboxFile, lanes: Lanes, voiding: Voiding) -> None:
        self._file = file
        self._lanes = lanes
        self._voiding = voiding

    def step(self) -> int | None:
        """Drop the next events; how many went. See ``Rung``."""
        with self._file.lock, self._lanes.lock:
            lane = self._lanes.current[Stream.TELEMETRY]
            idle = (
                sequence for span in lane.idle(1) for sequence in range(span.first, span.last + 1)
            )
            oldest = [] if self._lanes.rehome_owed else list(islice(idle, CHUNK))
            if not oldest:
                return None
            self._voiding.void(lane, Forfeit(oldest), Cause.DROPPED)
        return len(oldest)
