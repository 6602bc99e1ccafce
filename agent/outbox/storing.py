"""Events into the file: one transaction for a group of appends, a sequence for every new event."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Final

from agent.errors import AgentError, DiskUnusable, EventTooLarge
from agent.outbox.connection import OutboxFile
from agent.outbox.facts import Draft, Stored
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.moments import unix_ms
from agent.outbox.rows import read_last
from models.runtime.clock import Clock
from models.vault.seal import Sealer
from models.wire.envelope import MAX_EVENT_BYTES
from models.wire.ids import EventId
from models.wire.topics import Stream

ROOM: Final = MAX_EVENT_BYTES - 128
"""Bytes of a composed event: the wire's limit less what ``envelope.stamp`` may add."""

_INSERT: Final = (
    "INSERT INTO event (position, event_id, appended_at, body) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (event_id) DO NOTHING"
)

_INSERT_NEW: Final = "INSERT OR ROLLBACK INTO event (position, event_id, appended_at, body) VALUES "

MOST_ROWS: Final = 64
"""Events in one statement."""

MOST_BYTES: Final = MAX_EVENT_BYTES
"""Of the events in one statement, which keeps what it was last run with until it is run again."""

SealedEvent = tuple[EventId, bytes]

Parcel = tuple[Stream, Sequence[SealedEvent]]
"""One append call: sealed events that are stored together or not at all."""

_Work = tuple[str, Sequence[object]]
"""A statement and its values."""


class Storing:
    """Seals drafts and stores parcels."""

    def __init__(self, file: OutboxFile, lanes: Lanes, sealer: Sealer, clock: Clock) -> None:
        self._file = file
        self._lanes = lanes
        self._sealer = sealer
        self._clock = clock

    def seal(self, drafts: Sequence[Draft]) -> list[SealedEvent]:
        """The drafts as they may lie on a disk. Takes no lock of the outbox.

        Raises:
            EventTooLarge: stamped, an event would exceed what the wire allows.
            BadEvent: a personal member cannot be found where its span says it is.
            DiskUnusable: a new key could not be stored in the keyring.
        """
        sealed: list[SealedEvent] = []
        personal = False
        for draft in drafts:
            if len(draft.body) > ROOM:
                raise EventTooLarge(
                    f"event {draft.event_id} has {len(draft.body)} bytes and {ROOM} is the limit; "
                    "quarantine its input"
                )
            personal |= bool(draft.spans)
            sealed.append((draft.event_id, draft.body))
        return self._without_personal_data(drafts) if personal else sealed

    def _without_personal_data(self, drafts: Sequence[Draft]) -> list[SealedEvent]:
        try:
            bodies = self._sealer.seal(drafts)
        except sqlite3.Error as error:
            raise DiskUnusable(
                f"the keyring refused a new key ({error}); free or repair its disk"
            ) from error
        return [(draft.event_id, body) for draft, body in zip(drafts, bodies, strict=True)]

    def store(self, parcels: Sequence[Parcel]) -> list[list[Stored]]:
        """Store all parcels in one durable transaction, or none and raise."""
        with self._file.lock:
            try:
                try:
                    if len(parcels) == 1 and len(parcels[0][1]) == 1:
                        return self._store_one(parcels[0][0], *parcels[0][1][0])
                    return self._store_new(parcels)
                except sqlite3.IntegrityError:
                    return self._store_each(parcels)
            except BaseException:
                self._recount(parcels)
                raise

    def _store_one(self, stream: Stream, event_id: EventId, body: bytes) -> list[list[Stored]]:
        """Store a single new event: what a shop does nearly always.

        Raises:
            sqlite3.IntegrityError: it is known; nothing was stored.
        """
        lane = self._lanes.current[stream]
        sequence = lane.last + 1
        values = (sequence + lane.spans[-1].shift, unix_ms(self._clock.now()), event_id, body)
        self._file.durable.execute(insert_new(1), values)
        lane.last = sequence
        return [[Stored(event_id, sequence)]]

    def _store_new(self, parcels: Sequence[Parcel]) -> list[list[Stored]]:
        """Store events that are all new by as few statements as can be.

        Raises:
            sqlite3.IntegrityError: one is known; nothing was stored.
        """
        lanes = self._lanes.current
        batches: dict[Stream, list[SealedEvent]] = {stream: [] for stream, _ in parcels}
        outcome: list[list[Stored]] = []
        for stream, events in parcels:
            first = lanes[stream].last + 1 + len(batches[stream])
            batches[stream] += events
            outcome.append([Stored(event_id, n) for n, (event_id, _) in enumerate(events, first)])
        self._write(batches)
        for stream, batch in batches.items():
            lanes[stream].last += len(batch)
        return outcome

    def _write(self, batches: Mapping[Stream, Sequence[SealedEvent]]) -> None:
        now_ms = unix_ms(self._clock.now())
        works: list[_Work] = []
        for stream, events in batches.items():
            lane = self._lanes.current[stream]
            works += _works(lane.last + 1 + lane.spans[-1].shift, now_ms, events)
        if len(works) == 1:
            self._file.durable.execute(*works[0])
            return
        with self._file.durable as db:
            for statement, values in works:
                db.execute(statement, values)

    def _store_each(self, parcels: Sequence[Parcel]) -> list[list[Stored]]:
        """Store events of which some are known: one by one, in one transaction."""
        lanes = self._lanes.current
        for stream, _ in parcels:
            lanes[stream].claimed = lanes[stream].last
        with self._file.durable as db:
            outcome = insert(db, lanes, parcels, unix_ms(self._clock.now()))
        for stream, _ in parcels:
            lanes[stream].last = lanes[stream].claimed
        return outcome

    def _recount(self, parcels: Sequence[Parcel]) -> None:
        """Ask the file for the last sequences: a signal may have come right after the commit."""
        with suppress(AgentError), self._lanes.lock, self._file.read() as db:
            for lane in (self._lanes.current[stream] for stream, _ in parcels):
                lane.last = read_last(db, lane)


