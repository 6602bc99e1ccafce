"""The alarms' rows: which are wanted, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, assert_never

import msgspec
from sqlalchemy import Connection, Row, Select, func, select

from cloud.access.audit import Actor
from cloud.ingest.alarms.deciding import Facts, Standing
from cloud.ingest.alarms.tables import ALARM
from cloud.ingest.alarms.vocabulary import AlarmKind, Severity
from cloud.storage.columns import from_ms
from models.wire.ids import DeviceId, StoreId, TenantId

AnyRow = Row[*tuple[Any, ...]]

OPEN: Final = ALARM.c.over_ms.is_(None)
UNSEEN: Final = ALARM.c.acknowledged_ms.is_(None)


class AlarmState(StrEnum):
    """How an alarm stands: nobody has said that they know, somebody has, or it is over."""

    STANDING = "standing"
    ACKNOWLEDGED = "acknowledged"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class CloudAlarm:
    """An alarm. Times are aware UTC.

    Attributes:
        about: what it concerns: a device's or a worker's name, empty for the service as a whole.
        tenant, store, device: where that is; None for what concerns everybody.
        seen: when its cause was last seen, to a minute.
        times: how often it has happened since it was raised.
        facts: what its sentence names; nothing personal.
        acknowledged_by: as the audit names them.
    """

    id: int
    kind: AlarmKind
    severity: Severity
    state: AlarmState
    about: str
    tenant: TenantId | None
    store: StoreId | None
    device: DeviceId | None
    since: datetime
    seen: datetime
    times: int
    facts: Facts
    acknowledged_at: datetime | None
    acknowledged_by: Actor | None
    over_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alarms to list.

    Attributes:
        over: those that are over, too; a ``state`` says so by itself.
        tenant: its own, and those that concern everybody.
        stores: of these only, and nothing that concerns everybody.
        after: behind this id.
        newest_first: the newest of all that are wanted, in place of the oldest.
    """

    state: AlarmState | None = None
    kind: AlarmKind | None = None
    over: bool = False
    tenant: TenantId | None = None
    stores: frozenset[StoreId] | None = None
    device: DeviceId | None = None
    after: int = 0
    newest_first: bool = False
    limit: int = 500


def alarm_of(row: AnyRow, severities: Mapping[AlarmKind, Severity]) -> CloudAlarm:
    """The alarm in a row."""
    kind = AlarmKind(row.kind)
    return CloudAlarm(
        id=row.id,
        kind=kind,
        severity=severities[kind],
        state=state_of(row),
        about=row.about,
        tenant=row.tenant,
        store=row.store,
        device=row.device,
        since=from_ms(row.since_ms),
        seen=from_ms(row.seen_ms),
        times=row.times,
        facts=facts_of(row),
        acknowledged_at=moment(row.acknowledged_ms),
        acknowledged_by=row.acknowledged_by,
        over_at=moment(row.over_ms),
    )


def chosen(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """Selects the rows that are wanted, in the order that is wanted."""
    query = select(ALARM).where(ALARM.c.id > wanted.after)
    match wanted.state:
        case AlarmState.STANDING:
            query = query.where(OPEN, UNSEEN)
        case AlarmState.ACKNOWLEDGED:
            query = query.where(OPEN, ALARM.c.acknowledged_ms.is_not(None))
        case AlarmState.OVER:
            query = query.where(ALARM.c.over_ms.is_not(None))
        case None:
            query = query if wanted.over else query.where(OPEN)
        case _:
            assert_never(wanted.state)
    if wanted.kind is not None:
        query = query.where(ALARM.c.kind == wanted.kind.value)
    if wanted.tenant is not None:
        query = query.where(ALARM.c.tenant.is_(None) | (ALARM.c.tenant == wanted.tenant))
    if wanted.stores is not None:
        query = query.where(ALARM.c.store.in_(sorted(wanted.stores)))
    if wanted.device is not None:
        query = query.where(ALARM.c.device == wanted.device)
    first = ALARM.c.id.desc() if wanted.newest_first else ALARM.c.id
    return query.order_by(first).limit(wanted.limit)


def standing(connection: Connection) -> list[Standing]:
    """All that is not over."""
    return [
        Standing(
            id=row.id,
            kind=AlarmKind(row.kind),
            about=row.about,
            times=row.times,
            seen_ms=row.seen_ms,
            facts=facts_of(row),
        )
        for row in connection.execute(select(ALARM).where(OPEN))
        if is_known(row)
    ]


def marks(connection: Connection) -> dict[AlarmKind, int]:
    """Per kind, the newest evidence that any alarm has in it."""
    newest = select(ALARM.c.kind, func.max(ALARM.c.mark).label("mark")).group_by(ALARM.c.kind)
    return {AlarmKind(row.kind): row.mark for row in connection.execute(newest) if is_known(row)}


def is_known(row: AnyRow) -> bool:
    """A newer version of the program may have raised what this one has no words for."""
    return row.kind in list(AlarmKind)


def state_of(row: AnyRow) -> AlarmState:
    """How the alarm in a row stands."""
    if row.over_ms is not None:
        return AlarmState.OVER
    return AlarmState.STANDING if row.acknowledged_ms is None else AlarmState.ACKNOWLEDGED


def facts_of(row: AnyRow) -> Facts:
    """The facts in a row."""
    return msgspec.json.decode(row.facts, type=dict[str, str | int])


def written(facts: Facts) -> str:
    """Facts as a row keeps them."""
    return msgspec.json.encode(dict(facts), order="sorted").decode()


def moment(ms: int | None) -> datetime | None:
    """An aware UTC moment, None for none."""
    return None if ms is None else from_ms(ms)
