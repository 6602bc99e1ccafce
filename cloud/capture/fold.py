"""Keeps the quarantine's tables in step with the ledger.

The result depends neither on the order in which a stay's beginning and its end arrive nor on how
entries are grouped, and folding them again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, and_, bindparam, delete, func, insert, select

from cloud.capture.tables import QUARANTINED, RELEASED
from cloud.ledger.entry import LedgerEntry
from cloud.storage.columns import to_ms
from models.wire.events.capture import RecordQuarantined, RecordReleased
from models.wire.registry import RECORD_QUARANTINED, RECORD_RELEASED

KEPT: Final = timedelta(days=90)
"""As long as a shop keeps a record in quarantine itself; then nobody could read it again."""

_KINDS: Final = frozenset({RECORD_QUARANTINED.name, RECORD_RELEASED.name})
_KEY: Final = ("device", "name", "quarantined_ms")
_LONGEST: Final = {"name": 200, "file": 200, "key": 200, "reason": 1000}
"""Characters; an agent of ours writes fewer."""

_LARGEST: Final = 2**31 - 1

Row = dict[str, Any]


class CaptureFold:
    """One row per stay in a shop's quarantine, and one per end of a stay."""

    name = "capture"

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Fold the entries' stays, in a handful of statements for all of them."""
        begun: list[Row] = []
        ended: list[Row] = []
        for entry in entries:
            if entry.kind.name not in _KINDS:
                continue
            data = entry.data()
            if isinstance(data, RecordQuarantined):
                begun.append(_begun(entry, data))
            elif isinstance(data, RecordReleased):
                ended.append(_ended(entry, data))
        for table, rows in ((QUARANTINED, begun), (RELEASED, ended)):
            if rows:
                _keep_newest(connection, table, rows)
        if begun or ended:
            _forget_old(connection)

    def clear(self, connection: Connection) -> None:
        """Forget every record, to fold the ledger anew."""
        for table in (QUARANTINED, RELEASED):
            connection.execute(delete(table))


def _begun(entry: LedgerEntry, told: RecordQuarantined) -> Row:
    return {
        **_stay(entry, told),
        "tenant": entry.tenant,
        "store": entry.store,
        "source": _text(told.source),
        "adapter": _text(told.adapter),
        "profile": _text(told.profile),
        "profile_version": _count(told.profile_version),
        "file": _text(told.file)[: _LONGEST["file"]],
        "record": _count(told.record),
        "key": _text(told.key)[: _LONGEST["key"]],
        "reason": _text(told.reason)[: _LONGEST["reason"]],
        "size_bytes": _count(told.size_bytes),
        "pieces": _text(msgspec.json.encode(told.pieces).decode()),
        "pieces_left_out": _count(told.pieces_left_out),
    }


def _ended(entry: LedgerEntry, told: RecordReleased) -> Row:
    return {
        **_stay(entry, told),
        "released_ms": to_ms(told.released_at),
        "how": told.how.value,
    }


def _stay(entry: LedgerEntry, told: RecordQuarantined | RecordReleased) -> Row:
    return {
        "device": entry.device,
        "name": _text(told.name)[: _LONGEST["name"]],
        "quarantined_ms": to_ms(told.quarantined_at),
        "position": entry.position,
        "captured_ms": to_ms(entry.captured_at),
        "received_ms": to_ms(entry.received_at),
    }


def _keep_newest(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Put rows in the place of older ones of the same stay; what is known better stays."""
    wanted: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in _KEY)
        known = wanted.get(key) or _known(connection, table, row)
        if known is None or _age(row) >= _age(known):
            wanted[key] = row
    if not wanted:
        return
    mine = and_(*(table.c[name] == bindparam(f"of_{name}") for name in _KEY))
    keys = [{f"of_{name}": row[name] for name in _KEY} for row in wanted.values()]
    connection.execute(delete(table).where(mine), keys)
    connection.execute(insert(table), list(wanted.values()))


def _known(connection: Connection, table: Table, row: Row) -> Row | None:
    mine = and_(*(table.c[name] == row[name] for name in _KEY))
    query = select(table.c.captured_ms, table.c.position).where(mine)
    found = connection.execute(query).one_or_none()
    return None if found is None else found._asdict()


def _age(row: Row) -> tuple[int, int]:
    return row["captured_ms"], row["position"]


def _forget_old(connection: Connection) -> None:
    """By the newest arrival, not by the clock: folding anew then ends in the same rows."""
    newest = [
        connection.execute(select(func.max(table.c.received_ms))).scalar_one_or_none() or 0
        for table in (QUARANTINED, RELEASED)
    ]
    oldest = max(newest) - round(KEPT.total_seconds() * 1000)
    for table in (QUARANTINED, RELEASED):
        connection.execute(delete(table).where(table.c.received_ms < oldest))


def _count(value: int) -> int:
    """A count that every database takes, whatever a device says."""
    return max(0, min(value, _LARGEST))


def _text(value: str) -> str:
    """Text that every database takes: PostgreSQL refuses NUL."""
    return value.replace("\x00", "")
