"""A new outbox appears whole or not at all.

It is made under a name of its own, its tables committed and synced, before it takes the outbox's
name: a power cut in between leaves nothing under that name. So a file that lies there was whole
once, however little is left of it, and is never taken for one that was just about to be made.

Earlier versions made the file in its place. What a power cut left of that is known by the rollback
journal beside it, which no finished outbox has: SQLite rolls it back, to nothing.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from agent.outbox.aside import discard
from agent.outbox.connection import connect
from agent.outbox.faults import in_our_words
from agent.outbox.migrations import migrate, migrations
from models.durable import sync_folder


def make_if_new(path: Path) -> bool:
    """Make an outbox without lanes where none has ever been finished; whether one was made.

    The caller owns the outbox. Where a log lies without its file, an empty file is put beside it:
    the outbox is damaged then, not new.

    Raises:
        OSError: the file cannot be made, or not written.
        DiskUnusable: as SQLite says.
    """
    if not _never_finished(path):
        _open_for_us(path)
        return False
    _make(path)
    return True


def _never_finished(path: Path) -> bool:
    if not path.exists():
        return not _size(_beside(path, "-wal"))
    if not _size(_beside(path, "-journal")):
        return False
    with in_our_words(path), closing(connect(path)) as db:
        db.execute("SELECT 1 FROM sqlite_schema").fetchone()  # SQLite looks at the journal first
    return not _size(path) and not _size(_beside(path, "-wal"))


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.making")
    discard(draft)
    _open_for_us(draft)
    with in_our_words(draft), closing(connect(draft)) as db:
        migrate(db, draft, migrations())
        db.execute("PRAGMA journal_mode=WAL")  # from its first day, so no journal ever lies beside
    with draft.open("r+b") as file:
        os.fsync(file.fileno())
    _beside(path, "-journal").unlink(missing_ok=True)  # or SQLite would roll it back into the new
    sync_folder(path.parent)
    draft.replace(path)
    sync_folder(path.parent)


def _open_for_us(path: Path) -> None:
    """A file for this user alone, which we may write; SQLite gives its log the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _beside(path: Path, side: str) -> Path:
    return path.with_name(f"{path.name}{side}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
