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
from cloud.ledger.decision import Addition, Bodies, Decision, Holdings, decide
from cloud.ledger.foresight import Ahead, Foresight, brought_up_to_date, expected, stands
from cloud.ledger.lanes import LaneNumbers, note_heard, open_books, save_books, windows
from cloud.ledger.reading import Readable
from cloud.ledger.rows import COLUMNS
from cloud.ledger.tables import EventRow, table_of
from cloud.ledger.timekeeping import Recollection, Timekeeper
from cloud.storage.bulk import WORTH_COPYING, BulkInsert
from cloud.storage.prepared import Prepared
from cloud.storage.unit_of_work import in_turn, together

Fence = Callable[[Connection], Callable[[], None]]
"""Asks whether this process may still store anything; what it returns raises where it may not."""

EVENTS: Final = table_of(EventRow)
HEAD: Final = Prepared(select(func.coalesce(func.max(EVENTS.c.position), 0)))

_INSERT: Final = BulkInsert(EVENTS, COLUMNS)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that has begun.

    Attributes:
        numbers: the lanes' rows; to be remembered once the transaction is over.
        found: what the ledger holds of the group; or the decision, where that was made ahead of
            just this.
    """

    numbers: Mapping[Lane, int]
    found: Holdings | Decision


def number_of(rows: Any) -> int:
    """The only value of what was asked for, a number."""
    (number,) = rows.fetchone()
    return int(number)


class TurnTaker:
    """Takes turns, and looks ahead to the next one while another thread is in its own.

    Remembers the lanes' numbers, what the turn before has added, and what this one is about to.
    """

    def __init__(self, timekeeper: Timekeeper | None) -> None:
        self._timekeeper = timekeeper
        self._lanes = LaneNumbers()
        self._latest: Addition | None = None
        self._underway: Addition | None = None
        self._undisturbed = True

    def look(self, connection: Connection, batches: Sequence[Readable]) -> Holdings:
        """What the ledger holds at this moment, out of turn; no books where a lane is new."""
        spans = windows(batches)
        numbers = self._lanes.recalled(spans)
        with together(connection):
            head = HEAD(connection)
            found = load_contents(connection, batches)
            books = dict if numbers is None else open_books(connection, numbers, spans)
            clocks = self._clocks(connection, batches)
        return Holdings(number_of(head), books(), found(), clocks())

    def decided_ahead(
        self, look: Holdings, batches: Sequence[Readable], bodies: Bodies
    ) -> Ahead | None:
        """What will be decided if nothing is stored since the look but what is in its turn now.

        None where that is not to be expected: others store, too, or the lanes are new. Raises as
        ``bodies``.
        """
        if not (look.books and self._undisturbed):
            return None
        underway = self._underway
        holdings = expected(look, underway, batches)
        if holdings is None:
            return None
        follows = underway if holdings.head != look.head else None
        return Ahead(batches, follows, decide(batches, holdings, bodies))

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
            contents = None if foresight else load_contents(connection, batches)
            clocks = self._clocks(connection, batches)
        if check is not None:
            check()
        if not heard():
            self._lanes.forget()
            raise DatabaseUnavailable("the database was put back; looking up its lanes anew")
        found = Holdings(number_of(head), books(), contents() if contents else {}, clocks())
        self._undisturbed = latest is None or latest.head == found.head
        if foresight is None:
            return Turn(numbers, found)
        return Turn(numbers, self._foreseen(connection, foresight, found, latest, batches))

    def store(self, connection: Connection, turn: Turn, decision: Decision) -> None:
        """Store what was decided; the last act of the transaction.

        Many events are copied to a server on their own. A few travel together with all else that is
        to be stored, and with the commit.
        """
        added = self._underway = decision.addition
        few = len(decision.rows) < WORTH_COPYING
        if not few:
            _INSERT(connection, decision.rows)
        with together(connection, committing=True):
            save_books(connection, turn.numbers, added.books)
            if added.clocks:
                added.clocks.save(connection)
            if few:
                _INSERT(connection, decision.rows)

    def ended(self, turn: Turn, decision: Decision) -> None:
        """The turn's transaction is committed, with this decision."""
        self._lanes.remember(turn.numbers)
        self._latest = decision.addition

    def _numbers(self, connection: Connection, lanes: Iterable[Lane]) -> Mapping[Lane, int]:
        if not self._lanes.known(lanes):
            in_turn(connection, "ledger")  # two workers may hear of a new lane at once
        return self._lanes.obtain(connection, lanes)

    def _foreseen(
        self,
        connection: Connection,
        foresight: Foresight,
        found: Holdings,
        latest: Addition | None,
        batches: Sequence[Readable],
    ) -> Holdings | Decision:
        """The decision that was made ahead, if it stands; else what the ledger holds now."""
        if foresight.ahead is not None and stands(foresight, latest, found, batches):
            return foresight.ahead.decision
        contents = brought_up_to_date(foresight.look, latest, found.head, batches)
        if contents is None:
            contents = load_contents(connection, batches)()
        return Holdings(found.head, found.books, contents, found.clocks)

    def _clocks(
        self, connection: Connection, batches: Sequence[Readable]
    ) -> Callable[[], Recollection | None]:
        if self._timekeeper is None:
            return lambda: None
        devices = {batch.lane.device.device for batch in batches}
        return self._timekeeper.recall(connection, devices)
