"""Keeps the sale table in step with the ledger.

The result does not depend on the order in which revisions, sales, post-voids and captures of one
transaction by several sources arrive, nor on how they are cut into batches, and folding the same
entries again changes nothing.

It is told in two steps: who is an echo, which only asks what captures are like; then who is taken
back, which asks only those that stand. So an echo has no say in any figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update

from cloud.ledger.entry import LedgerEntry
from cloud.sales.echoes import Echoes, Rows, find_echoes
from cloud.sales.row import Row, recency, reverses, row_of
from cloud.sales.standing import Standing, own_standing
from cloud.sales.tables import SALE, SALE_SOURCE
from models.wire.events.sale import Kind, LinkReason, SaleRecorded, Status

_REVERSIBLE: Final = frozenset({Standing.SALE, Standing.RETURN, Standing.REVERSED})
_FIXED: Final = frozenset({"sale_id", "one_id"})
"""Columns that a new revision leaves alone: the member is the member fold's business."""

_VALUES: Final[BindParameter[Any]] = bindparam("values", expanding=True)
_KNOWN: Final = select(
    *(SALE.c.sale_id, SALE.c.source_rank, SALE.c.captured_at_ms, SALE.c.position),
    *(SALE.c.tenant, SALE.c.store, SALE.c.currency, SALE.c.total_minor, SALE.c.end_at_ms),
    *(SALE.c.likeness, SALE.c.echo_of, SALE.c.link_ref, SALE.c.standing),
).where(SALE.c.sale_id.in_(_VALUES))
_POST_VOIDS: Final = select(SALE.c.sale_id, SALE.c.link_ref).where(
    SALE.c.link_ref.in_(_VALUES), SALE.c.standing == Standing.REVERSAL.value
)
_NAMED: Final = select(
    SALE.c.sale_id, SALE.c.receipt_ref, SALE.c.standing, SALE.c.goods_back
).where(SALE.c.receipt_ref.in_(_VALUES))
_INSERT: Final = insert(SALE)
_REPLACE: Final = (
    update(SALE)
    .where(SALE.c.sale_id == bindparam("of"))
    .values({name: bindparam(name) for name in SALE.c.keys() if name not in _FIXED})  # noqa: SIM118 - a ColumnCollection iterates over columns
)
_RESTAND: Final = (
    update(SALE)
    .where(SALE.c.sale_id == bindparam("of"))
    .values({name: bindparam(name) for name in ("standing", "echo_of", "changed_position")})
)
_TOUCH: Final = (
    update(SALE)
    .where(SALE.c.sale_id == bindparam("of"), SALE.c.changed_position < bindparam("now"))
    .values(changed_position=bindparam("now"))
)


class SalesFold:
    """The first fold: one row per transaction, its current revision only."""

    name = "sales"

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Fold the entries' transactions, in a handful of statements for all of them."""
        rows = _newest(entries)
        if not rows:
            return
        known = _known(connection, rows)
        rows = {key: row for key, row in rows.items() if _supersedes(row, known.get(key))}
        if not rows:
            return
        echoes = find_echoes(connection, rows, known)
        changed = rows | _concerned(echoes)
        for key, row in changed.items():
            row["echo_of"] = echoes.of[key]
            row["standing"] = Standing.ECHO.value if row["echo_of"] else row["standing"]
        causes = _receipts_concerned(changed, {**known, **echoes.stored})
        reversed_refs = _reversed_refs(connection, causes, changed)
        for row in changed.values():
            row["standing"] = _standing(
                row["standing"], row["receipt_ref"], row["goods_back"], reversed_refs
            )
        _restand_others(connection, causes, changed, reversed_refs)
        _write(connection, rows, known)
        _write_stored(connection, changed, echoes)

    def clear(self, connection: Connection) -> None:
        """Forget every sale, to fold the ledger anew."""
        connection.execute(delete(SALE))
        connection.execute(delete(SALE_SOURCE))


def _newest(entries: Iterable[LedgerEntry]) -> dict[str, Row]:
    """The newest revision of each transaction among the entries, by sale id."""
    rows: dict[str, Row] = {}
    for entry in entries:
        data = entry.data()
        if isinstance(data, SaleRecorded):
            row = row_of(entry, data)
            other = rows.get(row["sale_id"])
            if other is None or recency(row) > recency(other):
                rows[row["sale_id"]] = row
    return rows


