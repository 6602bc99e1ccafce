"""What the births of devices show: twins, clones, outboxes that were put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, or_, select

from cloud.devices.enrolment import path_of
from cloud.devices.tables import DEVICE, DEVICE_BIRTH
from cloud.ingest.alarms.deciding import Facts, Place, Sign, Trouble
from cloud.ingest.alarms.rows import AnyRow
from cloud.ingest.alarms.vocabulary import AlarmKind

_SHOWN: Final = 8
"""Digits of an epoch that a person needs to tell two apart."""


def births(connection: Connection, marks: Mapping[AlarmKind, int]) -> list[Sign]:
    """All that the births tell which no alarm has in it yet."""
    kinds = (AlarmKind.TWIN_IDENTITY, AlarmKind.CLONED_DISK, AlarmKind.OUTBOX_RESTORED)
    since = min(marks.get(kind, 0) for kind in kinds)
    odd = or_(DEVICE_BIRTH.c.other != "", DEVICE_BIRTH.c.owner != "", DEVICE_BIRTH.c.behind > 0)
    query = (
        select(DEVICE_BIRTH, DEVICE.c.tenant, DEVICE.c.store)
        .join_from(DEVICE_BIRTH, DEVICE, DEVICE.c.device == DEVICE_BIRTH.c.device)
        .where(DEVICE_BIRTH.c.number > since, odd)
        .order_by(DEVICE_BIRTH.c.number)
    )
    rows = connection.execute(query).all()
    twin, clone, older = (
        [row for row in rows if row.number > marks.get(kind, 0)] for kind in kinds
    )
    return [
        _sign(AlarmKind.TWIN_IDENTITY, (row for row in twin if _is_twin(row)), _of_twin),
        _sign(AlarmKind.CLONED_DISK, (row for row in clone if row.owner), _of_clone),
        _sign(AlarmKind.OUTBOX_RESTORED, (row for row in older if row.behind), _of_older),
    ]


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


def _of_older(row: AnyRow) -> Facts:
    return {"behind": row.behind}
