"""Leases: consecutive events taken for sending, opened and stamped.

Which run is free is decided in memory; its rows are read by key. So a lease costs the same with ten
events waiting as with a million.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from agent.errors import AgentError, OutboxCorrupt, OutboxDamaged, OutboxRenewed
from agent.outbox.connection import OutboxFile
from agent.outbox.facts import Lease
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.spans import Span, within
from models.runtime.logs import get_logger
from models.vault.errors import SealBroken
from models.vault.seal import Sealer
from models.wire.envelope import stamp
from models.wire.ids import Epoch, EventId
from models.wire.ranges import Range
from models.wire.topics import Stream

_READ = (
    "SELECT position, event_id, body FROM event WHERE position BETWEEN ? AND ? ORDER BY position"
)


class Leasing:
    """Takes runs of events for sending and gives them back."""

    def __init__(self, file: OutboxFile, lanes: Lanes, sealer: Sealer) -> None:
        self._file = file
        self._lanes = lanes
        self._sealer = sealer
        self._logger = get_logger(__name__)

    def lease(
        self,
        stream: Stream,
        window: Range,
        *,
        max_events: int,
        max_bytes: int,
        now_s: float,
        lease_s: float,
        historical: bool,
    ) -> Lease | None:
        """The first free run within the window; None where there is none (see ``Outbox``)."""
        with self._lanes.lock:
            if self._lanes.renewed:
                raise OutboxRenewed("the outbox goes on under a fresh epoch; say so in a new birth")
            lane = self._lanes.current[stream]
            run = [] if self._lanes.rehome_owed else lane.free_run(*window, now_s)
            if not run:
                return None
            first = run[0].first
            with self._file.read() as db:
                wanted = within(run, [(first, first + max_events - 1)])
                events = self._read(db, wanted, lane.epoch, max_bytes, historical=historical)
            lease = Lease(lane.epoch, stream, first, events)
            lane.leases[lease] = now_s + lease_s
        self._note_sent(lane, lease.last)
        return lease

    def release(self, lease: Lease) -> None:
        """Make the events free again; does nothing for a lease that ran out or was settled."""
        with self._lanes.lock:
            lane = self._lanes.find(lease.epoch, lease.stream)
            if lane is not None:
                lane.leases.pop(lease, None)

    def _read(
        self,
        db: sqlite3.Connection,
        run: Sequence[Span],
        epoch: Epoch,
        max_bytes: int,
        *,
        historical: bool,
    ) -> list[bytes]:
        """The events of a run, opened and stamped: as many as fit but at least one."""
        events: list[bytes] = []
        size = 0
        for span in run:
            due = span.first
            # An open cursor would keep the WAL from being folded in.
            with closing(db.execute(_READ, span.positions)) as cursor:
                for position, event_id, sealed in cursor:
                    if position != due + span.shift:
                        break
                    event = stamp(self._open(event_id, sealed), epoch, due, historical=historical)
                    size += len(event)
                    if events and size > max_bytes:
                        return events
                    events.append(event)
                    due += 1
            if due <= span.last:
                raise OutboxDamaged(
                    f"outbox {self._file.path}: the event of sequence {due} is missing; "
                    "`lianke-agent outbox verify` says what else is"
                )
        return events

    def _open(self, event_id: EventId, sealed: bytes) -> bytes:
        try:
            return self._sealer.open(event_id, sealed)
        except SealBroken as error:
            raise OutboxCorrupt(
                f"outbox {self._file.path}: event {event_id} cannot be opened ({error}); "
                "restore the keys that belong to this outbox"
            ) from error

    def _note_sent(self, lane: Lane, last: int) -> None:
        """Remember how far the lane may have been sent, before anything is sent.

        Not synced: a power cut may forget it, and then the next welcome looks as if another copy
        of this file had spoken, which costs a needless re-homing and no event.
        """
        if last <= lane.sent:
            return
        with self._file.lock:
            if last <= lane.sent:
                return
            try:
                with self._file.relaxed as db:
                    db.execute("UPDATE lane SET sent = ? WHERE number = ?", (last, lane.number))
            except AgentError as error:
                # Sending is what frees a full disk, so it must not wait for the disk.
                self._logger.warning("outbox_sent_mark_not_written", error=str(error))
            lane.sent = last
