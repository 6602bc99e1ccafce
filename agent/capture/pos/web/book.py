"""What was answered, kept durably, so that a repeated request gets the answer of the first.

Two things are known for a bounded time and up to a bounded number: which body an
``Idempotency-Key`` came with and what it was answered, and which events came through this door.
Keys are kept as digests, since a till may make them of anything. Losing the book costs no sale and
counts none twice: events have the same ids however often they come.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from agent.capture.pos.web.answers import Answer
from agent.errors import DiskUnusable
from models.durable import make_folder
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_SCHEMA: Final = """
create table if not exists answers (
  number integer primary key autoincrement,
  key blob not null unique,
  body blob not null,
  at real not null,
  status integer,
  answer blob
) strict;
create table if not exists events (
  number integer primary key autoincrement,
  event text not null unique,
  at real not null
) strict;
"""
_DAY_S: Final = 86_400.0
_BUSY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Noted:
    """What is known of a key.

    Attributes:
        body: SHA-256 of the body that it came with.
        answer: what was said; None where the request did not come to its end.
    """

    body: bytes
    answer: Answer | None


class AnswerBook:
    """One file. Used by one thread at a time."""

    def __init__(self, path: Path, *, days: float, most: int) -> None:
        """A book that is not open yet; entries beyond ``days`` or ``most`` are forgotten."""
        self._path = path
        self._keep_s = days * _DAY_S
        self._most = most
        self._db: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open or begin the file; one that is damaged is begun anew. Raises DiskUnusable."""
        try:
            make_folder(self._path.parent)
            self._db = self._opened()
        except (OSError, sqlite3.OperationalError) as error:
            raise self._unusable(error) from error
        except sqlite3.DatabaseError:
            self._begin_anew()

    def close(self) -> None:
        """Close the file; does nothing a second time."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def find(self, key: bytes) -> Noted | None:
        """What a key came with; raises DiskUnusable."""
        with self._used() as db:
            row = db.execute("select body, status, answer from answers where key = ?", (key,))
            found = row.fetchone()
        if found is None:
            return None
        body, status, answer = found
        return Noted(body, None if status is None else Answer(status, answer))

    def promise(self, key: bytes, body: bytes, at: datetime) -> None:
        """Bind a key to a body, durably, before anything is stored; raises DiskUnusable."""
        now_s = at.timestamp()
        with self._used() as db, db:
            db.execute(
                "insert into answers (key, body, at) values (?, ?, ?)"
                " on conflict (key) do update set body = excluded.body, at = excluded.at",
                (key, body, now_s),
            )
            for table in ("answers", "events"):
                self._forget(db, table, now_s)

    def unknown(self, events: Iterable[str]) -> set[str]:
        """Those of these events that did not come through this door; raises DiskUnusable."""
        with self._used() as db:
            return {
                event
                for event in events
                if db.execute("select 1 from events where event = ?", (event,)).fetchone() is None
            }

    def write(self, key: bytes | None, answer: Answer, events: Iterable[str], at: datetime) -> None:
        """Note what was answered and which events are durable now; raises DiskUnusable."""
        now_s = at.timestamp()
        with self._used() as db, db:
            db.executemany(
                "insert into events (event, at) values (?, ?) on conflict do nothing",
                [(event, now_s) for event in events],
            )
            if key is not None:
                db.execute(
                    "update answers set status = ?, answer = ? where key = ?",
                    (answer.status, answer.body, key),
                )
            else:
                self._forget(db, "events", now_s)

    def _forget(self, db: sqlite3.Connection, table: str, now_s: float) -> None:
        # Numbers only rise, so the oldest entries are the lowest ones. The names are our own.
        db.execute(
            f"delete from {table} where at < ? or number <="  # noqa: S608 - a name of ours
            f" (select max(number) from {table}) - ?",
            (now_s - self._keep_s, self._most),
        )

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=_BUSY_S, check_same_thread=False)
        try:
            self._path.chmod(0o600)
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = full")
            db.executescript(_SCHEMA)
            _check(db)
        except BaseException:
            db.close()
            raise
        return db

    def _begin_anew(self) -> None:
        _LOG.warning(
            "web_answers_begun_anew",
            file=str(self._path),
            effect="repeated requests are taken again; no sale is counted twice",
        )
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._db = self._opened()
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        if self._db is None:
            raise DiskUnusable(f"{self._path} is closed")
        try:
            yield self._db
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> DiskUnusable:
        name = getattr(error, "sqlite_errorname", "") or type(error).__name__
        return DiskUnusable(f"{self._path}: {name}; free or repair this disk")


def _check(db: sqlite3.Connection) -> None:
    with closing(db.execute("pragma quick_check(1)")) as found:
        if found.fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check")


def digest_of_key(place: str, key: str) -> bytes:
    """How a key is kept: bound to the address that it was used at."""
    return sha256(f"{place}\x00{key}".encode()).digest()