def _known(connection: Connection, rows: Rows) -> dict[str, Row]:
    found = connection.execute(_KNOWN, {"values": list(rows)})
    return {row["sale_id"]: dict(row) for row in found.mappings()}


def _supersedes(row: Row, known: Row | None) -> bool:
    return known is None or recency(row) > recency(known)


def _concerned(echoes: Echoes) -> dict[str, Row]:
    """Stored captures as they stand by themselves, changed by what concerns them."""
    return {
        key: {**row, "standing": _by_itself(row).value, "position": echoes.causes[key]}
        for key, row in echoes.stored.items()
    }


def _by_itself(row: Row) -> Standing:
    return own_standing(
        Kind(row["kind"]),
        Status(row["status"]),
        voids=row["link_reason"] == LinkReason.VOID,
        goods_back=row["goods_back"],
    )


def _receipts_concerned(rows: Mapping[str, Row], known: Rows) -> dict[str, int]:
    """Receipts that may stand differently now, with the ledger position of what may change them."""
    causes: dict[str, int] = {}
    for key, row in rows.items():
        refs = {row["receipt_ref"]}
        if reverses(row):
            refs.add(row["link_ref"])
        before = known.get(key)
        if before is not None and reverses(before):
            refs.add(before["link_ref"])
        for ref in refs:
            causes[ref] = max(row["position"], causes.get(ref, 0))
    return causes


def _reversed_refs(
    connection: Connection, causes: Mapping[str, int], rows: Mapping[str, Row]
) -> set[str]:
    """Those of the receipts that some post-void takes back, once the rows are written."""
    stored = connection.execute(_POST_VOIDS, {"values": list(causes)})
    refs = {found.link_ref for found in stored if found.sale_id not in rows}
    return refs | {row["link_ref"] for row in rows.values() if reverses(row)}


def _restand_others(
    connection: Connection,
    causes: Mapping[str, int],
    rows: Mapping[str, Row],
    reversed_refs: set[str],
) -> None:
    """Update stored sales that a post-void among the rows takes back, or no longer takes back."""
    stored = connection.execute(_NAMED, {"values": list(causes)})
    changed = [
        {
            "of": found.sale_id,
            "standing": now,
            "echo_of": None,
            "changed_position": causes[found.receipt_ref],
        }
        for found in stored
        if found.sale_id not in rows
        and (now := _standing(found.standing, found.receipt_ref, found.goods_back, reversed_refs))
        != found.standing
    ]
    if changed:
        connection.execute(_RESTAND, changed)


def _standing(standing: str, ref: str, goods_back: bool, reversed_refs: set[str]) -> str:
    if standing not in _REVERSIBLE:
        return standing
    if ref in reversed_refs:
        return Standing.REVERSED.value
    return Standing.RETURN.value if goods_back else Standing.SALE.value


def _write(connection: Connection, rows: Mapping[str, Row], known: Rows) -> None:
    new = [row for key, row in rows.items() if key not in known]
    again = [_replacement(row) for key, row in rows.items() if key in known]
    if new:
        connection.execute(_INSERT, new)
    if again:
        connection.execute(_REPLACE, again)


def _write_stored(connection: Connection, changed: Mapping[str, Row], echoes: Echoes) -> None:
    """Write what the rows have made of stored captures, and note whose members may be others."""
    restood = [
        {
            "of": key,
            "standing": changed[key]["standing"],
            "echo_of": echoes.of[key],
            "changed_position": cause,
        }
        for key, cause in echoes.causes.items()
        if key in echoes.stored
    ]
    touched = [
        {"of": key, "now": cause} for key, cause in echoes.causes.items() if key not in changed
    ]
    if restood:
        connection.execute(_RESTAND, restood)
    if touched:
        connection.execute(_TOUCH, touched)


def _replacement(row: Row) -> Row:
    values = {name: value for name, value in row.items() if name not in _FIXED}
    return {"of": row["sale_id"], **values}
