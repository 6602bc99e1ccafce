"""Sent again by hand: settled events that are still kept, and dead letters.

The ledger has settled their sequences, so under those it would not look at them again. They move
to a fresh epoch with all that is owed: what the ledger still has is a duplicate by id and content,
what it lost, or refuses no longer, is accepted. One durable transaction.

Events of a ledger that was restored from a backup need no replay: its next welcome asks for them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.names import Names
from agent.outbox.packing import unpack
from agent.outbox.rehome import Cargo, Rehoming
from agent.outbox.remains import is_event
from agent.outbox.selection import Selection, select
from agent.outbox.storing import Parcel
from models.wire.ids import EventId
from models.wire.ranges import Range, RangeSet, from_sequences
from models.wire.topics import Stream

_Letter = tuple[EventId, Stream, bytes]
_LETTERS: Final = "SELECT event_id, stream, body FROM dead_letter ORDER BY rejected_at, event_id"


class Replaying:
    """Makes kept events pending again."""

    def __init__(self, file: OutboxFile, lanes: Lanes, names: Names, rehoming: Rehoming) -> None:
        self._file = file
        self._lanes = lanes
        self._names = names
        self._rehoming = rehoming

    def replay(self, selection: Selection) -> int:
        """Send a selection's settled events again (see ``Outbox.replay``); returns how many."""
        with self._file.lock, self._lanes.lock:
            with self._file.read() as db:
                revived = self._revived(db, selection)
            count = sum(len(ranges) for ranges in revived.values())
            if count:
                reason = f"{count} settled events are sent again"
                self._rehoming.rehome_held(reason, Cargo(revived=revived))
        return count

    def replay_letters(self, wanted: Iterable[EventId] | None) -> list[EventId]:
        """Send dead letters again (see ``Outbox.replay_letters``); returns their ids."""
        with self._file.lock, self._lanes.lock:
            with self._file.read() as db:
                letters = _readable_letters(db, None if wanted is None else set(wanted))
                places = {event_id: self._place(db, event_id) for event_id, _, _ in letters}
            if letters:
                reason = f"{len(letters)} dead letters are sent again"
                self._rehoming.rehome_held(reason, _cargo(letters, places))
        return [event_id for event_id, _, _ in letters]

    def _revived(self, db: sqlite3.Connection, selection: Selection) -> dict[int, RangeSet]:
        selection = replace(selection, pending=False, settled=True)
        found: dict[tuple[str, str], list[int]] = {}
        for kept in select(db, self._lanes, selection):
            found.setdefault((kept.epoch, kept.stream), []).append(kept.sequence)
        return {
            lane.number: RangeSet(from_sequences(sequences))
            for (epoch, stream), sequences in found.items()
            if (lane := self._lanes.find(epoch, stream)) is not None
        }

    def _place(self, db: sqlite3.Connection, event_id: EventId) -> tuple[Lane, int] | None:
        """The lane and sequence of a stored event, None where it is stored no more."""
        position = self._names.find(db, event_id)
        if position is None:
            return None
        for lane in self._lanes:
            for span in lane.spans:
                first, last = span.positions
                if first <= position <= last:
                    return lane, position - span.shift
        return None


def _readable_letters(db: sqlite3.Connection, wanted: set[EventId] | None) -> Sequence[_Letter]:
    """Letters that are events: what was buried because its content is damaged never leaves."""
    return [
        (event_id, Stream(stream), unpack(body))
        for event_id, stream, body in db.execute(_LETTERS).fetchall()
        if stream in set(Stream)
        and (wanted is None or event_id in wanted)
        and is_event(event_id, body)
    ]


def _cargo(letters: Sequence[_Letter], places: Mapping[EventId, tuple[Lane, int] | None]) -> Cargo:
    revived: dict[int, list[Range]] = {}
    for lane, sequence in filter(None, places.values()):
        revived.setdefault(lane.number, []).append((sequence, sequence))
    return Cargo(
        revived={number: RangeSet(ranges) for number, ranges in revived.items()},
        letters=[_parcel(*letter) for letter in letters if places[letter[0]] is None],
        unburied=[event_id for event_id, _, _ in letters],
    )


def _parcel(event_id: EventId, stream: Stream, body: bytes) -> Parcel:
    return stream, [(event_id, body)]
