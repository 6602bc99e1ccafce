"""Whose file it is and which version of the tables it holds.

``PRAGMA application_id`` says that the file is an outbox, ``PRAGMA user_version`` how many of the
migrations below it has been through. Each runs once, in a transaction with its number. There is
no way back: a file that a newer agent has touched is refused, not guessed at.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from agent.errors import OutboxCorrupt, OutboxDamaged
from agent.outbox.names import teach

APPLICATION_ID: Final = 0x4C4B4F42
"""``LKOB`` in ASCII; ``file outbox.db`` shows it."""

_OURS: Final = frozenset({"epoch", "lane", "event", "span"})
"""Tables that no other program's file has all together."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema, named for the log and for people."""

    name: str
    script: str


def migrations() -> tuple[Migration, ...]:
    """Every step ever shipped, in order; the schema version is how many there are."""
    return (
        Migration("initial tables", _script("schema-1.sql")),
        Migration("names apart from events", _script("schema-2.sql")),
    )


def _script(name: str) -> str:
    return resources.files("agent.outbox").joinpath(name).read_text(encoding="utf-8")


def version_of(db: sqlite3.Connection, path: Path, newest: int) -> int:
    """The file's schema version, 0 for an empty file.

    Raises:
        OutboxCorrupt: another program's file, or one that a newer agent has written.
        OutboxDamaged: our tables under a header that is not ours.
    """
    owner = int(db.execute("PRAGMA application_id").fetchone()[0])
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    empty = db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None
    if not (empty or owner) and _tables(db) >= _OURS:
        raise OutboxDamaged(f"outbox {path}: its header is damaged; it names no program")
    if owner != APPLICATION_ID and not (empty and owner == 0):
        raise OutboxCorrupt(
            f"{path} is a SQLite file but not an outbox (application id {owner:#x}); "
            "point the agent at its own data folder"
        )
    if version > newest:
        raise OutboxCorrupt(
            f"outbox {path} has schema version {version} and this agent knows {newest}; "
            "install the newer agent again, it alone can read the file"
        )
    return version


def _tables(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def migrate(db: sqlite3.Connection, path: Path, steps: Sequence[Migration]) -> list[str]:
    """Bring the file up to date; returns the names of the steps that were taken.

    Raises:
        OutboxCorrupt: as ``version_of``.
    """
    done = version_of(db, path, len(steps))
    if not done:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # can be said before the first table alone
    teach(db)
    for number, step in enumerate(steps[done:], start=done + 1):
        _take(db, step, number)
    return [step.name for step in steps[done:]]


def _take(db: sqlite3.Connection, step: Migration, number: int) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in _statements(step.script):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """A script's statements; ``executescript`` would commit the transaction it runs in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
