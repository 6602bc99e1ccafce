"""Keeps the footfall tables in step with the ledger.

One part per event and nothing derived from other parts: the result depends neither on the order in
which parts arrive nor on how they are cut into batches, and folding them again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert

from cloud.footfall.row import Row, rows_of
from cloud.footfall.tables import LINE, PART
from cloud.ledger.entry import LedgerEntry
from models.wire.events.footfall import FootfallCounted
from models.wire.registry import FOOTFALL_COUNTED

_POSITIONS: Final[BindParameter[Any]] = bindparam("positions", expanding=True)
_FORGET: Final = tuple(
    delete(table).where(table.c.position.in_(_POSITIONS)) for table in (LINE, PART)
)


class FootfallFold:
    """One row per report of a camera, and one per line in it."""

    name = "footfall"

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Fold the entries' reports, in a handful of statements for all of them."""
        parts: list[Row] = []
        lines: list[Row] = []
        for entry in entries:
            if entry.kind.name == FOOTFALL_COUNTED.name:
                data = entry.data()
                assert isinstance(data, FootfallCounted), "the registry says so"
                part, its_lines = rows_of(entry, data)
                parts.append(part)
                lines += its_lines
        if parts:
            _write(connection, parts, lines)

    def clear(self, connection: Connection) -> None:
        """Forget every report, to fold the ledger anew."""
        for table in (LINE, PART):
            connection.execute(delete(table))


def _write(connection: Connection, parts: Sequence[Row], lines: Sequence[Row]) -> None:
    positions = [part["position"] for part in parts]
    for forget in _FORGET:
        connection.execute(forget, {"positions": positions})
    connection.execute(insert(PART), parts)
    if lines:
        connection.execute(insert(LINE), lines)
