"""Opens the database: SQLite on one machine, PostgreSQL where several share the work.

SQLite is set up so that a commit means the disk has it (WAL with ``synchronous=FULL``) and so that
a transaction takes the write lock when it begins (``BEGIN IMMEDIATE``). A transaction that reads
first and writes later would fail with "database is locked" as soon as somebody else wrote in
between, and no busy timeout helps there. Only ``read`` opts out of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError

from cloud.errors import BadConfiguration
from cloud.storage.prepared import as_sqlalchemy_raises, driver_of

BUSY_TIMEOUT_S: Final = 10.0
"""How long a writer waits for another one. A group of 1,000 events commits in about 0.1 s. On
PostgreSQL it is the ``lock_timeout``: one worker that hangs in its turn must not hang them all."""

COMPRESSED_BY_LZ4: Final = (
    "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings"
    " WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)"
)
"""Long values are compressed by lz4 where the server has it, as nearly all from 14 on do. Its own
way takes a third of all that it does to store an event of 2 KB: 8 of 24 ms for 1,000."""

HUNG_S: Final = 20.0
"""After so long without a word inside a transaction PostgreSQL ends it: a worker that stands still
in its turn would otherwise hold up all others until it goes on. The longest pause of a healthy
one, the sealing of a group, takes milliseconds."""

CHECKPOINT_PAGES: Final = 4_000
"""Length of the write-ahead log, 16 MB, at which SQLite copies it back. A group of 1,000 events
writes about 600 pages, many of them the same index pages; copying those less often than SQLite's
default of 1,000 makes a large ledger about a third faster."""

CACHE_KIB: Final = 32_000
"""Pages that a SQLite connection keeps in memory, as far as it needs them. A group of 1,000 events
changes some 2,500 pages, 10 MB, most of them of indexes over random ids. In SQLite's own 2 MB they
are written and read again within the transaction: 5 ms of 25 at 60,000 events, and growing."""

RESTED_S: Final = 1.0
"""A pooled connection to a server that was not used for so long is asked whether it still lives."""

_RESTS_SINCE: Final = "lianke_rests_since"

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
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)
    event.listen(engine, "connect", _prepared_for_bulk(engine.dialect))
    rests = Rests(engine.dialect)
    event.listen(engine, "checkin", rests.begin)
    event.listen(engine, "checkout", rests.end)
    return engine


def _prepared_for_bulk(dialect: Dialect) -> Callable[[Any, object], None]:
    """Prepares connections so that many rows cost the server and the driver less.

    COPY writes bytes by the driver's compiled code. It takes what was registered last for a
    column's type: for ``bytea`` that is, as the driver comes, what writes the DB-API's ``Binary``,
    in Python, a fifth of the work on a row.
    """

    def prepare(connection: Any, _record: object) -> None:
        dumper = dialect.loaded_dbapi.types.string.BytesBinaryDumper
        connection.adapters.register_dumper(bytes, dumper)
        connection.execute(COMPRESSED_BY_LZ4)
        connection.commit()  # a rollback would take the setting back

    return prepare


class _Pooled(Protocol):
    """What a pool knows of one of its connections."""

    info: dict[Any, Any]


class Rests:
    """Asks a pooled connection that has rested for a while whether its server is still there.

    SQLAlchemy's own ``pool_pre_ping`` asks each time, a journey to the server for each sale. One
    that is lost within a second of its last use is found out by its next statement, and the
    transaction is tried again.
    """

    def __init__(self, dialect: Dialect, now_s: Callable[[], float] = time.monotonic) -> None:
        self._dialect = dialect
        self._now_s = now_s

    def begin(self, _driver: object, record: _Pooled) -> None:
        """The connection goes back into the pool."""
        record.info[_RESTS_SINCE] = self._now_s()

    def end(self, driver: Any, record: _Pooled, _proxy: object) -> None:
        """The connection is wanted; the pool replaces it where this raises DisconnectionError."""
        if self._now_s() - record.info.get(_RESTS_SINCE, self._now_s()) < RESTED_S:
            return
        try:
            self._dialect.do_ping(driver)
        except self._dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the server has gone away meanwhile") from error


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise BadConfiguration("SQLite in memory cannot be shared by threads; name a file")
    engine = create_engine(
        url.set(query={"timeout": str(BUSY_TIMEOUT_S), **url.query}),
        hide_parameters=True,
        pool_use_lifo=True,  # who commits again finds the pages of its last commit in memory
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
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(CHANGES_SCHEMA, False):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # has no effect once BEGIN was said
    begin = "BEGIN" if options.get(READS_ONLY, False) else "BEGIN IMMEDIATE"
    with as_sqlalchemy_raises(connection):  # which takes longer to say it than SQLite to do it
        driver_of(connection).execute(begin)