def insert(
    db: sqlite3.Connection, lanes: Mapping[Stream, Lane], parcels: Sequence[Parcel], now_ms: int
) -> list[list[Stored]]:
    """Put events behind those that their lanes have claimed; known ids are passed over.

    A lane's ``last`` follows its ``claimed`` only after the commit.
    """
    outcome: list[list[Stored]] = []
    for stream, events in parcels:
        lane, stored = lanes[stream], []
        shift = lane.spans[-1].shift
        for event_id, body in events:
            claim = lane.claimed + 1
            if db.execute(_INSERT, (claim + shift, event_id, now_ms, body)).rowcount:
                lane.claimed = claim
                stored.append(Stored(event_id, claim))
            else:
                stored.append(Stored(event_id, None, known=True))
        outcome.append(stored)
    return outcome


def _works(position: int, now_ms: int, events: Sequence[SealedEvent]) -> Iterator[_Work]:
    """What stores new events from a position on, in order."""
    start = 0
    while start < len(events):
        values: list[object] = [position + start, now_ms]
        room, begun = MOST_BYTES, start
        for event in events[begun : begun + MOST_ROWS]:
            room -= len(event[1])
            if room < 0 and start > begun:
                break
            values += event
            start += 1
        yield insert_new(start - begun), values


@cache
def insert_new(count: int) -> str:
    """The statement that stores so many events at consecutive positions.

    Its values are the first position, the time, then id and body of each. It ends the transaction
    where one is known: otherwise SQLite would note down how to undo every page that it touches.
    """
    rows = (f"(?1 + {n}, ?{2 * n + 3}, ?2, ?{2 * n + 4})" for n in range(count))
    return _INSERT_NEW + ", ".join(rows)
