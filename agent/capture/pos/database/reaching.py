"""A till's database as ``Receipts``: pages of whole transactions, each from one snapshot.

Imports SQLAlchemy, see ``tables``. Every error of it ends here; what is told of one is its kind and
its number, since its text may hold what a row says or who logs in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from agent.capture.pos.database.clocked import TillMoments
from agent.capture.pos.database.engines import reading_engine
from agent.capture.pos.database.polling import Dated, Position, TillDatabaseUnreachable
from agent.capture.pos.database.profile import Clocked, DatabaseProfile
from agent.capture.pos.database.stored import Row, StoredReceipt, row_of, text_of
from agent.capture.pos.database.tables import Plan, RowsQuery, plan_of
from agent.config.databases import Login, Server, TillDatabaseSettings
from agent.errors import BadConfiguration
from models.runtime.clock import Clock

_REFUSED: Final = frozenset({"1044", "1045", "1142", "1698", "28000", "28P01", "42501"})
"""Numbers by which MySQL and PostgreSQL say that this login may not read."""

_REFUSAL_OF_POSTGRESQL: Final = "authentication failed"
"""A connection that was never made has no number there."""


class TillDatabase:
    """One till's database. Used by one thread."""

    def __init__(
        self,
        settings: TillDatabaseSettings,
        profile: DatabaseProfile,
        *,
        zone: tzinfo,
        login: Callable[[], Login],
        clock: Clock,
    ) -> None:
        """``login`` is asked at every connection anew: a password may be changed meanwhile."""
        self._settings = settings
        self._profile = profile
        self._zone = zone
        self._login = login
        self._clock = clock
        self._moments = _moments_of(settings, profile, zone)
        self._engine: Engine | None = None
        self._plan: Plan | None = None
        self._deadline_s = 0.0

    def page(self, since: datetime, after: Position | None, limit: int) -> Sequence[Dated]:
        """The next receipts with all that belongs to them; see ``Receipts.page``."""
        start = None if after is None else (after.moment, after.id)
        with self._reading() as (connection, plan):
            keys = connection.execute(plan.keys(self._moments.stored(since), start, limit)).all()
            return list(self._dated(connection, plan, keys)) if keys else []

    def close(self) -> None:
        """End the connection; the next page makes a new one."""
        engine, self._engine, self._plan = self._engine, None, None
        if engine is not None:
            engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[tuple[Connection, Plan]]:
        """A read-only transaction, which ends here whatever happens."""
        self._refuse_missing_file()
        try:
            with self._opened().connect() as connection:
                self._deadline_s = self._clock.monotonic_s() + self._settings.statement_timeout_s
                if self._plan is None:
                    self._plan = plan_of(self._profile, connection)
                yield connection, self._plan
                connection.rollback()
        except SQLAlchemyError as error:
            self.close()
            raise self._told(error) from error
        except BadConfiguration:
            self.close()
            raise

    def _opened(self) -> Engine:
        if self._engine is None:
            self._engine = reading_engine(
                self._settings, self._login(), str(self._zone), self._is_late
            )
        return self._engine

    def _is_late(self) -> bool:
        return self._clock.monotonic_s() > self._deadline_s

    def _dated(self, connection: Connection, plan: Plan, keys: Sequence[Any]) -> Iterator[Dated]:
        names = [name for name, _ in keys]
        heads = _grouped(plan.receipts, connection, names)
        lines = _grouped(plan.lines, connection, names)
        payments = _grouped(plan.payments, connection, names)
        taxes = _grouped(plan.taxes, connection, names)
        for name, moment in keys:
            receipt = StoredReceipt(
                id=text_of(name),
                receipt=heads.get(name, [{}])[0],
                lines=lines.get(name, []),
                payments=payments.get(name, []),
                taxes=taxes.get(name, []),
            )
            yield Dated(Position(moment, name), self._moments.read(moment), receipt)

    def _refuse_missing_file(self) -> None:
        is_file = self._settings.server is Server.SQLITE
        if is_file and not self._settings.file.is_file():
            raise TillDatabaseUnreachable(
                f"database {self._settings.name}: there is no file {self._settings.file}, or this "
                "user may not see it"
            )

    def _told(self, error: SQLAlchemyError) -> Exception:
        name, number = self._settings.name, _number_of(error)
        kind = type(error).__name__
        if number in _REFUSED or _is_refusal(error):
            return BadConfiguration(
                f"database {name}: the login is refused, or may not read a table ({number}); "
                "correct the login file, or grant SELECT"
            )
        if number.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return TillDatabaseUnreachable(f"database {name}: the till has locked it ({number})")
        return TillDatabaseUnreachable(f"database {name}: cannot be read now ({kind}, {number})")


def _grouped(
    query: RowsQuery | None, connection: Connection, names: list[Any]
) -> dict[Any, list[Row]]:
    """Rows by the transaction that they belong to."""
    found: dict[Any, list[Row]] = {}
    if query is not None:
        for owner, values in query.run(connection, names):
            found.setdefault(owner, []).append(row_of(values))
    return found


def _moments_of(
    settings: TillDatabaseSettings, profile: DatabaseProfile, zone: tzinfo
) -> TillMoments:
    """SQLite has no type of time: what calls itself one is a text."""
    is_text = settings.server is Server.SQLITE and profile.clocked is Clocked.NATIVE
    return TillMoments(
        clocked=Clocked.TEXT if is_text else profile.clocked,
        zone=zone,
        text_format=profile.text_format,
        keeps_zones=settings.server is Server.POSTGRESQL,
    )


def _number_of(error: SQLAlchemyError) -> str:
    """What the server calls the error: a number, an SQLSTATE or SQLite's name for it."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    for name in ("sqlstate", "sqlite_errorname"):
        if told := getattr(cause, name, None):
            return str(told)
    first = cause.args[0] if cause is not None and cause.args else ""
    return str(first) if isinstance(first, int) else "no number"


def _is_refusal(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and _REFUSAL_OF_POSTGRESQL in str(error.orig)
