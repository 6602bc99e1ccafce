"""What the ledger's notices show: conflicts, damaged outboxes, events that are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select

from cloud.devices.enrolment import path_of
from cloud.devices.notices import Reason, Told
from cloud.devices.tables import DEVICE_NOTICE
from cloud.ingest.alarms.deciding import Facts, Place, Sign, Trouble
from cloud.ingest.alarms.rows import AnyRow
from cloud.ingest.alarms.vocabulary import AlarmKind
from models.wire.topics import Stream

_MAY_GIVE_WAY: Final = frozenset({Stream.FOOTFALL, Stream.TELEMETRY})
"""Streams that the agent thins and drops by design when its disk is full."""

_MOST: Final = 5_000
"""Notices read in one look; the next look reads on."""


def notices(connection: Connection, marks: Mapping[AlarmKind, int]) -> list[Sign]:
    """All that the notices tell which no alarm has in it yet."""
    kinds = (
        (AlarmKind.CONFLICT, _is_conflict),
        (AlarmKind.OUTBOX_SALVAGED, _is_salvage),
        (AlarmKind.EVENTS_LOST, _is_loss),
        (AlarmKind.EVENTS_FORGOTTEN, _is_forgotten),
        (AlarmKind.EVENTS_THINNED, _is_thinning),
    )
    return [_sign(connection, kind, is_one, marks.get(kind, 0)) for kind, is_one in kinds]


def _sign(
    connection: Connection, kind: AlarmKind, is_one: Callable[[AnyRow], bool], since: int
) -> Sign:
    newer = select(DEVICE_NOTICE).where(DEVICE_NOTICE.c.position > since)
    rows = connection.execute(newer.order_by(DEVICE_NOTICE.c.position).limit(_MOST))
    by_device: dict[str, list[AnyRow]] = {}
    for row in rows:
        if is_one(row):
            by_device.setdefault(row.device, []).append(row)
    return Sign(kind, [_trouble(kind, found) for found in by_device.values()])


def _trouble(kind: AlarmKind, rows: Sequence[AnyRow]) -> Trouble:
    newest = rows[-1]
    return Trouble(
        about=newest.device,
        place=Place.of(path_of(newest)),
        facts=_facts(kind, rows),
        mark=newest.position,
        times=len(rows),
    )


def _facts(kind: AlarmKind, rows: Sequence[AnyRow]) -> Facts:
    if kind is AlarmKind.OUTBOX_SALVAGED:
        return {}
    facts: dict[str, str | int] = {"events": sum(row.events for row in rows)}
    if kind is not AlarmKind.CONFLICT:
        facts["streams"] = ", ".join(sorted({row.stream for row in rows}))
        facts["reasons"] = ", ".join(sorted({row.reason for row in rows}))
    return facts


def _is_conflict(row: AnyRow) -> bool:
    return bool(row.told == Told.CONFLICT)


def _is_salvage(row: AnyRow) -> bool:
    return bool(row.told == Told.CLOSED and row.reason == Reason.DAMAGED)


def _is_thinning(row: AnyRow) -> bool:
    gives_way = row.stream in _MAY_GIVE_WAY and row.reason in (Reason.THINNED, Reason.DROPPED)
    return bool(row.told == Told.VOID and gives_way)


def _is_forgotten(row: AnyRow) -> bool:
    return bool(row.told == Told.VOID and row.reason == Reason.FORGOTTEN)


def _is_loss(row: AnyRow) -> bool:
    told = _is_thinning(row) or _is_forgotten(row)
    return bool(row.told == Told.VOID and not told)
