"""Events into the file: one transaction for a group of appends, a sequence for every new event."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Final

from agent.errors import AgentError, DiskUnusable, EventTooLarge
from agent.outbox.connection import OutboxFile
from agent.outbox.facts import Draft, Stored
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.moments import unix_ms
from agent.outbox.names import Names, key_of, stored_within
from agent.outbox.packing import pack, pack_all
from agent.outbox.rows import read_last
from agent.outbox.spans import shelf
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.vault.seal import Sealer
from models.wire.envelope import MAX_EVENT_BYTES
from models.wire.ids import EventId
from models.wire.topics import Stream

ROOM: Final = MAX_EVENT_BYTES - 128
"""Bytes of a composed event: the wire's limit less what ``envelope.stamp`` may add."""

_INSERT: Final = "INSERT INTO event (position, event_id, appended_at, body) VALUES (?, ?, ?, ?)"

_INSERT_NEW: Final = (
    "INSERT OR ROLLBACK INTO event (position, event_id, appended_at, body)"
    " SELECT * FROM (VALUES {}) WHERE NOT EXISTS (SELECT 1 FROM name WHERE key IN ({}))"
)

MOST_ROWS: Final = 64
"""Events in one statement."""

MOST_BYTES: Final = MAX_EVENT_BYTES
"""Of the events in one statement, which keeps what it was last run with until it is run again."""

SealedEvent = tuple[EventId, bytes]
"""An event's id, and its body as it may lie on a disk."""

Parcel = tuple[Stream, Sequence[SealedEvent]]
"""One append call: sealed events that are stored together or not at all."""

_Work = tuple[str, Sequence[object]]
"""A statement and its values."""


class _PerhapsKnown(Exception):
    """Nothing was stored: an event of the group may be in the outbox already."""


