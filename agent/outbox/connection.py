"""The outbox's file: connections that keep SQLite's strongest promise, and its errors in our words.

WAL lets readers and the writer pass one another. ``synchronous=FULL`` syncs the WAL with every
commit, so a commit that returned survives a power cut; SQLite's own default for WAL does not.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn

from agent.errors import AgentError, DiskUnusable, OutboxBusy, OutboxCorrupt

BUSY_TIMEOUT_S: Final = 5.0
"""How long SQLite itself waits for its locks: an operator's copy or checkpoint, never another
agent."""

_FULL: Final = 2
_PRIMARY: Final = 0xFF
"""The low byte of an extended result code is the primary one (sqlite.org/rescode.html)."""

_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DISK: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    }
)
_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


@dataclass(slots=True)
class _State:
    """What the writing connection was last told, and whether its log can be trusted."""

    level: str = "FULL"
    suspect: bool = False


class OutboxFile:
    """The one connection that writes and the one that reads for leases.

    ``read`` needs no lock of the writer, but its callers must take turns.

    Attributes:
        lock: held by whoever writes, from before the transaction until the memory that mirrors the
            file is up to date again.
        durable: a transaction that is on the disk when its block has ended.
        relaxed: one that SQLite keeps in order but syncs with a later one: right for what may be
            forgotten in a power cut.
    """

    def __init__(self, path: Path) -> None:
        """Open an existing file for writing.

        Raises:
            OutboxCorrupt: not a SQLite file.
            DiskUnusable: it cannot be opened, or the file system cannot do WAL.
        """
        self.path = path
        self.lock = threading.Lock()
        self._writer = connect(path)
        with in_our_words(path):
            _strengthen(self._writer, path)
            self._reader = connect(path, read_only=True)
        state = _State()
        self.durable = Transaction(path, self._writer, "FULL", state)
        self.relaxed = Transaction(path, self._writer, "NORMAL", state)

    def close(self) -> None:
        """Close both connections; SQLite then folds the WAL into the file."""
        with self.lock:
            self._reader.close()
            self._writer.close()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The reading connection; sees what is committed, and every statement sees it anew."""
        with in_our_words(self.path):
            yield self._reader


class Transaction:
    """``with`` this, a write transaction: committed at the end of the block, or rolled back.

    Entered and left for every append, hence written out instead of a generator, whose frames would
    cost as much as the insert.

    Raises:
        DiskUnusable: full, read-only or failing; nothing was stored.
        OutboxCorrupt: the file's content breaks SQLite's rules or ours.
        OutboxBusy: somebody holds SQLite's own lock for more than BUSY_TIMEOUT_S.
    """

    __slots__ = ("_db", "_level", "_path", "_state")

    def __init__(self, path: Path, db: sqlite3.Connection, level: str, state: _State) -> None:
        self._path = path
        self._db = db
        self._level = level
        self._state = state

    def __enter__(self) -> sqlite3.Connection:
        try:
            if self._state.level != self._level or self._state.suspect:
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
        if error is None:
            try:
                self._db.execute("COMMIT")
            except sqlite3.Error as failure:
                self._fail(failure)
        elif isinstance(error, sqlite3.Error):
            self._fail(error)
        else:
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
        if _primary_code(error) == sqlite3.SQLITE_IOERR:
            self._state.suspect = True
        ours = explain(error, self._path)
        if ours is None:
            raise error
        raise ours from error

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            with suppress(sqlite3.Error):  # the transaction's own error is the one to tell
                self._db.execute("ROLLBACK")


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection without implicit transactions, to a file that must exist."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )


@contextmanager
def in_our_words(path: Path) -> Iterator[None]:
    """Let SQLite's errors leave the block as DiskUnusable, OutboxCorrupt or OutboxBusy."""
    try:
        yield
    except sqlite3.Error as error:
        ours = explain(error, path)
        if ours is None:
            raise
        raise ours from error


def explain(error: sqlite3.Error, path: Path) -> AgentError | None:
    """Our error for one of SQLite's, or None for what is a mistake of the program itself."""
    code = _primary_code(error)
    if code in _BUSY:
        return OutboxBusy(f"outbox {path}: {error}; another program holds it, try again")
    if code in _DISK:
        return DiskUnusable(
            f"outbox {path}: {error}; free or repair the disk and check the folder's permissions"
        )
    if code in _CORRUPT:
        return OutboxCorrupt(
            f"outbox {path}: {error}; stop the agent, keep the file and its -wal for repair"
        )
    return None


def _primary_code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", -1)
    return code & _PRIMARY if code >= 0 else code


def _strengthen(db: sqlite3.Connection, path: Path) -> None:
    """Ask for WAL and FULL and believe only what SQLite then says."""
    mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    db.execute("PRAGMA synchronous=FULL")
    level = db.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, level) != ("wal", _FULL):
        raise DiskUnusable(
            f"outbox {path}: journal mode {mode!r}, synchronous {level}: the file system cannot "
            "keep the outbox's promise; move it to a local disk"
        )
