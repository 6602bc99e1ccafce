"""SQLite's errors in our words: try again, or ask for help, and what to do next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent.errors import AgentError, DiskUnusable, OutboxBusy, OutboxCorrupt

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
    code = primary_code(error)
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


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code, negative where the error is the program's own."""
    code: int = getattr(error, "sqlite_errorcode", -1)
    return code & _PRIMARY if code >= 0 else code
