"""A new epoch: what is unsettled continues under new sequences, with its content unchanged.

Bodies hold neither epoch nor sequence, and events stay where they lie: only spans are rewritten,
however large the backlog. The closed epoch is announced by an event of its own, which tells the
ledger that nothing more will come under the old numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from agent.outbox.connection import OutboxFile
from agent.outbox.facts import ComposeClosed
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.moments import unix_ms
from agent.outbox.retention import mark_settled
from agent.outbox.rows import EPOCH_BYTES, open_epoch, save_last, save_settled, save_spans
from agent.outbox.spans import OPEN, Span, within
from agent.outbox.storing import Storing, insert
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.events.device import EpochClosed, StreamClosed
from models.wire.ids import Epoch, new_epoch
from models.wire.topics import Stream


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
            notices = self._notices(successor, reason)
            with self._file.durable as db:
                spans = {stream: self._moved(stream) for stream in Stream}
                fresh = open_epoch(db, successor, now_ms, spans)
                for lane in self._lanes:
                    _close(db, lane, now_ms)
                self._announce(db, fresh, notices, now_ms)
                db.execute(
                    "UPDATE epoch SET closed_at = ?, closed_for = ? WHERE epoch = ?",
                    (now_ms, reason, closed),
                )
            self._continue(fresh)
        self._logger.warning("outbox_rehomed", reason=reason, closed=closed, epoch=successor)
        return successor

    def _moved(self, stream: Stream) -> list[Span]:
        """What a stream owes, under the first sequences of a new lane; then the open end."""
        spans: list[Span] = []
        last = 0
        for lane in self._lanes.of(stream):
            for owed in lane.owed():
                spans.append(owed.renumbered(last + 1))
                last = spans[-1].last
        tail = self._lanes.current[stream]
        spans.append(Span(last + 1, OPEN, tail.last + tail.spans[-1].shift - last))
        return spans

    def _notices(self, successor: Epoch, reason: str) -> list[EpochClosed]:
        """One for the current epoch, and one for each older epoch that events leave only now."""
        notices: list[EpochClosed] = []
        for epoch in dict.fromkeys(lane.epoch for lane in self._lanes):
            lanes = [lane for lane in self._lanes if lane.epoch == epoch]
            lasts = [(lane.stream, max(lane.last, lane.heard)) for lane in lanes]
            streams = [StreamClosed(stream, last) for stream, last in lasts if last]
            if streams and (epoch == self._lanes.epoch or any(lane.owed() for lane in lanes)):
                notices.append(
                    EpochClosed(epoch=epoch, successor=successor, reason=reason, streams=streams)
                )
        return notices

    def _announce(
        self, db: sqlite3.Connection, fresh: list[Lane], notices: list[EpochClosed], now_ms: int
    ) -> None:
        """Behind the moved events: the ledger had better have them before it voids numbers."""
        lanes = {lane.stream: lane for lane in fresh}
        events = self._storing.seal([self._compose_closed(notice) for notice in notices])
        insert(db, lanes, [(Stream.SALE, events)], now_ms)
        lanes[Stream.SALE].last = lanes[Stream.SALE].claimed

    def _continue(self, fresh: list[Lane]) -> None:
        for lane in self._lanes:
            lane.spans = within(lane.spans, lane.settled)
            lane.settled = lane.whole()
            lane.leases = {}
        self._lanes.begin(fresh)
        self._lanes.rehome_owed = False


def _close(db: sqlite3.Connection, lane: Lane, now_ms: int) -> None:
    """Leave the lane only what is settled, and nothing to be asked for."""
    save_last(db, lane)
    save_spans(db, lane, within(lane.spans, lane.settled))
    if lane.settled != lane.whole():
        save_settled(db, lane, lane.whole())
        mark_settled(db, lane, lane.whole(), now_ms)
