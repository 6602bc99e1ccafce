"""What the births of devices show: twins, clones, outboxes and ledgers that were put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, func, or_, select

from cloud.devices.enrolment import path_of
from cloud.devices.tables import DEVICE, DEVICE_BIRTH
from cloud.ingest.alarms.deciding import Facts, Place, Sign, Trouble
from cloud.ingest.alarms.rows import AnyRow
from cloud.ingest.alarms.vocabulary import AlarmKind

_SHOWN: Final = 8
"""Digits of an epoch that a person needs to tell two apart."""

_TOGETHER_MS: Final = 86_400_000
"""What devices say of the ledger within a day they say of the same ledger."""

_AGREE: Final = 2
"""Shops whose devices must say so before it is the ledger's doing and not theirs."""


def births(connection: Connection, marks: Mapping[AlarmKind, int]) -> list[Sign]:
    """All that the births tell which no alarm has in it yet."""
    kinds = (
        AlarmKind.TWIN_IDENTITY,
        AlarmKind.CLONED_DISK,
        AlarmKind.OUTBOX_RESTORED,
        AlarmKind.LEDGER_LACKS,
    )
    since = min(marks.get(kind, 0) for kind in kinds)
    odd = or_(
        DEVICE_BIRTH.c.other != "",
        DEVICE_BIRTH.c.owner != "",
        DEVICE_BIRTH.c.behind > 0,
        DEVICE_BIRTH.c.forgotten > 0,
    )
    query = (
        select(DEVICE_BIRTH, DEVICE.c.tenant, DEVICE.c.store)
        .join_from(DEVICE_BIRTH, DEVICE, DEVICE.c.device == DEVICE_BIRTH.c.device)
        .where(DEVICE_BIRTH.c.number > since, odd)
        .order_by(DEVICE_BIRTH.c.number)
    )
    rows = connection.execute(query).all()
    twin, clone, older, short = (
        [row for row in rows if row.number > marks.get(kind, 0)] for kind in kinds
    )
    return [
        _sign(AlarmKind.TWIN_IDENTITY, (row for row in twin if _is_twin(row)), _of_twin),
        _sign(AlarmKind.CLONED_DISK, (row for row in clone if row.owner), _of_clone),
        _sign(AlarmKind.OUTBOX_RESTORED, (row for row in older if row.behind), _of_older),
        _sign(AlarmKind.LEDGER_LACKS, (row for row in short if row.forgotten), _of_short),
        _went_back(connection),
    ]


def _went_back(connection: Connection) -> Sign:
    """Whether devices of several shops say that the ledger lacks something.

    One box may be wrong, or lie; that boxes of two shops agree on it is the ledger's doing.
    """
    kind = AlarmKind.LEDGER_WENT_BACK
    lacks = DEVICE_BIRTH.c.forgotten > 0
    newest = select(func.max(DEVICE_BIRTH.c.at_ms)).where(lacks).scalar_subquery()
    query = (
        select(DEVICE_BIRTH.c.number, DEVICE.c.device, DEVICE.c.tenant, DEVICE.c.store)
        .join_from(DEVICE_BIRTH, DEVICE, DEVICE.c.device == DEVICE_BIRTH.c.device)
        .where(lacks, DEVICE_BIRTH.c.at_ms > newest - _TOGETHER_MS)
    )
    rows = connection.execute(query).all()
    shops = {(row.tenant, row.store) for row in rows}
    if len(shops) < _AGREE:
        return Sign(kind)
    devices = {row.device for row in rows}
    facts: Facts = {"devices": len(devices), "shops": len(shops)}
    return Sign(kind, [Trouble(facts=facts, mark=max(row.number for row in rows))])


def _sign(kind: AlarmKind, rows: Iterable[AnyRow], facts: Callable[[AnyRow], Facts]) -> Sign:
    """One trouble per device: the newest birth speaks for those before it."""
    troubles: dict[str, Trouble] = {}
    for row in rows:
        before = troubles.get(row.device)
        troubles[row.device] = Trouble(
            about=row.device,
            place=Place.of(path_of(row)),
            facts=facts(row),
            mark=row.number,
            times=before.times + 1 if before else 1,
        )
    return Sign(kind, list(troubles.values()))


def _is_twin(row: AnyRow) -> bool:
    """Two that share an outbox are a clone, and that says more."""
    return bool(row.other) and not row.owner


def _of_twin(row: AnyRow) -> Facts:
    return {"started": row.other.rpartition("/")[2]}


def _of_clone(row: AnyRow) -> Facts:
    return {"epoch": row.shared[:_SHOWN], "owner": row.owner}


def _of_short(row: AnyRow) -> Facts:
    return {"events": row.forgotten, "streams": row.forgotten_of}


def _of_older(row: AnyRow) -> Facts:
    return {"behind": row.behind}
