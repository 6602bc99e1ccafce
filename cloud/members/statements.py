"""One statement for many rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable


def run_many(
    connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Execute for all rows at once, and not at all without rows.

    Given an empty list, SQLAlchemy would execute the statement once, without parameters.
    """
    if rows:
        connection.execute(statement, rows)
