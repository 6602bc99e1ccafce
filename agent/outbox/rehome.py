"""A new epoch: what is unsettled continues under new sequences, with its content unchanged.

Bodies hold neither epoch nor sequence, and slots are rows of their own, so moving a backlog
rewrites some twenty bytes an event. The closed epoch is announced by an event of its own, which
tells the ledger that nothing more will come under the old numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from agent.outbox.connection import OutboxFile
from agent.outbox.facts import ComposeClosed
from agent.outbox.lanes import EPOCH_BYTES, Lane, Lanes, count_owed, open_epoch, save_settled
from agent.outbox.moments import unix_ms
from agent.outbox.retention import mark_settled
from agent.outbox.storing import Storing, insert
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.events.device import EpochClosed, StreamClosed
from models.wire.ids import Epoch, new_epoch
from models.wire.ranges import RangeSet
from models.wire.topics import Stream

_MOVE: Final = (
    "INSERT INTO slot (lane, sequence, position)"
    " SELECT ?, ? + row_number() OVER (ORDER BY sequence), position FROM slot"
    " WHERE lane = ? AND sequence BETWEEN ? AND ?"
)


class Rehoming:
    """Closes the current epoch and opens its successor."""

    def __init__(
        self,
        file: OutboxFile,
        lanes: Lanes,
        storing: Storing,
        *,
        clock: Clock,
        random: Callable[[int], bytes],
        compose_closed: ComposeClosed,
    ) -> None:
        self._file = file
        self._lanes = lanes
        self._storing = storing
        self._clock = clock
        self._random = random
        self._compose_closed = compose_closed
        self._logger = get_logger(__name__)

    def rehome(self, reason: str) -> Epoch:
        """Continue under a fresh epoch (see ``Outbox.rehome``)."""
        with self._file.lock, self._lanes.lock:
            closed, successor = self._lanes.epoch, new_epoch(self._random(EPOCH_BYTES))
            now_ms = unix_ms(self._clock.now())
            with self._file.transaction() as db:
                fresh = {lane.stream: lane for lane in open_epoch(db, successor, now_ms)}
                notices = self._notices(db, successor, reason)
                moved = sum(_move(db, lane, fresh[lane.stream]) for lane in self._lanes)
                for lane in self._lanes:
                    _close(db, lane, now_ms)
                self._announce(db, fresh[Stream.SALE], notices, now_ms)
                db.execute(
                    "UPDATE epoch SET closed_at = ?, closed_for = ? WHERE epoch = ?",
                    (now_ms, reason, closed),
                )
            self._continue(list(fresh.values()))
        self._logger.warning("outbox_rehomed", reason=reason, closed=closed, moved=moved)
        return successor

    def _notices(self, db: sqlite3.Connection, successor: Epoch, reason: str) -> list[EpochClosed]:
        """One for the current epoch, and one for each older epoch that events leave only now."""
        notices: list[EpochClosed] = []
        for epoch in dict.fromkeys(lane.epoch for lane in self._lanes):
            lanes = [lane for lane in self._lanes if lane.epoch == epoch]
            streams = [
                StreamClosed(lane.stream, max(lane.last, lane.heard))
                for lane in lanes
                if max(lane.last, lane.heard)
            ]
            owing = epoch == self._lanes.epoch or any(count_owed(db, lane) for lane in lanes)
            if streams and owing:
                notices.append(
                    EpochClosed(epoch=epoch, successor=successor, reason=reason, streams=streams)
                )
        return notices

    def _announce(
        self, db: sqlite3.Connection, lane: Lane, notices: list[EpochClosed], now_ms: int
    ) -> None:
        """Behind the moved events, so that the ledger voids numbers whose events it may have."""
        events = self._storing.seal([self._compose_closed(notice) for notice in notices])
        stored = insert(db, lane, lane.last, events, now_ms)
        lane.last += sum(not event.known for event in stored)

    def _continue(self, fresh: list[Lane]) -> None:
        for lane in self._lanes:
            lane.settled = _whole(lane)
            lane.leases.clear()
        self._lanes.begin(fresh)
        self._lanes.rehome_owed = False


def _move(db: sqlite3.Connection, old: Lane, new: Lane) -> int:
    """Give the old lane's unsettled events the next sequences of the new one, in order."""
    before = new.last
    for gap in old.owed():
        new.last += db.execute(_MOVE, (new.number, new.last, old.number, *gap)).rowcount
        db.execute(
            "DELETE FROM slot WHERE lane = ? AND sequence BETWEEN ? AND ?", (old.number, *gap)
        )
    # The slots may have been the newest ones, from which ``last`` is read when the file is opened.
    db.execute("UPDATE lane SET last = ? WHERE number = ?", (old.last, old.number))
    return new.last - before


def _close(db: sqlite3.Connection, lane: Lane, now_ms: int) -> None:
    if lane.settled != _whole(lane):
        save_settled(db, lane, _whole(lane))
        mark_settled(db, lane, _whole(lane), now_ms)


def _whole(lane: Lane) -> RangeSet:
    """All of a closed lane: nothing is owed under its numbers any more."""
    return RangeSet([(1, lane.last)] if lane.last else ())
