"""Opens the database: SQLite on one machine, PostgreSQL where several share the work.

SQLite is set up so that a commit means the disk has it (WAL with ``synchronous=FULL``) and so that
a transaction takes the write lock when it begins (``BEGIN IMMEDIATE``). A transaction that reads
first and writes later would fail with "database is locked" as soon as somebody else wrote in
between, and no busy timeout helps there. Only ``read`` opts out of it.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from cloud.errors import BadConfiguration

BUSY_TIMEOUT_S: Final = 10.0
"""How long a writer waits for another one. A group of 1,000 events commits in about 0.1 s. On
PostgreSQL it is the ``lock_timeout``: one worker that hangs in its turn must not hang them all."""

HUNG_S: Final = 20.0
"""After so long without a word inside a transaction PostgreSQL ends it: a worker that stands still
in its turn would otherwise hold up all others until it goes on. The longest pause of a healthy
one, the sealing of a group, takes milliseconds."""

CHECKPOINT_PAGES: Final = 4_000
"""Length of the write-ahead log, 16 MB, at which SQLite copies it back. A group of 1,000 events
writes about 600 pages, many of them the same index pages; copying those less often than SQLite's
default of 1,000 makes a large ledger about a third faster."""

READS_ONLY: Final = "lianke_reads_only"
"""Execution option of a connection whose transaction shall not take the write lock."""

CHANGES_SCHEMA: Final = "lianke_changes_schema"
"""Execution option of a connection that copies and drops tables: foreign keys must not cascade."""

_POSTGRES: Final = "postgresql+psycopg"
"""psycopg 3, which knows COPY; SQLAlchemy's default for PostgreSQL is its predecessor."""

TURN: Final = "lianke_turn"
"""Execution option of a SQLite engine: the lock by which this process's writers queue."""


def open_engine(url: str, password: str | None = None) -> Engine:
    """An engine for ``sqlite:////path/to/file.db`` or ``postgresql://user@host/name``.

    Nothing is connected yet. Statements are logged without their parameters, which may be personal.
    The password goes to a server with each connection, and into no URL that could be shown.

    Raises:
        BadConfiguration: the URL cannot be read, its driver is missing, or it names SQLite in
            memory, where every thread would see a database of its own.
    """
    try:
        parsed = make_url(url)
        return (
            _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _server(parsed, password)
        )
    except ArgumentError as error:
        raise BadConfiguration("the database URL cannot be read; see cloud.toml") from error
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        name = parsed.drivername
        raise BadConfiguration(f"no driver for {name!r} is installed: {error}") from error


def _server(url: URL, password: str | None) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername=_POSTGRES)
    arguments = {"application_name": "lianke"}
    if "options" not in url.query:
        arguments["options"] = (
            f"-c lock_timeout={BUSY_TIMEOUT_S * 1000:.0f} "
            f"-c idle_in_transaction_session_timeout={HUNG_S * 1000:.0f}"
        )
    if password is not None:
        arguments["password"] = password
    return create_engine(url, connect_args=arguments, hide_parameters=True, pool_pre_ping=True)


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise BadConfiguration("SQLite in memory cannot be shared by threads; name a file")
    engine = create_engine(
        url.set(query={"timeout": str(BUSY_TIMEOUT_S), **url.query}),
        hide_parameters=True,
        execution_options={TURN: threading.Lock()},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and never immediate
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(CHANGES_SCHEMA, False):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # has no effect once BEGIN was said
    connection.exec_driver_sql("BEGIN" if options.get(READS_ONLY, False) else "BEGIN IMMEDIATE")
