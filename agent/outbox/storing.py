"""Events into the file: one transaction for a group of appends, a sequence for every new event."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from agent.errors import DiskUnusable, EventTooLarge
from agent.outbox.connection import OutboxFile
from agent.outbox.facts import Draft, Stored
from agent.outbox.lanes import Lanes
from agent.outbox.moments import unix_ms
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
        for draft in drafts:
            if len(draft.body) > ROOM:
                raise EventTooLarge(
                    f"event {draft.event_id} has {len(draft.body)} bytes and {ROOM} is the limit; "
                    "quarantine its input"
                )
        if not any(draft.spans for draft in drafts):
            return [(draft.event_id, draft.body) for draft in drafts]
        try:
            bodies = self._sealer.seal(drafts)
        except sqlite3.Error as error:
            raise DiskUnusable(
                f"the keyring refused a new key ({error}); free or repair its disk"
            ) from error
        return [(draft.event_id, body) for draft, body in zip(drafts, bodies, strict=True)]

    def store(self, parcels: Sequence[Parcel]) -> list[list[Stored]]:
        """Store all parcels in one durable transaction, or none and raise."""
        outcome: list[list[Stored]] = []
        lasts: dict[Stream, int] = {}
        with self._file.lock:
            with self._file.durable as db:
                now_ms = unix_ms(self._clock.now())
                for stream, events in parcels:
                    lane = self._lanes.current(stream)
                    last = lasts.get(stream, lane.last)
                    stored, lasts[stream] = insert(db, lane.shift, last, events, now_ms)
                    outcome.append(stored)
            for stream, last in lasts.items():
                self._lanes.current(stream).last = last
        return outcome


def insert(
    db: sqlite3.Connection, shift: int, last: int, events: Sequence[SealedEvent], now_ms: int
) -> tuple[list[Stored], int]:
    """Put events behind the sequence ``last`` of the lane whose next position ``shift`` tells.

    Known ids are passed over. Returns what became of each, and the new last sequence.
    """
    stored: list[Stored] = []
    for event_id, body in events:
        position = last + 1 + shift
        if db.execute(_INSERT, (position, event_id, now_ms, body)).rowcount:
            last += 1
            stored.append(Stored(event_id, last))
        else:
            stored.append(Stored(event_id, None, known=True))
    return stored, last
