"""The outbox's file: connections that keep SQLite's strongest promise.

WAL lets readers and the writer pass one another. ``synchronous=FULL`` syncs the WAL with every
commit, so a commit that returned survives a power cut; SQLite's own default for WAL does not.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent.errors import DiskUnusable
from agent.outbox.faults import in_our_words
from agent.outbox.transaction import LogState, Transaction

BUSY_TIMEOUT_S: Final = 5.0
"""How long SQLite itself waits for its locks: an operator's copy or checkpoint, never another
agent."""

LOG_PAGES: Final = 1000
"""How long the log grows before SQLite folds it into the file: 4 MB, in a millisecond or two.

After the first time it is written over, which a sync is twice as quick with as with one that grows.
Appends write to the end of a table, so a longer log would save next to nothing.
"""

_FULL: Final = 2


class OutboxFile:
    """The one connection that writes and the one that reads for leases.

    ``read`` needs no lock of the writer, but its callers must take turns.

    Attributes:
        life: how often the file was opened; a salvaged one begins another life.
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
        self.life = 0
        self.reopen()

    def reopen(self) -> None:
        """Open what lies at the path now; for a new object, or by who holds all locks."""
        self._writer = connect(self.path)
        with in_our_words(self.path):
            _strengthen(self._writer, self.path)
            self._reader = connect(self.path, read_only=True)
        state = LogState()
        self.durable = Transaction(self.path, self._writer, state)
        self.relaxed = Transaction(self.path, self._writer, state, level="NORMAL")
        self.life += 1

    def let_go(self) -> None:
        """Close both connections; SQLite then folds the WAL into the file."""
        with in_our_words(self.path):
            self._reader.close()
            self._writer.close()

    def close(self) -> None:
        """The same, when nobody writes."""
        with self.lock:
            self.let_go()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The reading connection; sees what is committed, and every statement sees it anew."""
        with in_our_words(self.path):
            yield self._reader


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection without implicit transactions, to a file that must exist."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _strengthen(db: sqlite3.Connection, path: Path) -> None:
    """Ask for WAL and FULL and believe only what SQLite then says."""
    mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    db.execute("PRAGMA synchronous=FULL")
    db.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
    level = db.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, level) != ("wal", _FULL):
        raise DiskUnusable(
            f"outbox {path}: journal mode {mode!r}, synchronous {level}: the file system cannot "
            "keep the outbox's promise; move it to a local disk"
        )
