"""A new epoch: what is unsettled continues under new sequences, with its content unchanged.

Bodies hold neither epoch nor sequence, and events stay where they lie: only spans are rewritten,
however large the backlog. The closed epoch is announced by an event of its own, which tells the
ledger that nothing more will come under the old numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.outbox.connection import OutboxFile
from agent.outbox.facts import ComposeClosed, Draft
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.moments import unix_ms
from agent.outbox.retention import mark_settled
from agent.outbox.rows import EPOCH_BYTES, open_epoch, save_last, save_settled, save_spans
from agent.outbox.spans import OPEN, Span, within
from agent.outbox.storing import Parcel, Storing
from agent.outbox.waiving import save_waived
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.events.device import EpochClosed, StreamClosed
from models.wire.ids import Epoch, EventId, new_epoch
from models.wire.ranges import RangeSet
from models.wire.topics import Stream

_CLOSE: Final = "UPDATE epoch SET closed_at = ?, closed_for = ? WHERE epoch = ?"
_UNBURY: Final = "DELETE FROM dead_letter WHERE event_id = ?"


@dataclass(frozen=True, slots=True)
class Cargo:
    """What moves into the fresh epoch beside what is owed.

    Attributes:
        strays: events that belong to no lane; they go behind those of their stream.
        revived: settled sequences that shall be sent again, by their lane's number.
        letters: dead letters whose events are stored no more, to be put back as they are.
        unburied: ids of dead letters that are none any more.
        losses: announced before the closed epoch.
    """

    strays: Mapping[Stream, Sequence[Span]] = field(default_factory=dict)
    revived: Mapping[int, RangeSet] = field(default_factory=dict)
    letters: Sequence[Parcel] = ()
    unburied: Sequence[EventId] = ()
    losses: Sequence[Draft] = ()

    def settled(self, lane: Lane) -> RangeSet:
        """What of a lane stays settled."""
        revived = self.revived.get(lane.number)
        if revived is None:
            return lane.settled
        return RangeSet(gap for one in lane.settled for gap in revived.gaps(*one))

    def waived(self, lane: Lane) -> RangeSet:
        """What of a lane will be settled without a ledger's word: what moves, or is lost."""
        return RangeSet([*lane.waived, *self.settled(lane).gaps(1, lane.last)])

    def owed(self, lane: Lane) -> list[Span]:
        """What of a lane moves."""
        return within(lane.spans, self.settled(lane).gaps(1, lane.last))


_EMPTY: Final = Cargo()


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

    def rehome(self, reason: str, cargo: Cargo = _EMPTY) -> Epoch:
        """Continue under a fresh epoch (see ``Outbox.rehome``); the ledger is told the reason."""
        with self._file.lock, self._lanes.lock:
            return self.rehome_held(reason, cargo)

    def rehome_held(self, reason: str, cargo: Cargo = _EMPTY) -> Epoch:
        """The same, for who holds the locks of file and lanes since it made up the cargo."""
        closed, successor = self._lanes.epoch, new_epoch(self._random(EPOCH_BYTES))
        now_ms = unix_ms(self._clock.now())
        closings = [self._compose_closed(one) for one in self._notices(successor, reason, cargo)]
        notices = self._storing.seal([*cargo.losses, *closings])
        parcels = [*cargo.letters, (Stream.SALE, notices)]
        with self._file.durable as db:
            spans = {stream: self._moved(stream, cargo) for stream in Stream}
            fresh = open_epoch(db, successor, now_ms, spans)
            opened = {lane.stream: lane for lane in fresh}
            for lane in self._lanes:
                save_waived(db, lane, cargo.waived(lane))
                _close(db, lane, cargo.settled(lane), now_ms)
            # Behind the moved: the ledger had better have them before it voids numbers.
            stored = self._storing.insert(db, opened, parcels, now_ms)
            db.executemany(_UNBURY, [(event_id,) for event_id in cargo.unburied])
            db.execute(_CLOSE, (now_ms, reason, closed))
        self._storing.believe(opened, parcels, stored)
        self._continue(fresh, cargo)
        self._logger.warning("outbox_rehomed", reason=reason, closed=closed, epoch=successor)
        return successor

    def _moved(self, stream: Stream, cargo: Cargo) -> list[Span]:
        """What a stream owes, under the first sequences of a new lane; then the open end."""
        spans: list[Span] = []
        last = 0
        moving = [span for lane in self._lanes.of(stream) for span in cargo.owed(lane)]
        for owed in (*moving, *cargo.strays.get(stream, ())):
            spans.append(owed.renumbered(last + 1))
            last = spans[-1].last
        tail = self._lanes.current[stream]
        spans.append(Span(last + 1, OPEN, tail.last + tail.spans[-1].shift - last))
        return spans

    def _notices(self, successor: Epoch, reason: str, cargo: Cargo) -> list[EpochClosed]:
        """One for the current epoch, and one for each older epoch that events leave only now."""
        notices: list[EpochClosed] = []
        for epoch in dict.fromkeys(lane.epoch for lane in self._lanes):
            lanes = [lane for lane in self._lanes if lane.epoch == epoch]
            lasts = [(lane.stream, max(lane.last, lane.heard)) for lane in lanes]
            streams = [StreamClosed(stream, last) for stream, last in lasts if last]
            if streams and (epoch == self._lanes.epoch or any(cargo.owed(x) for x in lanes)):
                notices.append(
                    EpochClosed(epoch=epoch, successor=successor, reason=reason, streams=streams)
                )
        return notices

    def _continue(self, fresh: list[Lane], cargo: Cargo) -> None:
        for lane in self._lanes:
            lane.spans = within(lane.spans, cargo.settled(lane))
            lane.waived = cargo.waived(lane)
            lane.settled = lane.whole()
            lane.end_leases()
        self._lanes.begin(fresh)
        self._lanes.rehome_owed = False


def _close(db: sqlite3.Connection, lane: Lane, settled: RangeSet, now_ms: int) -> None:
    """Leave the lane only what stays settled, and nothing to be asked for."""
    save_last(db, lane)
    save_spans(db, lane, within(lane.spans, settled))
    if lane.unwritten or lane.settled != lane.whole():
        save_settled(db, lane, lane.whole())
        mark_settled(db, lane, lane.whole(), now_ms)
