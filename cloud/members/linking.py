"""Gives each sale the member of its current revision; a sale captured several times has one.

A sale that several sources have captured is one sale of one member. What names them is asked in
order: the capture that stands, then its echoes, the best source first. All of them get that member,
so that a card says of each id that it is included; only the one that stands is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, or_, select, update

from cloud.ledger.entry import LedgerEntry
from cloud.members.roll import Roll
from cloud.members.statements import run_many
from cloud.members.tables import SOURCE_RECORD
from cloud.sales.standing import Standing
from cloud.sales.tables import SALE, AnyRow
from models.wire.ids import OneId
from models.wire.registry import SALE_RECORDED

_VALUES: Final[BindParameter[Any]] = bindparam("values", expanding=True)
_COLUMNS: Final = (
    *(SALE.c.sale_id, SALE.c.position, SALE.c.changed_position, SALE.c.one_id),
    *(SALE.c.echo_of, SALE.c.standing, SALE.c.source_rank),
)
_CHANGED: Final = select(*_COLUMNS).where(SALE.c.changed_position >= bindparam("since"))
_FAMILIES: Final = select(*_COLUMNS).where(
    or_(SALE.c.sale_id.in_(_VALUES), SALE.c.echo_of.in_(_VALUES))
)
_ATTRIBUTED: Final = select(SOURCE_RECORD.c.position, SOURCE_RECORD.c.one_id).where(
    SOURCE_RECORD.c.position.in_(_VALUES)
)
_LINK: Final = (
    update(SALE)
    .where(SALE.c.sale_id == bindparam("of"))
    .values(one_id=bindparam("one_id"), changed_position=bindparam("changed_position"))
)


def link_sales(connection: Connection, roll: Roll, entries: Sequence[LedgerEntry]) -> None:
    """Link the sales that these entries have changed; a move touches both members."""
    here = {entry.position for entry in entries if entry.kind.name == SALE_RECORDED.name}
    if not here:
        return
    found = connection.execute(_CHANGED, {"since": min(here)})
    changed = [row for row in found if row.position in here or row.changed_position in here]
    families = _families(connection, changed, here)
    moves = _Moves(roll)
    attributed = _attributed(connection, roll, families)
    for family in families:
        family.give(moves, attributed)
    shared = {row.sale_id for family in families for row in family.rows}
    for row in changed:
        if row.sale_id not in shared:  # as nearly all: captured once, by this very batch
            moves.give(row, roll.attributed.get(row.position), row.position)
    run_many(connection, _LINK, moves.rows)


class _Moves:
    """Sales whose member is another than the table says."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll
        self.rows: list[dict[str, Any]] = []

    def give(self, row: AnyRow, one_id: OneId | None, position: int) -> None:
        """Link a sale, because of what stands at a position of the ledger."""
        if one_id == row.one_id:
            return
        self.rows.append({"of": row.sale_id, "one_id": one_id, "changed_position": position})
        for member in (one_id, row.one_id):
            if member is not None:
                self._roll.touch(member, position)


@dataclass(frozen=True, slots=True)
class _Family:
    """A capture that stands, and its echoes, the best source first."""

    rows: Sequence[AnyRow]

    def give(self, moves: _Moves, attributed: Mapping[int, OneId | None]) -> None:
        """Link all of them to one member."""
        named = (attributed.get(row.position) for row in self.rows)
        one_id = next((each for each in named if each is not None), None)
        if self.rows[0].standing == Standing.TRAINING:
            one_id = None  # a receipt need not say that it was only training
        position = max(row.changed_position for row in self.rows)
        for row in self.rows:
            moves.give(row, one_id, position)


def _families(
    connection: Connection, changed: Iterable[AnyRow], here: Collection[int]
) -> list[_Family]:
    """The families of sales that have echoes or had some.

    Those are named by an echo, or were touched by another entry than their own.
    """
    heads = {
        row.echo_of or row.sale_id for row in changed if row.echo_of or row.position not in here
    }
    if not heads:
        return []
    members: dict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(_FAMILIES, {"values": sorted(heads)}):
        members[row.echo_of or row.sale_id].append(row)
    for of_one in members.values():
        of_one.sort(key=lambda row: (row.echo_of is not None, -row.source_rank, row.sale_id))
    return [_Family(members[head]) for head in sorted(heads & members.keys())]


def _attributed(
    connection: Connection, roll: Roll, families: Iterable[_Family]
) -> Mapping[int, OneId | None]:
    """To whom the captures were attributed, each by itself; by ledger position."""
    positions = {row.position for family in families for row in family.rows}
    wanted = sorted(positions - roll.attributed.keys())
    stored = connection.execute(_ATTRIBUTED, {"values": wanted}) if wanted else ()
    return {**roll.attributed, **{row.position: row.one_id for row in stored}}
