"""Events into the file: one transaction for a group of appends, a sequence for every new event."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
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

SealedEvent = tuple[EventId, bytes]


Parcel = tuple[Stream, Sequence[SealedEvent]]
"""One append call: sealed events that are stored together or not at all."""


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
        lanes = self._lanes.current
        with self._file.lock:
            try:
                for stream, _ in parcels:
                    lanes[stream].claimed = lanes[stream].last
                with self._file.durable as db:
                    outcome = insert(db, lanes, parcels, unix_ms(self._clock.now()))
                for stream, _ in parcels:
                    lanes[stream].last = lanes[stream].claimed
            except BaseException:
                self._recount(parcels)
                raise
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
