"""Transactions: ``write`` commits all or nothing, ``read`` sees one moment and locks nobody out.

The database's errors leave here as ours: trouble that passes is ``DatabaseUnavailable``, trouble
that needs a person is a ``FaultyService``. Everything else (a broken constraint, a wrong statement)
is a mistake in the program and passes through.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, func, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cloud.errors import CloudError, DatabaseUnavailable, FaultyService, SchemaMismatch
from cloud.storage.engine import BUSY_TIMEOUT_S, READS_ONLY, TURN
from cloud.storage.prepared import Prepared, as_sqlalchemy_raises, driver_of

_PASSES: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
)
_BROKEN: Final = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    }
)
_PRIMARY: Final = 0xFF
"""Mask of SQLite's primary result code; the higher bits only refine it."""

_OTHER_SCHEMA: Final = ("no such table", "no such column", "has no column")
_UNDEFINED: Final = ("42P01", "42703")
"""PostgreSQL's SQLSTATE for an undefined table or column."""

_READ_ONLY: Final = "25006"
"""PostgreSQL's SQLSTATE for writing to a standby, which we may still talk to after a fail-over."""

_DAMAGED: Final = "XX"
"""Class of PostgreSQL's SQLSTATEs for damaged files and faults of its own."""

_TAKE_TURN: Final = Prepared(select(func.pg_advisory_xact_lock(bindparam("key"))))


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """A transaction that commits when the block ends well, and leaves no trace otherwise.

    On SQLite the writers of one process queue for a lock first: its own busy handler sleeps in
    steps of up to 100 ms, which alone would break the promise made for a sale's way to a tablet.
    Do not nest.

    Raises:
        DatabaseUnavailable: try again later.
        FaultyService: the file is damaged, read-only, or of another version.
    """
    with _turn(engine), _translated(), _on_the_primary(), engine.begin() as connection:
        yield connection


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction over one consistent snapshot; it never waits for writers. Raises as ``write``.

    Nothing written in it is kept. PostgreSQL, which refuses to write here, is told to commit all
    the same: on a rollback the driver forgets which statements it has prepared, and the server
    plans each of them anew, also those of the next sale.
    """
    options: dict[str, object] = {READS_ONLY: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _translated(), engine.connect().execution_options(**options) as connection:
        transaction = connection.begin()  # what goes past SQLAlchemy does not make it begin
        yield connection
        if engine.dialect.name == "postgresql":
            transaction.commit()


@contextmanager
def together(connection: Connection, *, committing: bool = False) -> Iterator[None]:
    """Prepared statements in here go to a server in one journey; fetch when the block has ended.

    PostgreSQL executes them one after the other all the same, each seeing what the one before has
    done. COPY and SQLAlchemy's own statements have no place in here. With ``committing`` the
    transaction's commit travels with them: it is done when the block has ended well.

    Each block ends with a word to the server, so that its timeout for idle transactions holds for
    whatever is done between two blocks. On SQLite, where there is no journey, this does nothing.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver = driver_of(connection)
    with as_sqlalchemy_raises(connection), driver.pipeline():
        yield
        if committing:
            driver.commit()


def in_turn(connection: Connection, name: str) -> None:
    """Until this transaction ends, no other one that asked for the same name proceeds.

    What is numbered inside becomes visible in the order of its numbers, so readers who follow the
    numbers never pass an open transaction. SQLite has one writer anyway; PostgreSQL takes an
    advisory lock, released by its commit or rollback.
    """
    if connection.dialect.name == "postgresql":
        _TAKE_TURN(connection, {"key": _key_of(name)})


@lru_cache(256)
def _key_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    lock = engine.get_execution_options().get(TURN)
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=BUSY_TIMEOUT_S):
        raise DatabaseUnavailable(
            f"another writer of this process has held the database for {BUSY_TIMEOUT_S:.0f} s"
        )
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _on_the_primary() -> Iterator[None]:
    """Apart from ``_translated``: writing inside ``read`` is a mistake and no passing trouble."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _READ_ONLY:
            raise
        raise DatabaseUnavailable("the database server is read-only, perhaps a standby") from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable("all database connections are in use; try again") from error
    except DBAPIError as error:
        ours = _ours(error)
        if ours is None:
            raise
        raise ours from error


def _ours(error: DBAPIError) -> CloudError | None:
    """Our error for the driver's; its first line only, since a second may quote the row."""
    said = next(iter(str(error.orig).splitlines()), type(error.orig).__name__)
    code = getattr(error.orig, "sqlite_errorcode", None)
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _UNDEFINED or any(phrase in said for phrase in _OTHER_SCHEMA):
        return SchemaMismatch(
            f"the database has another schema ({said}); run: lianke-cloud upgrade"
        )
    if code is not None and code & _PRIMARY in _BROKEN:
        return FaultyService(f"the database file cannot be used ({said}); check it and its disk")
    if state.startswith(_DAMAGED):
        return FaultyService(f"the database server is in trouble ({said}); look at its log")
    if _passes(error, code):
        return DatabaseUnavailable(f"the database is not available ({said}); trying again helps")
    return None


def _passes(error: DBAPIError, code: int | None) -> bool:
    if code is not None:
        return code & _PRIMARY in _PASSES
    # A server's driver reports lost connections, deadlocks and exhausted resources like this.
    return error.connection_invalidated or isinstance(error, OperationalError)
