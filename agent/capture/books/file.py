"""The books' file: SQLite beside the outbox, written after captures and synced with none.

``synchronous=NORMAL`` never damages the file and may lose its newest rows in a power cut; the mark
is lost with them, and what lies behind it is noted again from the outbox (``mending``). The log is
folded in by ``tidy`` alone, so no sale waits for that sync either. A file that is damaged, or of
another version, is renamed to ``…damaged`` and begun anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Final
from zlib import crc32

from agent.capture.books.course import Course, DayCourse
from agent.capture.books.entry import Entry, Lane, Till
from agent.capture.books.page import Page, PageKey
from models.durable import make_folder
from models.runtime.logs import get_logger
from models.wire.ranges import RangeSet, from_sequences

_LOG = get_logger(__name__)

APPLICATION_ID: Final = 0x4C4B5442
"""``LKTB``: what ``PRAGMA application_id`` says of a file of ours."""

VERSION: Final = 1
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_NUMBERS: Final = (
    "SELECT page.id, unit, workstation, lane, series, day, number, min(number.at)"
    " FROM page LEFT JOIN number ON number.page = page.id"
    " GROUP BY page.id, number ORDER BY page.id, number"
)
_COURSES: Final = (
    "SELECT unit, workstation, profile, day, earliest, seen, settled, settled_seen FROM course"
)


class BooksDamaged(Exception):
    """The file is not, or no longer, one of ours."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The last sale of the outbox that was noted; nothing is before its sequence 0."""

    epoch: str = ""
    sequence: int = 0


@dataclass(slots=True)
class Contents:
    """What a file holds."""

    pages: dict[PageKey, Page] = field(default_factory=dict)
    courses: dict[tuple[Till, str], Course] = field(default_factory=dict)


