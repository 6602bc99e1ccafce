"""What the ledger holds of a group when its turn has come, and what is stored before it ends.

On PostgreSQL the turn holds up every other worker, and each journey to the server makes it longer.
So all that must be known is asked in one, and a small group is stored and committed in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select

from cloud.errors import DatabaseUnavailable
from cloud.ledger.arrival import Lane
from cloud.ledger.contents import load_contents
from cloud.ledger.foresight import Addition, Foresight, brought_up_to_date
from cloud.ledger.lanes import LaneNumbers, note_heard, open_books, save_books, windows
from cloud.ledger.reading import Readable
from cloud.ledger.rows import COLUMNS, rows_of
from cloud.ledger.settlement import Book
from cloud.ledger.tables import EventRow, table_of
from cloud.ledger.timekeeping import Recollection, Timekeeper
from cloud.ledger.verdict import Contents, Kept
from cloud.storage.bulk import WORTH_COPYING, BulkInsert
from cloud.storage.prepared import Prepared
from cloud.storage.unit_of_work import in_turn, together
from models.wire.ids import TenantId

Fence = Callable[[Connection], Callable[[], None]]
"""Asks whether this process may still store anything; what it returns raises where it may not."""

EVENTS: Final = table_of(EventRow)
HEAD: Final = Prepared(select(func.coalesce(func.max(EVENTS.c.position), 0)))

_INSERT: Final = BulkInsert(EVENTS, COLUMNS)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the ledger holds of the group's lanes, ids and keys, up to ``head``.

    Attributes:
        numbers: the lanes' rows; to be remembered once the transaction is over.
        clocks: what is known of the clocks; None where no corrected times are stored.
    """

    numbers: Mapping[Lane, int]
    books: Mapping[Lane, Book]
    head: int
    contents: Mapping[TenantId, Contents]
    clocks: Recollection | None


def number_of(rows: Any) -> int:
    """The only value of what was asked for, a number."""
    (number,) = rows.fetchone()
    return int(number)


class TurnTaker:
    """Begins turns. Remembers the lanes' numbers and what the turn before has added."""

    def __init__(self, timekeeper: Timekeeper | None) -> None:
        self._timekeeper = timekeeper
        self._lanes = LaneNumbers()
        self._latest: Addition | None = None

    def begin(
        self,
        connection: Connection,
        batches: Sequence[Readable],
        heard_ms: int,
        foresight: Foresight | None = None,
        fence: Fence | None = None,
    ) -> Turn:
        """Wait for the turn, and find out what the ledger holds.

        Marks the lanes as heard of at ``heard_ms``. Before anything is stored it raises what the
        fence raises, and DatabaseUnavailable where the lanes are not where they were.
        """
        latest, self._latest = self._latest, None  # after a failure nobody knows what was stored
        spans = windows(batches)
        numbers = self._numbers(connection, spans)
        with together(connection):
            in_turn(connection, "ledger")
            check = fence(connection) if fence else None
            heard = note_heard(connection, numbers, heard_ms)
            books = open_books(connection, numbers, spans)
            head = HEAD(connection)
            found = None if foresight else load_contents(connection, batches)
            clocks = self._clocks(connection, batches)
        if check is not None:
            check()
        if not heard():
            self._lanes.forget()
            raise DatabaseUnavailable("the database was put back; looking up its lanes anew")
        position = number_of(head)
        contents = brought_up_to_date(foresight, latest, position, batches) if foresight else None
        if contents is None:
            contents = (found or load_contents(connection, batches))()
        return Turn(numbers, books(), position, contents, clocks)

    def ended(self, turn: Turn, head: int) -> None:
        """The turn's transaction is committed, and the ledger reaches to ``head`` now."""
        self._lanes.remember(turn.numbers)
        self._latest = Addition(turn.head, head, turn.contents)

    def _numbers(self, connection: Connection, lanes: Iterable[Lane]) -> Mapping[Lane, int]:
        if not self._lanes.known(lanes):
            in_turn(connection, "ledger")  # two workers may hear of a new lane at once
        return self._lanes.obtain(connection, lanes)

    def _clocks(self, connection: Connection, batches: Sequence[Readable]) -> Recollection | None:
        if self._timekeeper is None:
            return None
        devices = {batch.lane.device.device for batch in batches}
        return self._timekeeper.recall(connection, devices)


def store(
    connection: Connection, turn: Turn, kept: Sequence[Kept], bodies: Sequence[bytes]
) -> None:
    """Store what is kept, with these bodies, and what was settled; the last act of the transaction.

    Many events are copied to a server on their own. A few travel together with all else that is to
    be stored, and with the commit.
    """
    times = turn.clocks.correct(kept) if turn.clocks else [None] * len(kept)
    rows = list(rows_of(kept, bodies, times))
    few = len(rows) < WORTH_COPYING
    if not few:
        _INSERT(connection, rows)
    with together(connection, committing=True):
        save_books(connection, turn.numbers, turn.books)
        if turn.clocks:
            turn.clocks.save(connection)
        if few:
            _INSERT(connection, rows)
