"""Is the file sound enough to go on with? Looked at whenever it is opened, at a bounded cost.

Reading a million events takes seconds on a good disk and minutes on a bad one, so the events are
not read: their damage is met when they are leased, and salvaged then. What is looked at is small:
the tables about the events, the first and the last event of every lane, the length of the file,
and whether the log breaks off before its end. SQLite takes a broken link for the end of the log
and forgets, without a word, every commit behind it.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from agent.errors import OutboxDamaged
from agent.outbox.connection import connect
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.pages import FRAME_HEADER, LOG_HEADER, Pages
from agent.outbox.remains import stream_of
from agent.outbox.spans import within

_SMALL: Final = ("epoch", "lane", "span", "settled_range", "settled_mark", "memo", "named")
_BY_POSITION: Final = "SELECT event_id FROM event WHERE position = ?"
_LAST_FRAME_AT: Final = 16
"""Where the log's index holds how many frames count (sqlite.org/walformat.html, section 2.1)."""


def examine(db: sqlite3.Connection, path: Path, lanes: Lanes) -> None:
    """Look at the small tables and at both ends of every lane.

    Raises:
        OutboxDamaged: something that must be there is not.
        sqlite3.Error: so said SQLite.
    """
    for table in _SMALL:
        (found,) = db.execute(f"PRAGMA quick_check({table})").fetchone()
        if found != "ok":
            raise _damaged(path, f"table {table}: {found}")
    for lane in lanes:
        _examine_ends(db, path, lane)


def examine_log(path: Path) -> None:
    """Before SQLite writes: does the file lack pages, or does the log break off?

    Raises:
        OutboxDamaged: the file is shorter than it says, or whole appends lie behind a broken link
            of the log. One torn append at its end is what a power cut leaves, and no damage.
        sqlite3.Error: the file cannot be read at all.
    """
    log = path.with_name(f"{path.name}-wal")
    if not path.is_file():
        return
    if not _size(path):
        raise _damaged(path, "the file is empty")  # a new one never is (``making``)
    if not _size(log):
        _examine_length(path)
        return
    _examine_links(path)


def _examine_ends(db: sqlite3.Connection, path: Path, lane: Lane) -> None:
    here = within(lane.spans, [(1, lane.last)])
    for position in {here[0].positions[0], here[-1].positions[1]} if here else ():
        if db.execute(_BY_POSITION, (position,)).fetchone() is None:
            raise _damaged(path, f"stream {lane.stream} has lost the event at position {position}")


def _examine_length(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(32)
    if len(header) == 32:  # noqa: PLR2004 - up to and with the size in pages
        (page_size,), (pages,) = (
            struct.unpack(">H", header[16:18]),
            struct.unpack(">I", header[28:]),
        )
        if _size(path) < pages * (page_size if page_size > 1 else 1 << 16):
            raise _damaged(path, f"the file is shorter than its {pages} pages")


def _examine_links(path: Path) -> None:
    with closing(connect(path, read_only=True)) as db, Pages(path) as pages:
        db.execute("SELECT 1 FROM sqlite_schema").fetchone()  # SQLite reads the log and indexes it
        believed = LOG_HEADER + _frames_believed(path) * (FRAME_HEADER + pages.size)
        lost_commits = 0
        lost_here = False
        for _, offset, commits in pages.frames:
            if offset >= believed:
                lost_here |= _holds_unknown_events(db, pages, offset)
                if commits:
                    lost_commits, lost_here = lost_commits + lost_here, False
    if lost_commits > 1:
        raise _damaged(path, f"the log breaks off before {lost_commits} appends")


def _frames_believed(path: Path) -> int:
    with path.with_name(f"{path.name}-shm").open("rb") as index:
        index.seek(_LAST_FRAME_AT)
        (frames,) = struct.unpack("=I", index.read(4))
    return int(frames)


def _holds_unknown_events(db: sqlite3.Connection, pages: Pages, offset: int) -> bool:
    with suppress(sqlite3.Error):
        return any(
            stream_of(number) and db.execute(_BY_POSITION, (number,)).fetchone() is None
            for number, _ in pages.rows_of(pages.frame(offset))
        )
    return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _damaged(path: Path, what: str) -> OutboxDamaged:
    return OutboxDamaged(
        f"outbox {path}: {what}; run `lianke-agent outbox repair` if the agent does not do so"
    )
