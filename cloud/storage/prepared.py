"""Statements compiled once and handed to the driver as they are.

SQLAlchemy asks 60 to 100 µs of the processor for each statement that it executes, SQLite two for
one that finds a row by its key. That is nothing to a page and most of what it costs to store a
single sale, which takes a dozen. Such statements are written with SQLAlchemy all the same, so that
both databases understand them, but compiled when they are first needed and then given to the
driver within the transaction that ``write`` or ``read`` has begun.

Values go to the driver as they are: integers, strings, bytes, booleans and None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

Values = Mapping[str, object]

_NOTHING: Final[Values] = {}


class Rows(Protocol):
    """What a statement has found or done: the driver's cursor. ``together`` says when to ask it."""

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """All other rows."""
        ...

    @property
    def rowcount(self) -> int:
        """How many rows it has changed."""
        ...


class _Compiled(NamedTuple):
    """The statement in the words of one database, and the values that are written into it."""

    text: str
    fixed: dict[str, object]


class Prepared:
    """A statement, or one for each kind of database: ``Prepared(sqlite=…, postgresql=…)``."""

    def __init__(self, statement: ClauseElement | None = None, **forms: ClauseElement) -> None:
        self._statement = statement
        self._forms = forms
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, connection: Connection, values: Values = _NOTHING) -> Rows:
        """Execute it once, with a value for each of its ``bindparam``."""
        text, fixed = self._for(connection.dialect)
        driver = driver_of(connection)
        with as_sqlalchemy_raises(connection):
            rows: Rows = driver.execute(text, {**fixed, **values} if fixed else values)
        return rows

    def many(self, connection: Connection, rows: Sequence[Values]) -> Rows:
        """Execute it for each of these, one at least. For what finds nothing."""
        text, fixed = self._for(connection.dialect)
        cursor: Any = driver_of(connection).cursor()
        with as_sqlalchemy_raises(connection):
            cursor.executemany(text, [{**fixed, **values} for values in rows] if fixed else rows)
        done: Rows = cursor
        return done

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = _compile(self._forms.get(dialect.name, self._statement), dialect)
            self._compiled[dialect.name] = compiled
        return compiled


def driver_of(connection: Connection) -> Any:
    """The driver's own connection, in the transaction that SQLAlchemy has begun."""
    return connection.connection.driver_connection


class as_sqlalchemy_raises:  # noqa: N801 - a context manager is spelt like a function
    """What the driver raises in here is raised as SQLAlchemy would, by whose words it is known."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        """Raise the driver's error anew; let any other one pass."""
        if error is not None:
            _raise_anew(self._connection, error)


def _raise_anew(connection: Connection, error: BaseException) -> None:
    dialect = connection.dialect
    errors = dialect.loaded_dbapi.Error
    if not isinstance(error, errors):
        return
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if lost:
        connection.invalidate(error)
    raise DBAPIError.instance(
        None, None, error, errors, hide_parameters=True, connection_invalidated=lost
    ) from error


def _compile(statement: ClauseElement | None, dialect: Dialect) -> _Compiled:
    assert statement is not None, f"no form of this statement for {dialect.name}"
    # SQLite's own way of counting parameters would need them in the order of the text.
    kind: Any = type(dialect)
    named = kind(paramstyle="named") if dialect.name == "sqlite" else dialect
    compiled = statement.compile(dialect=named)
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return _Compiled(str(compiled), fixed)
