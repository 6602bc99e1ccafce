"""What was settled long enough ago is deleted, from the front of each lane, a little at a time.

Settled events stay for some days: a cloud that was restored from a backup asks for them again. The
days count from the settlement, not from the append, or a week-long outage would end a sale's
retention in the moment it is settled. So each lane notes, hour by hour, how far it was settled
without a hole; an event may go once such a note is old enough. Notes are made with a clock that
may jump: a note never claims to be older than the one before it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.metrics import OutboxMetrics
from agent.outbox.moments import unix_ms
from agent.outbox.names import Names, delete_events
from agent.outbox.rows import save_last, save_late, save_spans
from agent.outbox.spans import within, without
from agent.outbox.waiving import forget_waived
from models.runtime.clock import Clock
from models.wire.ids import Epoch
from models.wire.ranges import RangeSet
from models.wire.topics import Stream

CHUNK: Final = 500
"""Events deleted in one transaction: about 15 ms in which appends wait."""

PAUSE_S: Final = 0.001
"""Between two chunks, so that whoever waits to append gets the lock."""

_HOUR_MS: Final = 3_600_000

_MARK: Final = (
    "INSERT INTO settled_mark (lane, hour, settled_at, watermark)"
    " SELECT :lane, at / :hour, at, :watermark FROM ("
    "  SELECT max(:now, coalesce((SELECT max(settled_at) FROM settled_mark"
    "   WHERE lane = :lane), 0)) AS at) WHERE true"
    " ON CONFLICT (lane, hour) DO UPDATE"
    " SET settled_at = excluded.settled_at, watermark = excluded.watermark"
)


def mark_settled(db: sqlite3.Connection, lane: Lane, settled: RangeSet, now_ms: int) -> None:
    """Note how far the lane is settled by now; part of the settling transaction."""
    if settled.watermark:
        db.execute(
            _MARK,
            {"lane": lane.number, "hour": _HOUR_MS, "now": now_ms, "watermark": settled.watermark},
        )


def unmark(db: sqlite3.Connection, lane: Lane) -> None:
    """Forget the notes: another ledger than the one that settled is asking."""
    db.execute("DELETE FROM settled_mark WHERE lane = ?", (lane.number,))


class Retention:
    """Deletes what was settled and kept for long enough."""

    def __init__(
        self, file: OutboxFile, lanes: Lanes, names: Names, clock: Clock, metrics: OutboxMetrics
    ) -> None:
        self._file = file
        self._lanes = lanes
        self._names = names
        self._clock = clock
        self._metrics = metrics
        self._never = threading.Event()

    def housekeep(self, keep_s: Mapping[Stream, float]) -> int:
        """Delete what may go (see ``Outbox.housekeep``); returns how many events went."""
        now_ms = unix_ms(self._clock.now())
        self._take_back_the_future(now_ms)
        deleted = sum(
            self._sweep(lane, now_ms - round(keep_s[lane.stream] * 1000))
            for lane in self._lanes
            if lane.stream in keep_s
        )
        for epoch in dict.fromkeys(lane.epoch for lane in self._lanes.older()):
            self._drop_if_empty(epoch)
        return deleted

    def cut_short(self, stream: Stream) -> int | None:
        """End the retention of a stream's oldest settled events; how many went, None for nobody.

        They are in the ledger. A ledger that is restored later can ask for them no more. One event
        that stays unsettled, because nobody can take it, keeps nothing behind it here.
        """
        for lane in self._lanes.of(stream):
            if went := self._delete_chunk(lane):
                self._metrics.gave_way("settled", went)
                return went
        return None

    def _take_back_the_future(self, now_ms: int) -> None:
        """What a clock noted that was ahead, and has been corrected, becomes a note of now."""
        with self._file.lock, self._file.relaxed as db:
            db.execute(
                "UPDATE settled_mark SET settled_at = ? WHERE settled_at > ?", (now_ms, now_ms)
            )

    def _sweep(self, lane: Lane, settled_before_ms: int) -> int:
        limit, deleted = self._limit(lane, settled_before_ms), 0
        while chunk := self._delete_chunk(lane, limit):
            deleted += chunk
            self._clock.wait(self._never, PAUSE_S)
        return deleted

    def _limit(self, lane: Lane, settled_before_ms: int) -> int:
        """The greatest sequence that is old enough. Notes that it makes superfluous go at once."""
        with self._file.lock, self._file.relaxed as db:
            row = db.execute(
                "SELECT max(watermark) FROM settled_mark WHERE lane = ? AND settled_at <= ?",
                (lane.number, settled_before_ms),
            ).fetchone()
            limit: int = row[0] or 0
            db.execute(
                "DELETE FROM settled_mark WHERE lane = ? AND watermark < ?", (lane.number, limit)
            )
        return limit

    def _delete_chunk(self, lane: Lane, limit: int | None = None) -> int:
        """Delete the first of the lane's settled events; 0 when none is left.

        With a ``limit`` those up to it that are settled without a hole, else any.

        Not synced, like settlement: SQLite keeps the order of commits, so a deletion never
        survives a power cut that its settlement did not.
        """
        with self._file.lock:
            # Asked anew under the lock: the ledger may have been restored since the last chunk.
            for span in within(lane.spans, _settled(lane, limit)):
                going = replace(span, last=min(span.last, span.first + CHUNK - 1))
                rest = without(lane.spans, [(going.first, going.last)])
                with self._file.relaxed as db:
                    save_late(db, lane)
                    gone = delete_events(db, going.positions)
                    save_last(db, lane)
                    save_spans(db, lane, rest)
                self._names.forget(gone)
                with self._lanes.lock:
                    lane.spans = rest
                return len(going)
        return 0

    def _drop_if_empty(self, epoch: Epoch) -> None:
        """Forget a closed epoch once none of its events is left."""
        lanes = [lane for lane in self._lanes if lane.epoch == epoch]
        if any(lane.spans for lane in lanes):
            return
        numbers = [(lane.number,) for lane in lanes]
        with self._file.lock:
            with self._file.relaxed as db:
                db.executemany("DELETE FROM settled_mark WHERE lane = ?", numbers)
                db.executemany("DELETE FROM settled_range WHERE lane = ?", numbers)
                db.executemany("DELETE FROM lane WHERE number = ?", numbers)
                for lane in lanes:
                    forget_waived(db, lane.number)
                db.execute("DELETE FROM epoch WHERE epoch = ?", (epoch,))
            with self._lanes.lock:
                self._lanes.forget(epoch)


def _settled(lane: Lane, limit: int | None) -> RangeSet:
    """What is settled of a lane: all of it, or what is up to ``limit`` without a hole."""
    if limit is None:
        return lane.settled
    last = min(limit, lane.settled.watermark)
    return RangeSet([(1, last)] if last else ())
