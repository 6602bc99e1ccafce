"""Sequences that will never come, in one durable transaction with the event that says so.

The events are deleted and their sequences count as settled here; what takes their place and the
``range.void`` that announces them become durable together with that, or nothing does. How far the
lane was *sent* stays as it is: the cloud leaves void sequences out of its welcomes, and a mark that
was raised for them would let another copy of this file settle events that it never sent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.outbox.connection import OutboxFile
from agent.outbox.facts import ComposeVoid
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.metrics import OutboxMetrics
from agent.outbox.moments import unix_ms
from agent.outbox.names import delete_events
from agent.outbox.retention import mark_settled
from agent.outbox.rows import save_last, save_settled, save_spans
from agent.outbox.spans import within, without
from agent.outbox.storing import SealedEvent, Storing
from agent.outbox.waiving import save_waived
from models.runtime.clock import Clock
from models.wire.events.device import RangeVoid
from models.wire.ranges import RangeSet, from_sequences
from models.wire.topics import Stream

CHUNK: Final = 250
"""Events looked at for one transaction: about 10 ms in which appends wait."""

_COUNT: Final = (
    "INSERT INTO memo (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + excluded.value"
)


class Cause(StrEnum):
    """Why sequences became void: the reason of ``range.void``, and the name of their counter."""

    THINNED = "thinned"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Forfeit:
    """Events that go, in ascending order, and what takes their place in the same stream."""

    sequences: Sequence[int]
    successors: Sequence[SealedEvent] = ()


class Voiding:
    """Lets events of the current epoch go."""

    def __init__(
        self,
        file: OutboxFile,
        lanes: Lanes,
        storing: Storing,
        *,
        clock: Clock,
        compose_void: ComposeVoid,
        metrics: OutboxMetrics,
    ) -> None:
        self._file = file
        self._lanes = lanes
        self._storing = storing
        self._clock = clock
        self._compose_void = compose_void
        self._metrics = metrics

    def void(self, lane: Lane, forfeit: Forfeit, cause: Cause) -> None:
        """Carry it out; durable on return. The caller holds the file's lock and the lanes'.

        Raises:
            DiskUnusable: nothing has changed.
        """
        ranges = from_sequences(forfeit.sequences)
        notice = RangeVoid(
            epoch=lane.epoch,
            stream=lane.stream,
            ranges=ranges,
            count=len(forfeit.sequences),
            reason=cause,
        )
        announced = self._storing.seal([self._compose_void(notice)])
        settled = RangeSet([*lane.settled, *ranges])
        waived = RangeSet([*lane.waived, *ranges])
        rest = without(lane.spans, ranges)
        now_ms = unix_ms(self._clock.now())
        lanes = self._lanes.current
        for touched in (lane, lanes[Stream.SALE]):
            touched.claimed = touched.last
        parcels = [(lane.stream, forfeit.successors), (Stream.SALE, announced)]
        gone: list[str] = []
        with self._file.durable as db:
            for span in within(lane.spans, ranges):
                gone += delete_events(db, span.positions)
            stored = self._storing.insert(db, lanes, parcels, now_ms)
            db.execute(_COUNT, (cause, len(forfeit.sequences)))
            save_last(db, lane)  # before its successors, which are here to say that they are more
            save_settled(db, lane, settled)
            save_waived(db, lane, waived)
            mark_settled(db, lane, settled, now_ms)
            save_spans(db, lane, rest)
        self._storing.names.forget(gone)
        self._storing.believe(lanes, parcels, stored)
        lane.spans = rest
        lane.waived = waived
        lane.believe(settled)
        self._metrics.gave_way(cause, len(forfeit.sequences))


def count_voided(db: sqlite3.Connection) -> dict[Cause, int]:
    """How many events this file has let go in its life, by cause."""
    rows = dict(db.execute("SELECT name, value FROM memo").fetchall())
    return {cause: int(rows.get(cause, 0)) for cause in Cause}
