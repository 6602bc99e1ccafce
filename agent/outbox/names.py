"""Which events the outbox remembers, by their ids: what is captured twice is stored once.

The ids of sales are random. In an index that every append writes into, each falls on another page:
a group of 64 sales took 64 pages of the log for their names and 5 for themselves. So names are
written behind the appends, some thousand at a time and in order, where they share pages.

Until then they are in memory, and nothing rests on that: ``named`` says up to which position of a
shelf the names are written, and opening reads those of the events behind it, at most a few
thousand. One process writes the file, so its memory and the table are all there is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from agent.errors import OutboxDamaged
from agent.outbox.spans import SHELF_BITS, SHELVES, shelf, shelf_of
from models.wire.ids import EventId
from models.wire.ranges import Range

ROUND: Final = 4096
"""Names that wait in memory before they are written: about a megabyte."""

SLICE: Final = 256
"""Names written in one transaction: a millisecond or two in which appends wait."""

_BEHIND: Final = (
    "SELECT event_id, position FROM event WHERE position BETWEEN"
    " coalesce((SELECT last FROM named WHERE shelf = ?1), ?2) + 1 AND ?3"
)
_WITHIN: Final = "SELECT event_id, position FROM event WHERE position BETWEEN ? AND ?"
_FIND: Final = (
    "SELECT event.position FROM name JOIN event ON event.position = name.position"
    " WHERE name.key = ? AND event.event_id = ?"
)
_WRITE: Final = "INSERT OR REPLACE INTO name (key, position) VALUES (?, ?)"
_REACH: Final = "INSERT OR REPLACE INTO named (shelf, last) VALUES (?, ?)"
_DELETE: Final = "DELETE FROM event WHERE position BETWEEN ? AND ?"
_FORGET: Final = "DELETE FROM name WHERE key = ? AND position = ?"
_WRITE_ALL: Final = (
    "INSERT OR REPLACE INTO name SELECT event_key(event_id), position FROM event ORDER BY 1"
)
_REACH_ALL: Final = "INSERT INTO named SELECT position >> ?, max(position) FROM name GROUP BY 1"

_Entry = tuple[int, str]
"""A name's key and the id itself."""


class Place(NamedTuple):
    """Where an event lies, and under what its name is written."""

    key: int
    position: int


def key_of(event_id: str) -> int:
    """64 bits of an id's digest: a row of ``name`` takes 20 bytes, one with the id itself 50.

    Two of ten million ids share a key with a chance of one in 370,000. Then only one of them is
    remembered; a new event is never taken for a known one, since ids are compared as well.
    """
    return int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest(), "big", signed=True)


class Names:
    """The names of an open outbox. Callers hold the file's lock."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Read the names that are not in their table yet; raises as ``load``."""
        self.load(db)

    def load(self, db: sqlite3.Connection) -> None:
        """Begin anew with what a file says.

        Raises:
            OutboxDamaged: an event has no name, which no agent has written.
            sqlite3.Error: so said SQLite.
        """
        self._recent: dict[str, Place] = {}
        self._round: list[_Entry] = []
        self._reach: dict[int, int] = {}
        for stream, number in SHELVES.items():
            first, last = shelf(stream)
            self.remember(_named(db.execute(_BEHIND, (number, first - 1, last))))

    @property
    def is_due(self) -> bool:
        """Whether enough names wait, or a round of writing is not through."""
        return bool(self._round) or len(self._recent) >= ROUND

    @property
    def are_written(self) -> bool:
        """Whether the table holds every name."""
        return not self._recent

    def is_recent(self, event_id: EventId) -> bool:
        """Whether an event is known whose name is perhaps not in the table yet."""
        return event_id in self._recent

    def find(self, db: sqlite3.Connection, event_id: EventId) -> int | None:
        """The position of a stored event, None for one that is unknown."""
        if recent := self._recent.get(event_id):
            return recent.position
        row = db.execute(_FIND, (key_of(event_id), event_id)).fetchone()
        return None if row is None else int(row[0])

    def remember(self, events: Iterable[tuple[str, int]]) -> None:
        """Take note of events and their positions, after the commit that stored them."""
        for event_id, position in events:
            self._recent[event_id] = Place(key_of(event_id), position)

    def forget(self, event_ids: Iterable[str]) -> None:
        """Forget events, after the commit that deleted them."""
        for event_id in event_ids:
            self._recent.pop(event_id, None)

    def write(self, db: sqlite3.Connection) -> Sequence[_Entry]:
        """Write the next names in order, part of the caller's transaction.

        Returns:
            What was written: for ``written``, after the commit.
        """
        if not self._round:
            self._begin_round()
        entries = self._round[-SLICE:]
        recent = self._recent
        db.executemany(_WRITE, [recent[name] for _, name in entries if name in recent])
        if len(entries) == len(self._round):
            db.executemany(_REACH, self._reach.items())
        return entries

    def written(self, entries: Sequence[_Entry]) -> None:
        """They are in the table; the names of a round leave the memory when all of them are."""
        del self._round[len(self._round) - len(entries) :]
        if not self._round:
            self._recent = {
                name: place
                for name, place in self._recent.items()
                if place.position > self._reach.get(shelf_of(place.position), 0)
            }

    def _begin_round(self) -> None:
        """All that wait now; the last come first, so that the list shrinks at its end."""
        entries = ((place.key, name) for name, place in self._recent.items())
        self._round = sorted(entries, reverse=True)
        self._reach = {}
        for _, position in self._recent.values():
            number = shelf_of(position)
            self._reach[number] = max(position, self._reach.get(number, 0))


def stored_within(db: sqlite3.Connection, positions: Range) -> list[tuple[str, int]]:
    """The ids and positions of the events of a stretch."""
    return db.execute(_WITHIN, positions).fetchall()


def delete_events(db: sqlite3.Connection, positions: Range) -> list[str]:
    """Delete the events of a stretch with their names; returns their ids for ``Names.forget``."""
    gone = stored_within(db, positions)
    db.execute(_DELETE, positions)
    db.executemany(_FORGET, sorted((key_of(name), position) for name, position in gone))
    return [name for name, _ in gone]


def teach(db: sqlite3.Connection) -> None:
    """Let a connection's statements use ``event_key``."""
    db.create_function("event_key", 1, key_of, deterministic=True)


def write_all(db: sqlite3.Connection) -> None:
    """Write the names of all events at once, for a file that was made of another."""
    teach(db)
    db.execute(_WRITE_ALL)
    db.execute(_REACH_ALL, (SHELF_BITS,))


def _named(rows: Iterable[tuple[str | None, int]]) -> Iterator[tuple[str, int]]:
    for event_id, position in rows:
        if not isinstance(event_id, str):
            raise OutboxDamaged(f"outbox: the event at position {position} has lost its name")
        yield event_id, position
