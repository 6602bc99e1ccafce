"""Projections: views folded from the ledger, in its order, that can be thrown away and made again.

A follower reads entries behind its position, gives them to its folds and moves the position, all in
one transaction. So after a crash every entry has been folded exactly once, whatever was half done.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, delete, insert, select

from cloud.errors import InvalidInput
from cloud.ledger.entry import LedgerEntry
from cloud.ledger.journal import Journal
from cloud.ledger.tables import FollowerRow, table_of
from cloud.storage.unit_of_work import in_turn, read, write
from models.runtime.logs import get_logger

log = get_logger(__name__)

_FOLLOWERS: Final = table_of(FollowerRow)


class Fold(Protocol):
    """Turns entries into rows of its own tables; knows nothing of positions and commits."""

    name: str

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Fold entries, which come in the ledger's order and never twice.

        The result must depend on the entries alone, never on the clock or on how they are grouped.
        """
        ...

    def clear(self, connection: Connection) -> None:
        """Forget everything, as if no entry had ever come."""
        ...


class Follower:
    """Brings its folds up to the ledger. One at a time per name; a second one changes nothing."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        name: str,
        folds: Sequence[Fold],
        batch: int = 500,
    ) -> None:
        self.name = name
        self._engine = engine
        self._journal = journal
        self._folds = tuple(folds)
        self._batch = batch

    @property
    def position(self) -> int:
        """Every entry up to here is in the projections; 0 at first."""
        with read(self._engine) as connection:
            return self._position(connection)

    def step(self) -> int:
        """Fold the next entries; returns how many there were, 0 at the head.

        Raises:
            DatabaseUnavailable: nothing was folded; try again later.
            FaultyService: the database cannot be used, or an entry is of an unknown type.
        """
        position = self.position
        entries = self._journal.read(position, self._batch)
        if not entries:
            return 0
        with write(self._engine) as connection:
            in_turn(connection, f"follower {self.name}")
            if self._position(connection) != position:
                return 0  # another process has folded these entries in the meantime
            for fold in self._folds:
                fold.apply(connection, entries)
            self._move(connection, entries[-1].position)
        return len(entries)

    def rewind(self, position: int) -> None:
        """Feed the folds again from behind a position, keeping what they have: ``step`` does it.

        For folds that a repetition does not harm, as ours promise (``test_members_laws``): after a
        fold has learnt to read more of an entry, or to try one out on recent days. A position ahead
        of the follower's own is refused: entries would be skipped.

        Raises:
            InvalidInput: the position is negative or ahead of the follower.
        """
        with write(self._engine) as connection:
            in_turn(connection, f"follower {self.name}")
            reached = self._position(connection)
            self._refuse_ahead(position, reached)
            self._move(connection, position)
        log.info("projections_rewound", follower=self.name, position=position)

    def refeed(self, names: Collection[str], after: int) -> int:
        """Feed some folds again from behind a position up to the follower's own; the others rest.

        As ``rewind``, but done when this returns, and nothing of it is kept: one that was
        interrupted is simply begun again. Returns how many entries there were.

        Raises:
            InvalidInput: there is no such fold, or the position is negative or ahead.
        """
        folds = [fold for fold in self._folds if fold.name in names]
        if unknown := sorted(set(names) - {fold.name for fold in folds}):
            known = ", ".join(fold.name for fold in self._folds)
            raise InvalidInput(f"there is no view {unknown[0]!r}; there are {known}")
        self._refuse_ahead(after, self.position)
        fed = 0
        while entries := self._feed(folds, after):
            after, fed = entries[-1].position, fed + len(entries)
        log.info("projections_refed", follower=self.name, folds=sorted(names), entries=fed)
        return fed

    def _feed(self, folds: Sequence[Fold], after: int) -> Sequence[LedgerEntry]:
        """One batch; read within the turn, so that the follower cannot overtake it."""
        with write(self._engine) as connection:
            in_turn(connection, f"follower {self.name}")
            reached = self._position(connection)
            behind = self._journal.read(after, self._batch) if after < reached else []
            entries = [entry for entry in behind if entry.position <= reached]
            for fold in folds if entries else ():
                fold.apply(connection, entries)
        return entries

    def _refuse_ahead(self, position: int, reached: int) -> None:
        if not 0 <= position <= reached:
            raise InvalidInput(
                f"follower {self.name} stands at position {reached}: it cannot be sent to "
                f"{position}; name one from 0 to {reached}"
            )

    def rebuild(self) -> None:
        """Clear the folds and begin again from position 0; ``step`` then folds everything anew."""
        with write(self._engine) as connection:
            in_turn(connection, f"follower {self.name}")
            for fold in reversed(self._folds):
                fold.clear(connection)
            self._move(connection, 0)
        log.info("projections_cleared", follower=self.name, folds=[one.name for one in self._folds])

    def _position(self, connection: Connection) -> int:
        mine = select(_FOLLOWERS.c.position).where(_FOLLOWERS.c.name == self.name)
        return connection.execute(mine).scalar_one_or_none() or 0

    def _move(self, connection: Connection, position: int) -> None:
        connection.execute(delete(_FOLLOWERS).where(_FOLLOWERS.c.name == self.name))
        connection.execute(insert(_FOLLOWERS).values(name=self.name, position=position))
