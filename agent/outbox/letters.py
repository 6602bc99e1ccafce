"""Dead letters of a damaged outbox: each may be the only copy of an event that is left.

They are read as events are: by SQL as far as that goes, then page by page. Which ones there were
is told by the index of their ids, which lies on pages of its own, so that what is lost is counted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from agent.outbox.pages import Pages, Value
from agent.outbox.remains import look_into

_READ: Final = (
    "SELECT event_id, epoch, stream, sequence, reason, rejected_at, body FROM dead_letter"
)
_KEEP: Final = (
    "INSERT OR IGNORE INTO dead_letter"
    " (event_id, epoch, stream, sequence, reason, rejected_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_IDS: Final = "SELECT event_id FROM dead_letter INDEXED BY sqlite_autoindex_dead_letter_1"
"""Reads the index alone: no page of the table is touched."""


class SavedLetters(NamedTuple):
    """What became of them.

    Attributes:
        kept: dead letters that could be read.
        lost: those that could not; None where nobody knows how many there were.
    """

    kept: int
    lost: int | None


class _Letter(NamedTuple):
    """A row of ``dead_letter``, as stored."""

    event_id: str
    epoch: str
    stream: str
    sequence: int
    reason: str
    rejected_at: int
    body: bytes


def copy_letters(path: Path, db: sqlite3.Connection) -> SavedLetters:
    """Copy the dead letters of the damaged file at ``path`` into another one."""
    with closing(look_into(path)) as old:
        named = _named(old)
        whole = _copy_by_sql(old, db)
    if not whole:
        db.executemany(
            _KEEP, (one for one in _loose(path) if named is None or one.event_id in named)
        )
    found = {event_id for (event_id,) in db.execute("SELECT event_id FROM dead_letter")}
    if named is not None:
        return SavedLetters(len(found), len(named - found))
    return SavedLetters(len(found), 0 if whole else None)


def _named(old: sqlite3.Connection) -> set[str] | None:
    """The ids of all dead letters, None where their index cannot be read."""
    try:
        return {event_id for (event_id,) in old.execute(_IDS)}
    except sqlite3.Error:
        return None


def _copy_by_sql(old: sqlite3.Connection, db: sqlite3.Connection) -> bool:
    """Copy rows up to the first that cannot be read; whether that was all of them."""
    try:
        for row in old.execute(_READ):
            db.execute(_KEEP, row)
    except sqlite3.Error:
        return False
    return True


def _loose(path: Path) -> Iterator[_Letter]:
    with Pages(path) as pages:
        for _, columns in pages.rows():
            if (letter := _letter(columns)) is not None:
                yield letter


def _letter(columns: Sequence[Value]) -> _Letter | None:
    """A dead letter, if the columns are those of one."""
    match columns:
        case [
            str(event_id),
            str(epoch),
            str(stream),
            int(sequence),
            str(reason),
            int(rejected_at),
            bytes(body),
        ]:
            return _Letter(event_id, epoch, stream, sequence, reason, rejected_at, body)
        case _:
            return None
