"""What a profile names, as statements over the tables that are really there.

Reads only: there is no statement here but SELECT. Imports SQLAlchemy, so nothing that a box without
such a till loads may import this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    TableClause,
    and_,
    bindparam,
    column,
    false,
    inspect,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.sql import quoted_name

from agent.capture.pos.database.profile import DatabaseProfile, Rows
from agent.capture.pos.mapping.transcript import Field
from agent.errors import BadConfiguration

_ID: Final = "transaction_of_the_row"


class Names:
    """The names that tables and columns really have, found in whatever case a profile has them."""

    def __init__(self, connection: Connection) -> None:
        """Ask the database once for its tables; for their columns when they are asked for."""
        seen = inspect(connection)
        self._connection = connection
        self._tables = _by_case([*seen.get_table_names(), *seen.get_view_names()])
        self._found: dict[str, TableClause] = {}

    def table(self, name: str) -> TableClause | None:
        """A table with all its columns; None where there is none of that name."""
        actual = _in_any_case(self._tables, name)
        if actual is None:
            return None
        if actual not in self._found:
            bare = table(quoted_name(actual, quote=True))
            empty = self._connection.execute(select(text("*")).select_from(bare).where(false()))
            columns: list[ColumnClause[Any]] = [
                column(quoted_name(each, quote=True))
                for each in empty.keys()  # noqa: SIM118 - a result, no mapping
            ]
            self._found[actual] = table(quoted_name(actual, quote=True), *columns)
        return self._found[actual]


@dataclass(frozen=True, slots=True)
class RowsQuery:
    """The rows of one kind that belong to some transactions."""

    statement: Select[Any]
    fields: tuple[Field, ...]

    def run(self, connection: Connection, ids: list[Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Each row's transaction and its values by field, in the till's order."""
        for owner, *values in connection.execute(self.statement, {"ids": ids}):
            yield owner, dict(zip(self.fields, values, strict=True))


@dataclass(frozen=True, slots=True)
class Plan:
    """Every statement that reading a till's database takes.

    Attributes:
        loosely_typed: whether a column may hold numbers among texts, as only SQLite's can: they
            stand before every text there, and a receipt with such a moment would never be seen.
    """

    id: ColumnElement[Any]
    moment: ColumnElement[Any]
    receipts: RowsQuery
    lines: RowsQuery
    payments: RowsQuery | None
    taxes: RowsQuery | None
    loosely_typed: bool = False

    def keys(self, since: Any, after: tuple[Any, Any] | None, limit: int) -> Select[Any]:
        """Ids and moments of receipts, by both, from a moment on or behind a position."""
        place: ColumnElement[bool] = self.moment >= since
        if self.loosely_typed and not isinstance(since, int):
            place = or_(place, self.moment < "")
        if after is not None:
            moment, name = after
            same = and_(self.moment == moment, self.id > name)
            place = and_(place, or_(self.moment > moment, same))
        keys = select(self.id, self.moment).where(place)
        return keys.order_by(self.moment, self.id).limit(limit)


def plan_of(profile: DatabaseProfile, connection: Connection) -> Plan:
    """The statements for a profile over a database; raises BadConfiguration where they differ."""
    names = Names(connection)
    receipts = _needed(names, profile.receipts.table)
    return Plan(
        id=_column(receipts, profile.receipts.transaction),
        moment=_column(receipts, profile.moment),
        receipts=_query(profile.receipts, names, profile),
        lines=_query(profile.lines, names, profile),
        payments=_query(profile.payments, names, profile) if profile.payments.table else None,
        taxes=_query(profile.taxes, names, profile) if profile.taxes.table else None,
        loosely_typed=connection.dialect.name == "sqlite",
    )


def _query(rows: Rows, names: Names, profile: DatabaseProfile) -> RowsQuery:
    wanted = rows.wanted(names=profile.keep_names)
    own = _needed(names, rows.table)
    tables: dict[str, TableClause] = {rows.table.lower(): own}
    source: FromClause = own
    for join in _joins_for(rows, wanted):
        other = names.table(join.table)
        partner = _found(tables, join.equals, rows.table)
        if other is None or partner is None:
            continue  # only optional fields may stand in it, which is checked below
        source = source.outerjoin(other, _column(other, join.column) == partner)
        tables[join.table.lower()] = other
    columns = {name: _found(tables, at, rows.table) for name, at in wanted.items()}
    for name, each in columns.items():
        if each is None and name not in rows.optional:
            raise BadConfiguration(_missing(rows.table, wanted[name]))
    present = {name: each for name, each in columns.items() if each is not None}
    owner = _column(own, rows.transaction)
    listed = [each.label(f"field_{at}") for at, each in enumerate(present.values())]
    statement = (
        select(owner.label(_ID), *listed)
        .select_from(source)
        .where(owner.in_(bindparam("ids", expanding=True)))
        .order_by(owner, *(_column(own, each) for each in rows.order))
    )
    return RowsQuery(statement, tuple(present))


def _joins_for(rows: Rows, wanted: Mapping[Field, str]) -> list[Any]:
    """The joins that a wanted column needs: a customer who is not kept is not read either."""
    needed = {_table_of(at, rows.table) for at in wanted.values()}
    kept = []
    for join in reversed(rows.joins):
        if join.table.lower() in needed:
            needed.add(_table_of(join.equals, rows.table))
            kept.append(join)
    return kept[::-1]


def _table_of(at: str, own: str) -> str:
    return (at.rpartition(".")[0] or own).lower()


def _found(tables: Mapping[str, TableClause], at: str, own: str) -> ColumnElement[Any] | None:
    """The column at ``column`` or ``table.column``; None where there is none."""
    holder = tables.get(_table_of(at, own))
    return None if holder is None else _column_or_none(holder, at.rpartition(".")[2])


def _column(holder: TableClause, name: str) -> ColumnElement[Any]:
    found = _column_or_none(holder, name)
    if found is None:
        raise BadConfiguration(_missing(holder.name, name))
    return found


def _column_or_none(holder: TableClause, name: str) -> ColumnElement[Any] | None:
    actual = _in_any_case(_by_case([each.name for each in holder.columns]), name)
    return None if actual is None else holder.columns[actual]


def _needed(names: Names, name: str) -> TableClause:
    found = names.table(name)
    if found is None:
        raise BadConfiguration(
            f"the till's database has no table {name!r} that this login may read; correct the "
            "till's profile or the login's rights"
        )
    return found


def _missing(name: str, at: str) -> str:
    return (
        f"the till's database has no {at!r} beside table {name!r}; correct the till's profile, or "
        "name its field in optional if this version of the till has none"
    )


def _by_case(names: list[str]) -> dict[str, str]:
    """Names as they are, and in small letters; of several that differ in case the first."""
    small: dict[str, str] = {}
    for each in names:
        small.setdefault(each.lower(), each)
    return small | {each: each for each in names}


def _in_any_case(names: Mapping[str, str], name: str) -> str | None:
    return names.get(name) or names.get(name.lower())
