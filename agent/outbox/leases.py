"""Leases: consecutive events taken for sending, opened and stamped.

Which run is free is decided in memory; its rows are read by key. So a lease costs the same with ten
events waiting as with a million.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import accumulate
from typing import Final

from agent.errors import AgentError, OutboxCorrupt, OutboxDamaged, OutboxRenewed
from agent.outbox.connection import OutboxFile
from agent.outbox.facts import Lease
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.packing import NotPacked, unpack_all
from agent.outbox.spans import Span, within
from models.runtime.logs import get_logger
from models.vault.errors import SealBroken
from models.vault.seal import Sealer
from models.wire.envelope import stamp_run
from models.wire.ids import Epoch, EventId
from models.wire.ranges import Range
from models.wire.topics import Stream

_READ = (
    "SELECT position, event_id, body FROM event WHERE position BETWEEN ? AND ? ORDER BY position"
)

ROWS: Final = 50
"""Events read at a time: a batch takes two calls, and what is read beyond its bytes stays small,
12 MB were all of them as large as can be."""

_Row = tuple[int, EventId, bytes]


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
            lane.lend(lease, now_s + lease_s)
        self._note_sent(lane, lease.last)
        return lease

    def release(self, lease: Lease) -> None:
        """Make the events free again; does nothing for a lease that ran out or was settled."""
        with self._lanes.lock:
            lane = self._lanes.find(lease.epoch, lease.stream)
            if lane is not None:
                lane.take_back(lease)

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
        room = max_bytes
        for span in run:
            due = span.first
            # An open cursor would keep the WAL from being folded in.
            with closing(db.execute(_READ, span.positions)) as cursor:
                while rows := _consecutive(cursor.fetchmany(ROWS), due + span.shift):
                    bodies = self._open(rows)
                    stamped = stamp_run(bodies, epoch, due, historical=historical)
                    size = sum(map(len, stamped))
                    if size > room:
                        return events + stamped[: _fitting(stamped, room, at_least=not events)]
                    events += stamped
                    room -= size
                    due += len(stamped)
            if due <= span.last:
                raise OutboxDamaged(
                    f"outbox {self._file.path}: the event of sequence {due} is missing; "
                    "`lianke-agent outbox verify` says what else is"
                )
        return events

    def _open(self, rows: Sequence[_Row]) -> list[bytes]:
        try:
            sealed = unpack_all([body for _, _, body in rows])
            ids = (event_id for _, event_id, _ in rows)
            return self._sealer.open_all(zip(ids, sealed, strict=True))
        except NotPacked as error:
            raise OutboxDamaged(f"outbox {self._file.path}: {error}") from error
        except SealBroken as error:
            raise OutboxCorrupt(
                f"outbox {self._file.path}: an event cannot be opened: {error}; "
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
                self._file.relaxed.execute(
                    "UPDATE lane SET sent = ? WHERE number = ?", (last, lane.number)
                )
            except AgentError as error:
                # Sending is what frees a full disk, so it must not wait for the disk.
                self._logger.warning("outbox_sent_mark_not_written", error=str(error))
            lane.sent = last


def _consecutive(rows: Sequence[_Row], position: int) -> Sequence[_Row]:
    """The rows that lie one behind the other from a position on."""
    if not rows or rows[-1][0] == position + len(rows) - 1:
        return rows
    return [row for due, row in enumerate(rows, position) if row[0] == due]


def _fitting(events: Sequence[bytes], room: int, *, at_least: bool) -> int:
    """How many of the events, from the first on, have room; one in any case where it must be."""
    sizes = accumulate(map(len, events))
    return max(sum(size <= room for size in sizes), int(at_least))
