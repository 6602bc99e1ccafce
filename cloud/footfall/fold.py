"""Keeps the footfall tables in step with the ledger.

One part per event: the result depends neither on the order in which parts arrive nor on how they
are cut into batches, and folding them again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert

from cloud.footfall.audits import audit_row, keep
from cloud.footfall.detail import Row
from cloud.footfall.merged import supersede
from cloud.footfall.row import Rows, rows_of
from cloud.footfall.tables import AUDIT, HEAT, LINE, PART, REPLACED, ZONE
from cloud.ledger.entry import LedgerEntry
from models.wire.events.footfall import FootfallCounted
from models.wire.events.footfall_audit import FootfallAudited
from models.wire.registry import FOOTFALL_AUDITED, FOOTFALL_COUNTED

_POSITIONS: Final[BindParameter[Any]] = bindparam("positions", expanding=True)
_FORGET: Final = tuple(
    delete(table).where(table.c.position.in_(_POSITIONS))
    for table in (LINE, ZONE, HEAT, REPLACED, PART)
)


class FootfallFold:
    """A row per report of a camera and per line, zone and heat in it, and one per audit."""

    name = "footfall"

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Fold the entries' reports and audits, in a handful of statements for all of them."""
        found: list[Rows] = []
        audits: list[Row] = []
        for entry in entries:
            if entry.kind.name == FOOTFALL_COUNTED.name:
                data = entry.data()
                assert isinstance(data, FootfallCounted), "the registry says so"
                found.append(rows_of(entry, data))
            elif entry.kind.name == FOOTFALL_AUDITED.name:
                audited = entry.data()
                assert isinstance(audited, FootfallAudited), "the registry says so"
                if row := audit_row(entry, audited):
                    audits.append(row)
        if found:
            _write(connection, found)
        if audits:
            keep(connection, audits)

    def clear(self, connection: Connection) -> None:
        """Forget every report and audit, to fold the ledger anew."""
        for table in (LINE, ZONE, HEAT, PART, REPLACED, AUDIT):
            connection.execute(delete(table))


def _write(connection: Connection, found: Sequence[Rows]) -> None:
    positions = [rows.part["position"] for rows in found]
    for forget in _FORGET:
        connection.execute(forget, {"positions": positions})
    connection.execute(insert(PART), [rows.part for rows in found])
    for table, beside in (
        (LINE, [row for rows in found for row in rows.lines]),
        (ZONE, [row for rows in found for row in rows.zones]),
        (HEAT, [row for rows in found for row in rows.heat]),
        (REPLACED, [row for rows in found for row in rows.replaced]),
    ):
        if beside:
            connection.execute(insert(table), beside)
    supersede(connection, positions)
