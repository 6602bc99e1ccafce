"""Write transactions of one connection, durable or relaxed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from agent.errors import OutboxBusy
from agent.outbox.faults import explain, primary_code


@dataclass(slots=True)
class LogState:
    """What the writing connection was last told.

    Attributes:
        level: of ``PRAGMA synchronous``; empty when it has to be told anew.
        suspect: a sync failed, so the log must not be built upon.
    """

    level: str = ""
    suspect: bool = False


class Transaction:
    """``with`` this, a write transaction: committed at the end of the block, or rolled back.

    One object serves every transaction of its kind, and is no generator: it is entered for every
    append, where a few calls more are felt (docs/explanation/outbox.md has the figures).

    Raises:
        DiskUnusable: full, read-only or failing; nothing was stored.
        OutboxCorrupt: the file's content breaks SQLite's rules or ours.
        OutboxBusy: somebody holds SQLite's own lock for more than BUSY_TIMEOUT_S.
    """

    __slots__ = ("_db", "_level", "_path", "_state")

    def __init__(
        self,
        path: Path,
        db: sqlite3.Connection,
        state: LogState,
        *,
        level: str = "FULL",
    ) -> None:
        """Make a kind of transaction.

        Args:
            path: for messages.
            db: the writing connection, in autocommit mode.
            state: shared by all transactions of this connection.
            level: of ``PRAGMA synchronous``.
        """
        self._path = path
        self._db = db
        self._state = state
        self._level = level

    def execute(self, statement: str, values: Sequence[object]) -> int:
        """Run one statement that is a whole transaction; returns how many rows it wrote.

        SQLite begins and commits around it by itself, as with ``BEGIN IMMEDIATE``, but without two
        more statements and, where threads compete, without giving away the interpreter between
        them. What fails leaves nothing behind.
        """
        try:
            if self._state.level != self._level:
                self._prepare()
            return self._db.execute(statement, values).rowcount
        except sqlite3.Error as error:
            self._fail(error)

    def __enter__(self) -> sqlite3.Connection:
        try:
            if self._state.level != self._level:
                self._prepare()
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._fail(error)
        return self._db

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._db.execute("COMMIT")
        except sqlite3.Error as failure:
            self._fail(failure)
        if isinstance(error, sqlite3.Error):
            self._fail(error)
        elif error is not None:
            self._roll_back()

    def _prepare(self) -> None:
        if self._state.suspect:
            # After a failed sync the kernel may drop pages of earlier, unsynced commits, and a
            # broken chain in the WAL hides every commit behind it. A whole checkpoint starts anew.
            if self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise OutboxBusy(f"outbox {self._path}: a reader holds the log back; try again")
            self._state.suspect = False
        self._db.execute(f"PRAGMA synchronous={self._level}")
        self._state.level = self._level

    def _fail(self, error: sqlite3.Error) -> NoReturn:
        self._roll_back()
        if primary_code(error) == sqlite3.SQLITE_IOERR:
            self._state.level, self._state.suspect = "", True
        ours = explain(error, self._path)
        if ours is None:
            raise error
        raise ours from error

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            with suppress(sqlite3.Error):  # the transaction's own error is the one to tell
                self._db.execute("ROLLBACK")