class BooksFile:
    """One file, for one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open or begin it; raises sqlite3.Error and OSError where the disk does not take it."""
        self._path = path
        make_folder(path.parent)
        try:
            self._db = _opened(path)
        except BooksDamaged as damage:
            _set_aside(path, damage)
            self._db = _opened(path)

    def load(self) -> Contents:
        """All of it; a file whose rows cannot be understood is set aside, and begun anew."""
        try:
            return self._load()
        except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, sqlite3.DatabaseError) and not is_damage(error):
                raise
            self._db.close()
            _set_aside(self._path, BooksDamaged(f"its rows: {type(error).__name__}"))
            self._db = _opened(self._path)
            return Contents()

    def _load(self) -> Contents:
        found = Contents()
        rows = self._db.execute(_NUMBERS)
        for (row, *named), numbers in groupby(rows, key=lambda each: each[:6]):
            key = _key(*named)
            found.pages[key] = _page(row, ((number, at) for *_, number, at in numbers))
        by_row = {page.row: page for page in found.pages.values()}
        for row, number in self._db.execute("SELECT page, number FROM repeat"):
            by_row[row].repeats.add(number)
        for unit, workstation, profile, day, *course in self._db.execute(_COURSES):
            whose = Till(unit, workstation), profile
            days = found.courses.setdefault(whose, Course()).days
            days[date.fromisoformat(day)] = DayCourse(*course)
        for unit, workstation, profile, day, identity in self._db.execute("SELECT * FROM late"):
            days = found.courses[Till(unit, workstation), profile].days
            days[date.fromisoformat(day)].late.add(identity)
        return found

    def mark(self) -> Mark:
        """Up to which sale of the outbox everything is noted."""
        return Mark(*self._db.execute("SELECT epoch, sequence FROM mark").fetchone())

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def add_page(self, key: PageKey) -> int:
        """The row of a page, made where there is none."""
        (unit, workstation), lane, series, day = key
        named = (unit, workstation, lane.value, series, day.isoformat())
        self._db.execute(
            "INSERT INTO page (unit, workstation, lane, series, day) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            named,
        )
        row: tuple[int] = self._db.execute(
            "SELECT id FROM page WHERE (unit, workstation, lane, series, day) = (?, ?, ?, ?, ?)",
            named,
        ).fetchone()
        return row[0]

    def add_number(self, row: int, number: int, entry: Entry) -> bool:
        """Note a number; whether the same profile told it before of another transaction."""
        profile = crc32(entry.profile.encode())
        added = self._db.execute(
            "INSERT INTO number VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (row, number, profile, entry.identity, entry.at_s),
        )
        if added.rowcount:
            return False
        (identity,) = self._db.execute(
            "SELECT identity FROM number WHERE (page, number, profile) = (?, ?, ?)",
            (row, number, profile),
        ).fetchone()
        return bool(identity != entry.identity)

    def add_repeat(self, row: int, number: int) -> None:
        """Two transactions bear this number."""
        self._db.execute("INSERT INTO repeat VALUES (?, ?) ON CONFLICT DO NOTHING", (row, number))

    def save_course(self, till: Till, profile: str, day: date, course: DayCourse) -> None:
        """How a business day went so far."""
        self._db.execute(
            "INSERT OR REPLACE INTO course VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *till,
                profile,
                day.isoformat(),
                course.earliest_s,
                course.seen_s,
                course.settled_s,
                course.settled_seen_s,
            ),
        )

    def add_late(self, entry: Entry) -> None:
        """It came after its business day was closed."""
        self._db.execute(
            "INSERT INTO late VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (*entry.till, entry.profile, entry.day.isoformat(), entry.identity),
        )

    def save_mark(self, mark: Mark) -> None:
        """Up to which sale of the outbox everything is noted; never back within an epoch."""
        self._db.execute(
            "UPDATE mark SET sequence = CASE WHEN epoch = ? THEN max(sequence, ?) ELSE ? END,"
            " epoch = ?",
            (mark.epoch, mark.sequence, mark.sequence, mark.epoch),
        )

    def drop(self, pages: Iterable[int], days: Iterable[tuple[Till, str, date]]) -> None:
        """Forget pages and days that are too old."""
        rows = [(row,) for row in pages]
        for table, column in (("number", "page"), ("repeat", "page"), ("page", "id")):
            self._db.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)  # noqa: S608 - names of our own
        whose = [(*till, profile, day.isoformat()) for till, profile, day in days]
        for table in ("late", "course"):
            self._db.executemany(
                f"DELETE FROM {table}"  # noqa: S608 - names of our own
                " WHERE (unit, workstation, profile, day) = (?, ?, ?, ?)",
                whose,
            )

    def tidy(self) -> None:
        """Fold the log into the file, so that no sale has to wait for that."""
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Close it; it must not be used afterwards."""
        self._db.close()


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file itself is spoiled."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.DatabaseError) and code is not None and code & 0xFF in _DAMAGE


def _opened(path: Path) -> sqlite3.Connection:
    fresh = not path.exists() or path.stat().st_size == 0
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        if fresh:
            _create(db)
        _check(db)
    except sqlite3.DatabaseError as error:
        db.close()
        if is_damage(error):
            raise BooksDamaged(str(error)) from error
        raise
    except BooksDamaged:
        db.close()
        raise
    return db


def _create(db: sqlite3.Connection) -> None:
    schema = resources.files("agent.capture.books").joinpath("schema.sql").read_text("utf-8")
    db.executescript(
        f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID};"
        f"PRAGMA user_version = {VERSION}; {schema} COMMIT;"
    )


def _check(db: sqlite3.Connection) -> None:
    found = tuple(
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if found != (APPLICATION_ID, VERSION):
        raise BooksDamaged(f"application id and version are {found}, not ours")
    (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise BooksDamaged("its pages do not fit together")


def _set_aside(path: Path, damage: BooksDamaged) -> None:
    spoiled = path.with_name(f"{path.name}.damaged")
    path.replace(spoiled)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    _LOG.error(
        "till_books_set_aside",
        reason=str(damage),
        kept_as=spoiled.name,
        next_step="none: they are filled again from the sales that the outbox keeps",
    )


def _key(unit: str, workstation: str, lane: str, series: str, day: str) -> PageKey:
    return PageKey(Till(unit, workstation), Lane(lane), series, date.fromisoformat(day))


def _page(row: int, numbers: Iterable[tuple[int | None, int]]) -> Page:
    page = Page(row)
    moments = [(at, number) for number, at in numbers if number]
    if moments:
        ranges = from_sequences(number for _, number in moments)
        page.numbers = RangeSet(ranges)
        page.opened, page.closed = min(moments), max(moments)
    return page
