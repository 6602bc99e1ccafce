"""What was refused: dead letters that are new, and devices of which too much is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select

from cloud.devices.enrolment import path_of
from cloud.ingest.alarms.deciding import Place, Sign, Trouble
from cloud.ingest.alarms.rows import AnyRow
from cloud.ingest.alarms.vocabulary import AlarmKind
from cloud.ingest.refusals import RefusalAlarm
from cloud.ingest.withholding import EVERYBODY_FROM
from cloud.ledger.tables import DeadLetterRow, table_of
from models.wire.topics import parse_up

_LETTERS: Final = table_of(DeadLetterRow)
_MOST: Final = 5_000
"""Letters read in one look; the next look reads on."""


def dead_letters(
    connection: Connection, marks: Mapping[AlarmKind, int], standing: frozenset[str]
) -> Sign:
    """New letters by device; those of ``standing`` that have none left were put right."""
    kind = AlarmKind.DEAD_LETTERS
    newer = select(*(column for column in _LETTERS.c if column.name != "body")).where(
        _LETTERS.c.id > marks.get(kind, 0)
    )
    by_device: dict[str, list[AnyRow]] = {}
    for row in connection.execute(newer.order_by(_LETTERS.c.id).limit(_MOST)):
        by_device.setdefault(row.device, []).append(row)
    refused = {device: rows for device, rows in by_device.items() if _still_refused(rows)}
    gone = standing - by_device.keys() - _with_letters(connection, standing)
    return Sign(kind, [_trouble(rows) for rows in refused.values()], gone=gone)


def withheld(alarms: Sequence[RefusalAlarm]) -> list[Sign]:
    """The devices whose refusals are withheld, and whether everybody's are."""
    devices = [
        Trouble(
            about=path.device,
            place=Place.of(path),
            facts={"refused": one.refused, "events": one.events, "version": one.version},
        )
        for one in alarms
        for path in [parse_up(f"{one.device}/up/state").device]
    ]
    most = max(Counter(one.version for one in alarms).values(), default=0)
    everybody = [Trouble(facts={"devices": most})] if most >= EVERYBODY_FROM else []
    return [
        Sign(AlarmKind.REFUSALS_WITHHELD, devices),
        Sign(AlarmKind.REFUSALS_EVERYWHERE, everybody),
    ]


def _still_refused(rows: Sequence[AnyRow]) -> bool:
    return any(row.replayed_ms is None for row in rows)


def _trouble(rows: Sequence[AnyRow]) -> Trouble:
    newest = rows[-1]
    return Trouble(
        about=newest.device,
        place=Place.of(path_of(newest)),
        facts={"letters": len(rows), "reason": newest.reason},
        mark=newest.id,
        times=len(rows),
    )


def _with_letters(connection: Connection, devices: frozenset[str]) -> frozenset[str]:
    if not devices:
        return frozenset()
    left = select(_LETTERS.c.device).where(
        _LETTERS.c.device.in_(sorted(devices)), _LETTERS.c.replayed_ms.is_(None)
    )
    return frozenset(connection.execute(left.distinct()).scalars())
