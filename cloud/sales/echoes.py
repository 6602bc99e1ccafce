"""Finds the echoes: captures of a transaction that a better source has captured, too.

Only shops with several sources are looked at, and of their sales only those that may be alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, insert, select

from cloud.sales.likeness import Crowd, Seen, likenesses_near, seen_of
from cloud.sales.row import Row
from cloud.sales.tables import SALE, SALE_SOURCE
from models.wire.ids import SaleId

Rows = Mapping[str, Mapping[str, Any]]
"""Rows of the sale table, or what is to become some, by sale id."""

_VALUES: Final[BindParameter[Any]] = bindparam("values", expanding=True)
_SOURCES: Final = select(SALE_SOURCE).where(
    SALE_SOURCE.c.tenant.in_(bindparam("tenants", expanding=True)),
    SALE_SOURCE.c.store.in_(bindparam("stores", expanding=True)),
)
_LIKE: Final = select(SALE).where(SALE.c.likeness.in_(_VALUES))


@dataclass(frozen=True, slots=True)
class Echoes:
    """Who is an echo, once the rows are written.

    Attributes:
        of: the capture that stands in its place, or None: for each of the rows, and for each
            stored capture that they concern.
        stored: the latter as they are stored, by sale id.
        causes: the ledger position of what concerns a stored capture, or the one that stood or
            stands in another's place, by sale id.
    """

    of: Mapping[str, SaleId | None]
    stored: Mapping[str, Row] = field(default_factory=dict)
    causes: Mapping[str, int] = field(default_factory=dict)


def find_echoes(connection: Connection, rows: Rows, known: Rows) -> Echoes:
    """The echoes among new rows and among what is alike to them, in three statements at most.

    Args:
        connection: the transaction in which the rows will be written.
        rows: what is to be written.
        known: what they replace.
    """
    shops = _with_several_sources(connection, rows)
    ours = {key: row for key, row in rows.items() if (row["tenant"], row["store"]) in shops}
    if not ours:
        return Echoes(dict.fromkeys(rows))
    before = {key: known[key] for key in ours if key in known}
    stored = _stored_near(connection, [*ours.values(), *before.values()], rows)
    seen = {key: seen_of(row) for key, row in (ours | stored).items() if row["likeness"]}
    crowd = Crowd(seen.values())
    causes = {key: row["position"] for key, row in ours.items()}
    concerned = _concerned(causes, stored, crowd, seen)
    of = {key: crowd.echo_of(seen[key]) for key in [*ours, *concerned] if key in seen}
    return Echoes(
        of=dict.fromkeys(rows) | of,
        stored={key: stored[key] for key in concerned},
        causes=concerned | _winners(before | stored, of, causes | concerned),
    )


def _with_several_sources(connection: Connection, rows: Rows) -> set[tuple[str, str]]:
    """The shops whose transactions are captured by several sources; notes those that are new."""
    seen = {(row["tenant"], row["store"], row["source"]) for row in rows.values()}
    wanted = {
        "tenants": sorted({tenant for tenant, _, _ in seen}),
        "stores": sorted({store for _, store, _ in seen}),
    }
    known = {tuple(found) for found in connection.execute(_SOURCES, wanted)}
    new = [dict(zip(SALE_SOURCE.c.keys(), each, strict=True)) for each in sorted(seen - known)]
    if new:
        connection.execute(insert(SALE_SOURCE), new)
    sources: dict[tuple[str, str], int] = defaultdict(int)
    for tenant, store, _ in seen | known:
        sources[tenant, store] += 1
    return {shop for shop, several in sources.items() if several > 1}


def _stored_near(
    connection: Connection, near: Iterable[Mapping[str, Any]], rows: Rows
) -> dict[str, Row]:
    """Stored captures that may be alike to one of these, or to what is; without the rows."""
    values = {each for row in near if row["likeness"] for each in likenesses_near(row)}
    if not values:
        return {}
    found = connection.execute(_LIKE, {"values": sorted(values)})
    return {row["sale_id"]: dict(row) for row in found.mappings() if row["sale_id"] not in rows}


def _concerned(
    causes: Mapping[str, int], stored: Mapping[str, Row], crowd: Crowd, seen: Mapping[str, Seen]
) -> dict[str, int]:
    """Stored captures that are alike to one of the rows, or were, and which position says so."""
    followers: dict[str, set[str]] = defaultdict(set)
    for key, row in stored.items():
        followers[row["echo_of"]].add(key)
    concerned: dict[str, int] = {}
    for key, position in causes.items():
        alike = {one.sale_id for one in crowd.like(seen[key])} if key in seen else set()
        for each in alike & stored.keys() | followers[key]:
            concerned[each] = max(position, concerned.get(each, 0))
    return concerned


def _winners(
    before: Rows, of: Mapping[str, SaleId | None], causes: Mapping[str, int]
) -> dict[str, int]:
    """Captures that stood or stand in the place of one of these, and which position says so."""
    winners: dict[str, int] = {}
    for key, position in causes.items():
        was = before[key]["echo_of"] if key in before else None
        for each in (was, of.get(key)):
            if each is not None:
                winners[each] = max(position, winners.get(each, 0))
    return winners
