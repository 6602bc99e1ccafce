"""What the shops say of their tills: numbers that are missing, sums that do not come out.

The shop's own books are looked at, not the ledger's sales: they know what is still under way, and a
look at every device costs what it costs anyway. The ledger's day, told apart from them, is on the
console's page of capture quality.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, and_, func, select

from cloud.capture.tables import QUARANTINED, RELEASED
from cloud.devices import DeviceState, DeviceView
from cloud.devices.enrolment import path_of
from cloud.ingest.alarms.deciding import Place, Sign, Trouble
from cloud.ingest.alarms.vocabulary import AlarmKind
from models.wire.events.device import SourceState

BEGINS_ABOVE: Final = 0.05
ENDS_BELOW: Final = 0.03
"""Shares of receipts that do not add up. Apart, so that a share at the limit does not flicker."""

_LEAST_JUDGED: Final = 20


def numbers_missing(views: Sequence[DeviceView]) -> Sign:
    """Devices whose books miss numbers, or have some twice; unclear while one is not heard of."""
    troubles = [
        Trouble(about=view.device.path.device, place=Place.of(view.device.path), facts=facts)
        for view in views
        if view.state is DeviceState.ONLINE and (facts := _numbers(view))
    ]
    return Sign(AlarmKind.NUMBERS_MISSING, troubles, _unheard(views))


def sums_disagree(views: Sequence[DeviceView], standing: frozenset[str]) -> Sign:
    """Sources of which too many receipts do not add up; ``standing``: those told of already."""
    troubles = [
        Trouble(
            about=about,
            place=Place.of(view.device.path),
            facts={
                "unbalanced": source.unbalanced,
                "judged": source.judged,
                "source": source.name or source.kind,
            },
        )
        for view in views
        if view.state is DeviceState.ONLINE
        for source in (view.heartbeat.sources if view.heartbeat else ())
        if _disagrees(source, stands=(about := _about(view, source)) in standing)
    ]
    return Sign(AlarmKind.SUMS_DISAGREE, troubles, standing - _judged(views))


def records_unread(connection: Connection) -> Sign:
    """Devices that have records in quarantine."""
    same_stay = and_(
        *(QUARANTINED.c[name] == RELEASED.c[name] for name in ("device", "name", "quarantined_ms"))
    )
    of = (QUARANTINED.c.tenant, QUARANTINED.c.store, QUARANTINED.c.device)
    query = (
        select(*of, func.count().label("records"))
        .select_from(QUARANTINED.outerjoin(RELEASED, same_stay))
        .where(RELEASED.c.how.is_(None))
        .group_by(*of)
    )
    troubles = [
        Trouble(about=row.device, place=Place.of(path_of(row)), facts={"records": row.records})
        for row in connection.execute(query)
    ]
    return Sign(AlarmKind.RECORDS_UNREAD, troubles)


def _numbers(view: DeviceView) -> dict[str, str | int]:
    odd = [
        each
        for each in (view.heartbeat.workstations if view.heartbeat else ())
        if each.gaps or each.repeats
    ]
    if not odd:
        return {}
    return {
        "missing": sum(each.gaps for each in odd),
        "repeated": sum(each.repeats for each in odd),
        "tills": len(odd),
        "since": min((each.since for each in odd if each.since), default="–"),
    }


def _judged(views: Sequence[DeviceView]) -> frozenset[str]:
    """Sources whose share says something: an agent that has just started has judged nothing."""
    return frozenset(
        _about(view, source)
        for view in views
        if view.state is DeviceState.ONLINE
        for source in (view.heartbeat.sources if view.heartbeat else ())
        if source.judged >= _LEAST_JUDGED
    )


def _disagrees(source: SourceState, *, stands: bool) -> bool:
    if source.judged < _LEAST_JUDGED:
        return False
    return source.unbalanced / source.judged > (ENDS_BELOW if stands else BEGINS_ABOVE)


def _about(view: DeviceView, source: SourceState) -> str:
    return f"{view.device.path.device}/{source.name or source.kind}"


def _unheard(views: Sequence[DeviceView]) -> frozenset[str]:
    return frozenset(
        view.device.path.device for view in views if view.state is not DeviceState.ONLINE
    )
