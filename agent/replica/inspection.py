"""Counting the cards from another process, beside the running agent, without opening one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.errors import DiskUnusable


@dataclass(frozen=True, slots=True)
class Shelved:
    """How many cards the shop holds, and how far its feed has come."""

    cards: int
    through: int


def count_cards(path: Path) -> Shelved:
    """Count a replica's cards; nothing where there is no file yet. Raises DiskUnusable."""
    if not path.exists():
        return Shelved(0, 0)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
            [cards] = db.execute(
                "SELECT count(*) FROM member WHERE provisional = 0 AND sealed IS NOT NULL"
            ).fetchone()
            [through] = db.execute("SELECT coalesce(max(through), 0) FROM feed").fetchone()
    except sqlite3.Error as error:
        raise DiskUnusable(f"replica {path}: {error}; it is rebuilt when the agent runs") from error
    return Shelved(cards, through)
