"""SQLite's errors in our words: try again, or ask for help, and what to do next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent.errors import AgentError, DiskUnusable, OutboxBusy, OutboxCorrupt, OutboxDamaged

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
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNREADABLE: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_READ,
        sqlite3.SQLITE_IOERR_SHORT_READ,
        sqlite3.SQLITE_IOERR_CORRUPTFS,
        sqlite3.SQLITE_IOERR_DATA,
    }
)
"""A bad sector: the disk works, and these bytes do not come back by waiting."""

_GONE: Final = ("no such table", "malformed database schema")
"""How SQLite names what is damage of ours when its code says only "error"."""


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
    if code in _DAMAGED or _extended(error) in _UNREADABLE or _lacks_a_table(error, code):
        return OutboxDamaged(
            f"outbox {path}: {error}; run `lianke-agent outbox repair` if the agent does not do so"
        )
    if code in _DISK:
        return DiskUnusable(
            f"outbox {path}: {error}; free or repair the disk and check the folder's permissions"
        )
    if code == sqlite3.SQLITE_ERROR:
        return OutboxCorrupt(
            f"outbox {path}: {error}; stop the agent, keep the file and its -wal for repair"
        )
    return None


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code, negative where the error is the program's own."""
    code = _extended(error)
    return code & _PRIMARY if code >= 0 else code


def _extended(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", -1)
    return code


def _lacks_a_table(error: sqlite3.Error, code: int) -> bool:
    return code == sqlite3.SQLITE_ERROR and str(error).startswith(_GONE)
