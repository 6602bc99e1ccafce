"""Events into the file: one transaction for a group of appends, a sequence for every new event."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.errors import EventTooLarge
from agent.outbox.connection import OutboxFile, in_our_words
from agent.outbox.facts import Draft, Stored
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.moments import unix_ms
from models.runtime.clock import Clock
from models.vault.seal import Sealer, Unsealed
from models.wire.envelope import MAX_EVENT_BYTES
from models.wire.ids import EventId
from models.wire.topics import Stream

STAMP_BYTES: Final = 128
"""Room for what ``envelope.stamp`` adds: epoch, sequence and the historical flag."""

_INSERT_EVENT: Final = (
    "INSERT INTO event (event_id, appended_at, body) VALUES (?, ?, ?)"
    " ON CONFLICT (event_id) DO NOTHING"
)
_INSERT_SLOT: Final = "INSERT INTO slot (lane, sequence, position) VALUES (?, ?, ?)"

SealedEvent = tuple[EventId, bytes]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One append call: sealed events that are stored together or not at all."""

    stream: Stream
    events: Sequence[SealedEvent]


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
            if len(draft.body) > MAX_EVENT_BYTES - STAMP_BYTES:
                raise EventTooLarge(
                    f"event {draft.event_id} has {len(draft.body)} bytes; "
                    f"{MAX_EVENT_BYTES - STAMP_BYTES} is the limit; quarantine its input"
                )
        with in_our_words(self._file.path):
            bodies = self._sealer.seal([Unsealed(d.event_id, d.body, d.spans) for d in drafts])
        return [(draft.event_id, body) for draft, body in zip(drafts, bodies, strict=True)]

    def store(self, parcels: Sequence[Parcel]) -> list[list[Stored]]:
        """Store all parcels in one durable transaction, or none and raise."""
        lasts: dict[Stream, int] = {}
        outcome: list[list[Stored]] = []
        with self._file.lock:
            with self._file.transaction() as db:
                now_ms = unix_ms(self._clock.now())
                for parcel in parcels:
                    lane = self._lanes.current(parcel.stream)
                    last = lasts.get(parcel.stream, lane.last)
                    stored = insert(db, lane, last, parcel.events, now_ms)
                    outcome.append(stored)
                    lasts[parcel.stream] = last + sum(not event.known for event in stored)
            for stream, last in lasts.items():
                self._lanes.current(stream).last = last
        return outcome


def insert(
    db: sqlite3.Connection, lane: Lane, last: int, events: Sequence[SealedEvent], now_ms: int
) -> list[Stored]:
    """Put events behind ``last``, in order; known ids are passed over and take no sequence."""
    stored: list[Stored] = []
    for event_id, body in events:
        cursor = db.execute(_INSERT_EVENT, (event_id, now_ms, body))
        if cursor.rowcount == 0:
            stored.append(Stored(event_id, None, known=True))
            continue
        last += 1
        db.execute(_INSERT_SLOT, (lane.number, last, cursor.lastrowid))
        stored.append(Stored(event_id, last))
    return stored
