"""The SQLite file under the replica: two connections, and a way out of every kind of damage.

Writers take turns on one connection; readers use another and, thanks to the write-ahead log, wait
for no writer. ``synchronous=NORMAL`` never corrupts the file and may lose the newest cards in a
power cut; the feed's position is lost with them, so they come again. A file that is corrupt, of
another version or sealed under another key is renamed to ``…corrupt`` and begun anew.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from agent.errors import DiskUnusable
from agent.replica import schema
from agent.replica.errors import ReplicaBusy
from models.runtime.logs import get_logger
from models.vault.blob import BlobSealer
from models.vault.errors import SealBroken

_LOG = get_logger(__name__)

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]

_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_CANARY: Final = b"the right master key"
_PLACE: Final = "canary"
_CHECKPOINT_PAGES: Final = 2_000  # 8 MB: a checkpoint syncs the disk, so seldom, and see tidy()


class _Damaged(Exception):
    """The file is not (or no longer) a replica that this key opens."""


class CacheFile:
    """Runs work in transactions. Safe for several threads; for one process.

    Work may run twice: once on a file that turns out to be damaged, then on the fresh one.
    """

    def __init__(self, path: Path, canary: BlobSealer, busy_timeout_s: float = 5.0) -> None:
        """Open or begin the file; raises DiskUnusable and ReplicaBusy."""
        self._path = path
        self._canary = canary
        self._busy_timeout_s = busy_timeout_s
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._generation = 0
        with self._disk():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._open()
            except _Damaged as damage:
                self._begin_anew(damage)

    def read(self, work: Work[Result]) -> Result:
        """The result of work on one consistent state."""
        return self._attempt(lambda: self._run(self._reading, lambda: self._reader, work, ""))

    def write(self, work: Work[Result]) -> Result:
        """The result of work in one transaction: all of it or nothing."""
        return self._attempt(
            lambda: self._run(self._writing, lambda: self._writer, work, "IMMEDIATE")
        )

    def tidy(self) -> None:
        """Move the write-ahead log into the file, so that no sale has to wait for that."""
        with self._writing, self._disk():
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Close both connections; the file must not be used afterwards."""
        with self._writing, self._reading:
            self._close()

    def _attempt(self, run: Callable[[], Result]) -> Result:
        generation = self._generation
        with self._disk():
            try:
                return run()
            except _Damaged as damage:
                self._set_aside(generation, damage)
            return run()

    def _run(
        self,
        turn: threading.Lock,
        connection: Callable[[], sqlite3.Connection],
        work: Work[Result],
        mode: str,
    ) -> Result:
        with turn, _noticing_damage():
            db = connection()
            db.execute(f"BEGIN {mode}")
            try:
                result = work(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        return result

    def _set_aside(self, generation: int, damage: _Damaged) -> None:
        with self._writing, self._reading:
            if generation == self._generation:  # nobody else has done it meanwhile
                self._close()
                self._begin_anew(damage)

    def _begin_anew(self, damage: _Damaged) -> None:
        spoiled = self._path.with_name(f"{self._path.name}.corrupt")
        self._path.replace(spoiled)
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._generation += 1
        _LOG.error(
            "replica_set_aside",
            reason=str(damage),
            kept_as=spoiled.name,
            next_step="none: the cards are fetched from the cloud again",
        )
        self._open()

    def _open(self) -> None:
        fresh = not self._path.exists() or self._path.stat().st_size == 0
        self._writer = self._connect()
        self._reader = self._connect()
        try:
            with _noticing_damage():
                self._prepare(fresh=fresh)
        except BaseException:
            self._close()
            raise

    def _prepare(self, *, fresh: bool) -> None:
        for db in (self._writer, self._reader):
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        self._writer.execute("PRAGMA secure_delete = ON")
        if fresh:
            self._create()
        self._reader.execute("PRAGMA query_only = ON")
        _check(self._reader, self._canary)

    def _create(self) -> None:
        self._writer.executescript(f"BEGIN IMMEDIATE; {schema.CREATE}")
        canary = self._canary.seal(_CANARY, _PLACE)
        self._writer.execute("INSERT INTO feed VALUES (1, 0, ?)", (canary,))
        self._writer.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path,
            isolation_level=None,
            check_same_thread=False,
            timeout=self._busy_timeout_s,
        )

    def _close(self) -> None:
        self._reader.close()
        self._writer.close()

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """What the disk or another process does to us, in the agent's own words."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in _BUSY:
                raise ReplicaBusy(
                    f"{self._path}: locked by another process; end it or try again"
                ) from error
            raise DiskUnusable(
                f"{self._path}: {error}; free space or make the folder writable"
            ) from error
        except OSError as error:
            raise DiskUnusable(f"{self._path}: {error.strerror}; check disk and rights") from error


def _check(db: sqlite3.Connection, canary: BlobSealer) -> None:
    found = (_pragma(db, "application_id"), _pragma(db, "user_version"))
    if found != (schema.APPLICATION_ID, schema.VERSION):
        raise _Damaged(f"application id and version are {found}, not ours")
    (sealed,) = db.execute("SELECT canary FROM feed").fetchone()
    canary.open(sealed, _PLACE)


def _pragma(db: sqlite3.Connection, name: str) -> int:
    (value,) = db.execute(f"PRAGMA {name}").fetchone()
    return int(value)


@contextmanager
def _noticing_damage() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _CORRUPT:
            raise
        raise _Damaged(str(error)) from error
    except SealBroken as error:
        raise _Damaged(str(error)) from error
