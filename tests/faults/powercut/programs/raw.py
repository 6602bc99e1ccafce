"""Python's sqlite3 with no product around it, at a synchronous level of choice: the yardstick."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from itertools import count
from pathlib import Path

from tests.faults.powercut.scenario import Damaged, promise
from tests.faults.powercut.victim import say_ready

NAME = "raw.sqlite3"
PAGES = 20
"""A checkpoint so often that cuts fall into checkpoints, too: the main file is written there."""


def work(folder: Path, life: int, level: str) -> None:
    """Insert rows for ever, one transaction each, and promise each."""
    db = sqlite3.connect(folder / NAME, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(f"PRAGMA synchronous={level}")
    db.execute(f"PRAGMA wal_autocheckpoint={PAGES}")
    db.execute("CREATE TABLE IF NOT EXISTS fact (number INTEGER PRIMARY KEY, body BLOB)")
    say_ready()
    for number in count(life * 1_000_000):
        db.execute("INSERT INTO fact VALUES (?, randomblob(1500))", (number,))
        promise([str(number)])


def there(folder: Path) -> set[str]:
    """The numbers that are in the table; raises Damaged."""
    try:
        with closing(sqlite3.connect(folder / NAME)) as db:
            verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
            if verdict != "ok":
                raise Damaged(verdict)
            made = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'fact'").fetchone()
            rows = db.execute("SELECT number FROM fact").fetchall() if made else []
    except sqlite3.DatabaseError as error:
        raise Damaged(str(error)) from error
    return {str(number) for (number,) in rows}


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