class Storing:
    """Seals drafts and stores parcels.

    Attributes:
        names: of the events that are stored.
    """

    def __init__(
        self, file: OutboxFile, lanes: Lanes, names: Names, sealer: Sealer, clock: Clock
    ) -> None:
        self._file = file
        self._lanes = lanes
        self._sealer = sealer
        self._clock = clock
        self._logger = get_logger(__name__)
        self.names = names

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
            if not personal:
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
                outcome = self._store(parcels)
            except BaseException:
                self._recount(parcels)
                raise
            if self.names.is_due:
                self._write_names()
            return outcome

    def insert(
        self,
        db: sqlite3.Connection,
        lanes: Mapping[Stream, Lane],
        parcels: Sequence[Parcel],
        now_ms: int,
    ) -> list[list[Stored]]:
        """Put events behind those that their lanes have claimed; known ids are passed over.

        Part of the caller's transaction. A lane's ``last`` follows its ``claimed`` only after the
        commit, by ``believe``.
        """
        outcome: list[list[Stored]] = []
        inserted: set[EventId] = set()
        for stream, events in parcels:
            lane, stored = lanes[stream], []
            for event_id, body in events:
                if event_id in inserted or self.names.find(db, event_id) is not None:
                    stored.append(Stored(event_id, None, known=True))
                    continue
                inserted.add(event_id)
                lane.claimed += 1
                position = lane.claimed + lane.spans[-1].shift
                db.execute(_INSERT, (position, event_id, now_ms, pack(body)))
                stored.append(Stored(event_id, lane.claimed))
            outcome.append(stored)
        return outcome

    def believe(
        self,
        lanes: Mapping[Stream, Lane],
        parcels: Sequence[Parcel],
        outcome: Sequence[Sequence[Stored]],
    ) -> None:
        """What ``insert`` did is committed."""
        for (stream, _), stored in zip(parcels, outcome, strict=True):
            lane = lanes[stream]
            lane.last = lane.claimed
            shift = lane.spans[-1].shift
            self.names.remember(
                (one.event_id, one.sequence + shift) for one in stored if one.sequence is not None
            )

    def write_all_names(self) -> None:
        """Leave the next opening nothing to read; harmless where it fails."""
        with self._file.lock, suppress(AgentError):
            while not self.names.are_written:
                with self._file.relaxed as db:
                    entries = self.names.write(db)
                self.names.written(entries)

    def _store(self, parcels: Sequence[Parcel]) -> list[list[Stored]]:
        try:
            if len(parcels) == 1 and len(parcels[0][1]) == 1:
                return self._store_one(parcels[0][0], *parcels[0][1][0])
            return self._store_new(parcels)
        except _PerhapsKnown:
            return self._store_each(parcels)

    def _store_one(self, stream: Stream, event_id: EventId, body: bytes) -> list[list[Stored]]:
        """Store a single new event: what a shop does nearly always.

        Raises:
            _PerhapsKnown: nothing was stored.
        """
        lane = self._lanes.current[stream]
        sequence = lane.last + 1
        position = sequence + lane.spans[-1].shift
        now_ms = unix_ms(self._clock.now())
        values = (position, now_ms, event_id, pack(body), key_of(event_id))
        if self.names.is_recent(event_id) or not self._file.durable.execute(insert_new(1), values):
            raise _PerhapsKnown
        lane.last = sequence
        self.names.remember([(event_id, position)])
        return [[Stored(event_id, sequence)]]

    def _store_new(self, parcels: Sequence[Parcel]) -> list[list[Stored]]:
        """Store events that are all new by as few statements as can be.

        Raises:
            _PerhapsKnown: nothing was stored.
        """
        lanes = self._lanes.current
        batches: dict[Stream, list[SealedEvent]] = {stream: [] for stream, _ in parcels}
        outcome: list[list[Stored]] = []
        for stream, events in parcels:
            first = lanes[stream].last + 1 + len(batches[stream])
            batches[stream] += events
            outcome.append([Stored(event_id, n) for n, (event_id, _) in enumerate(events, first)])
        self._refuse_known(batches.values())
        self._write(batches)
        for stream, batch in batches.items():
            lane = lanes[stream]
            first = lane.last + 1 + lane.spans[-1].shift
            lane.last += len(batch)
            self.names.remember((event_id, n) for n, (event_id, _) in enumerate(batch, first))
        return outcome

    def _refuse_known(self, batches: Iterable[Sequence[SealedEvent]]) -> None:
        """Raise for ids that come twice or are in memory; the statement looks into the table."""
        ids = [event_id for batch in batches for event_id, _ in batch]
        if len(set(ids)) < len(ids) or any(map(self.names.is_recent, ids)):
            raise _PerhapsKnown

    def _write(self, batches: Mapping[Stream, Sequence[SealedEvent]]) -> None:
        now_ms = unix_ms(self._clock.now())
        works: list[_Work] = []
        for stream, events in batches.items():
            lane = self._lanes.current[stream]
            works += _works(lane.last + 1 + lane.spans[-1].shift, now_ms, events)
        if len(works) == 1:
            if not self._file.durable.execute(*works[0]):
                raise _PerhapsKnown
            return
        with self._file.durable as db:
            for statement, values in works:
                if not db.execute(statement, values).rowcount:
                    raise _PerhapsKnown

    def _store_each(self, parcels: Sequence[Parcel]) -> list[list[Stored]]:
        """Store events of which some are known: one by one, in one transaction."""
        lanes = self._lanes.current
        for stream, _ in parcels:
            lanes[stream].claimed = lanes[stream].last
        with self._file.durable as db:
            outcome = self.insert(db, lanes, parcels, unix_ms(self._clock.now()))
        self.believe(lanes, parcels, outcome)
        return outcome

    def _recount(self, parcels: Sequence[Parcel]) -> None:
        """Ask the file what is there: a signal may have come right after the commit."""
        with suppress(AgentError), self._lanes.lock, self._file.read() as db:
            for lane in (self._lanes.current[stream] for stream, _ in parcels):
                shift = lane.spans[-1].shift
                unsure = lane.last + 1 + shift, shelf(lane.stream)[1]
                self.names.remember(stored_within(db, unsure))
                lane.last = read_last(db, lane)

    def _write_names(self) -> None:
        """A slice of them, by whoever has appended; what fails is tried after the next append."""
        try:
            with self._file.relaxed as db:
                entries = self.names.write(db)
        except AgentError as error:
            self._logger.warning("outbox_names_not_written", error=str(error))
            return
        self.names.written(entries)


def _works(position: int, now_ms: int, events: Sequence[SealedEvent]) -> Iterator[_Work]:
    """What stores new events from a position on, in order."""
    start = 0
    while start < len(events):
        values: list[object] = [position + start, now_ms]
        room, begun = MOST_BYTES, start
        for _, body in events[begun : begun + MOST_ROWS]:
            room -= len(body)
            if room < 0 and start > begun:
                break
            start += 1
        ids, bodies = zip(*events[begun:start], strict=True)
        for row in zip(ids, pack_all(bodies), strict=True):
            values += row
        values += map(key_of, ids)
        yield insert_new(start - begun), values


@cache
def insert_new(count: int) -> str:
    """The statement that stores so many events at consecutive positions, or none of them.

    Its values are the first position, the time, then id and body of each, then their keys. None is
    stored where one of the keys is known; whether the event is, too, is to be looked at. It says
    ``OR ROLLBACK`` because SQLite would else note down how to undo every page that it touches.
    """
    rows = (f"(?1 + {n}, ?{2 * n + 3}, ?2, ?{2 * n + 4})" for n in range(count))
    keys = (f"?{2 * count + 3 + n}" for n in range(count))
    return _INSERT_NEW.format(", ".join(rows), ", ".join(keys))
