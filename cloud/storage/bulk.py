"""Many rows into one table, past SQLAlchemy's work per row.

Core converts every value of every row by its column's type, which for the ledger's rows costs as
much as SQLite's own insert (measured: 20 against 11 ms per 1,000). Here the statement is compiled
once and the rows go to the driver as they are, so they must hold what drivers take: integers,
strings, bytes, booleans and None.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, insert
from sqlalchemy.sql.compiler import SQLCompiler


class BulkInsert:
    """Inserts rows given as tuples; columns that are not named stay NULL.

    ``columns`` must follow the table's own order, which is the order of the compiled statement.
    """

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._statement = insert(table)
        self._columns = list(columns)
        self._compiled: dict[str, SQLCompiler] = {}

    def __call__(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert the rows in one round; raises as any statement of this connection."""
        if not rows:
            return
        compiled = self._compile(connection)
        if compiled.positional:
            connection.exec_driver_sql(str(compiled), list(rows))
        else:
            named = [dict(zip(self._columns, row, strict=True)) for row in rows]
            connection.exec_driver_sql(str(compiled), named)

    def _compile(self, connection: Connection) -> SQLCompiler:
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            assert isinstance(compiled, SQLCompiler), "an INSERT compiles to SQL"
            assert compiled.positiontup in (None, self._columns), "columns in the table's order"
            self._compiled[dialect.name] = compiled
        return self._compiled[dialect.name]
