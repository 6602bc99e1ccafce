"""Connections to a till's database that can only read, and only for a moment.

The till comes first. Every session is read-only by the server's own means, every statement has a
time limit, no lock is waited for longer than a second, and no transaction stays open between two
looks. Imports SQLAlchemy, see ``tables``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, assert_never
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from agent.config.databases import Login, Server, TillDatabaseSettings
from agent.errors import BadConfiguration

_LOCK_WAIT_S: Final = 1
_CHECKED_EVERY: Final = 10_000
"""Steps of SQLite's virtual machine between two questions whether time is over: about 1 ms."""

_MYSQL_WITH_TIME_LIMIT: Final = (5, 7, 8)


def reading_engine(
    settings: TillDatabaseSettings, login: Login, zone: str, is_late: Callable[[], bool]
) -> Engine:
    """An engine whose every connection is read-only.

    Args:
        settings: where the database is.
        login: who reads.
        zone: IANA name of the shop's time zone, for times without an offset.
        is_late: asked while a statement runs in a file, since no server does it there.

    Raises:
        BadConfiguration: the driver is not installed.
    """
    try:
        match settings.server:
            case Server.SQLITE:
                return _sqlite(settings, is_late)
            case Server.POSTGRESQL:
                return _postgresql(settings, login, zone)
            case Server.MYSQL | Server.MARIADB:
                return _mysql(settings, login)
            case _:
                assert_never(settings.server)
    except ModuleNotFoundError as error:
        raise BadConfiguration(
            f"database {settings.name}: the driver {error.name} is not installed; install "
            "lianke[till-database]"
        ) from error


def _sqlite(settings: TillDatabaseSettings, is_late: Callable[[], bool]) -> Engine:
    # Opened anew each time: a file that was put back from a backup is another file.
    address = URL.create(
        "sqlite",
        database=f"file:{quote(str(settings.file))}",
        query={"mode": "ro", "uri": "true"},
    )
    engine = create_engine(
        address, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": _LOCK_WAIT_S}
    )

    def only_read(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so
        connection.text_factory = _text
        connection.execute("PRAGMA query_only = ON")
        connection.set_progress_handler(is_late, _CHECKED_EVERY)

    event.listen(engine, "connect", only_read)
    event.listen(engine, "begin", _begin)
    return engine


def _text(stored: bytes) -> str:
    """A text as its till wrote it; one that is no UTF-8 must not keep a whole page from being read.

    SQLite stores whatever it is given. The character that stands for what cannot be read is in no
    number and no key, so the receipt is read without it or refused by itself.
    """
    return stored.decode("utf-8", "replace")


def _begin(connection: Connection) -> None:
    """One snapshot for all statements of a page; the driver by itself would take one for each."""
    connection.exec_driver_sql("BEGIN")


def _postgresql(settings: TillDatabaseSettings, login: Login, zone: str) -> Engine:
    limit_ms = int(settings.statement_timeout_s * 1000)
    options = {
        "default_transaction_read_only": "on",
        "statement_timeout": limit_ms,
        "lock_timeout": _LOCK_WAIT_S * 1000,
        "idle_in_transaction_session_timeout": 2 * limit_ms,
        "timezone": zone,
    }
    arguments: dict[str, Any] = {
        "connect_timeout": max(1, round(settings.connect_timeout_s)),
        "application_name": "lianke",
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
    }
    if settings.ca_file:
        arguments |= {"sslmode": "verify-full", "sslrootcert": str(settings.ca_file)}
    return _pooled("postgresql+psycopg", settings, login, arguments)


def _mysql(settings: TillDatabaseSettings, login: Login) -> Engine:
    arguments: dict[str, Any] = {
        "connect_timeout": max(1, round(settings.connect_timeout_s)),
        # Of the network, for a server that has vanished; its own limit is the statement's.
        "read_timeout": max(2, round(2 * settings.statement_timeout_s)),
        "write_timeout": max(2, round(2 * settings.statement_timeout_s)),
        "charset": "utf8mb4",
    }
    if settings.ca_file:
        arguments["ssl"] = {"ca": str(settings.ca_file)}
    if settings.host.startswith("/"):
        arguments["unix_socket"] = settings.host
    engine = _pooled("mysql+pymysql", settings, login, arguments)

    def only_read(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            for statement in _mysql_limits(cursor.fetchone()[0], settings.statement_timeout_s):
                cursor.execute(statement)

    event.listen(engine, "connect", only_read)
    return engine


def _mysql_limits(version: str, limit_s: float) -> list[str]:
    """Statements that make a session read-only and impatient; MySQL and MariaDB differ in one."""
    limits = [
        "SET SESSION TRANSACTION READ ONLY",
        f"SET SESSION lock_wait_timeout = {_LOCK_WAIT_S}",
        f"SET SESSION innodb_lock_wait_timeout = {_LOCK_WAIT_S}",
    ]
    if "mariadb" in version.lower():
        limits.append(f"SET SESSION max_statement_time = {limit_s:g}")
    elif _numbers(version) >= _MYSQL_WITH_TIME_LIMIT:
        limits.append(f"SET SESSION max_execution_time = {int(limit_s * 1000)}")
    return limits


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.partition("-")[0].split(".")
    return tuple(int(each) for each in parts if each.isdecimal())


def _pooled(
    driver: str, settings: TillDatabaseSettings, login: Login, arguments: dict[str, Any]
) -> Engine:
    """One connection that is kept, and asked whether it still stands before it is used."""
    address = URL.create(
        driver,
        username=login.user or None,
        password=login.password or None,
        host=settings.host,
        port=settings.port,
        database=settings.database,
    )
    return create_engine(
        address,
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        hide_parameters=True,
        connect_args=arguments,
    )
