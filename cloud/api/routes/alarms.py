"""Alarms: what somebody should know about, and saying that one does."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from cloud.access import Caller
from cloud.api.callers import StoreKeeper, StoreReader
from cloud.api.paging import After, Cursor, Limit, read_cursor, write_cursor
from cloud.api.parts import Parts
from cloud.errors import Forbidden, NotFound
from cloud.ingest.alarms import (
    AlarmKind,
    AlarmState,
    CloudAlarm,
    Severity,
    Wanted,
    detail,
    read_vocabulary,
)
from models.wire.ids import DeviceId, StoreId

router = APIRouter(tags=["alarms"])


class Alarm(BaseModel):
    """Something that somebody should know about."""

    id: int
    kind: AlarmKind
    severity: Severity
    state: AlarmState
    about: str = Field(description="a device's or a worker's name; empty for the whole service")
    store: str | None = Field(description="null for what concerns everybody")
    device: str | None
    since: datetime
    last_seen: datetime = Field(description="when its cause was last seen, to a minute")
    count: int = Field(description="how often it has happened since")
    facts: dict[str, str | int] = Field(description="what the sentences name; nothing personal")
    what: str = Field(description="what is wrong, in English")
    detail: str = Field(description="the facts in a sentence, in English")
    next: str = Field(description="what to do, in English")
    acknowledged_at: datetime | None
    acknowledged_by: str | None = Field(description="as the audit names them")
    over_at: datetime | None


class AlarmPage(BaseModel):
    """Alarms, the oldest first."""

    items: list[Alarm]
    next: str | None = Field(description="send it as `after` for what comes behind these")
    more: bool = Field(description="whether there is more right now")


@router.get("/alarms", summary="What somebody should know about, the oldest first")
def list_alarms(
    parts: Parts,
    caller: StoreReader,
    *,
    state: Annotated[
        AlarmState | None, Query(description="without it, all that are not over")
    ] = None,
    kind: AlarmKind | None = None,
    store: str | None = None,
    device: str | None = None,
    after: After = None,
    limit: Limit = 100,
) -> AlarmPage:
    """The tenant's, and those that concern everybody. With `store`, that store's alone.

    A token that is bound to stores sees theirs, and nothing that concerns everybody.
    """
    since = read_cursor(after)
    found = parts.alarms.listed(
        Wanted(
            state=state,
            kind=kind,
            tenant=caller.tenant,
            stores=_stores(caller, store),
            device=None if device is None else DeviceId(device),
            after=since.number,
            limit=limit + 1,
        )
    )
    page = found[:limit]
    last = Cursor(page[-1].id, "") if page else since
    return AlarmPage(
        items=[_shown(alarm) for alarm in page],
        next=write_cursor(last) if last.number else None,
        more=len(found) > limit,
    )


@router.post("/alarms/{alarm}/acknowledge", summary="Say that somebody knows; idempotent")
def acknowledge(alarm: int, parts: Parts, caller: StoreKeeper) -> Alarm:
    """The first one counts. It ends what has happened; what still lasts ends with its cause."""
    found = parts.alarms.find(alarm)
    if found.tenant is None and caller.stores is None:
        raise Forbidden("this alarm concerns everybody; acknowledge it at the console")
    if not caller.may_see(found.tenant, found.store):
        raise NotFound(f"there is no alarm {alarm}; list the alarms first")
    return _shown(parts.alarms.acknowledge(alarm, parts.audit, caller.actor))


def _stores(caller: Caller, wanted: str | None) -> frozenset[StoreId] | None:
    if wanted is None:
        return caller.stores
    one = frozenset({StoreId(wanted)})
    return one if caller.stores is None else one & caller.stores


def _shown(alarm: CloudAlarm) -> Alarm:
    words = read_vocabulary()[alarm.kind].en
    return Alarm(
        id=alarm.id,
        kind=alarm.kind,
        severity=alarm.severity,
        state=alarm.state,
        about=alarm.about,
        store=alarm.store,
        device=alarm.device,
        since=alarm.since,
        last_seen=alarm.seen,
        count=alarm.times,
        facts=dict(alarm.facts),
        what=words.what,
        detail=detail(alarm, words),
        next=words.next,
        acknowledged_at=alarm.acknowledged_at,
        acknowledged_by=alarm.acknowledged_by,
        over_at=alarm.over_at,
    )
