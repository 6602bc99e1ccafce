"""Alarms: what somebody should know about, what to do, and saying that one knows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Path, Query
from starlette.responses import RedirectResponse, Response

from cloud.access.audit import Actor
from cloud.console.choice import all_stores, name_of
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import ALARMS, is_ours
from cloud.console.visitor import Inside, Visitor, check_form
from cloud.ingest.alarms import (
    AlarmKind,
    AlarmState,
    CloudAlarm,
    Entry,
    Severity,
    Wanted,
    detail,
    read_vocabulary,
)
from cloud.ingest.alarms.vocabulary import Wording
from cloud.organisation import Store
from models.shown.words import Language
from models.wire.ids import DeviceId

router = APIRouter()
forms = APIRouter(dependencies=[Depends(check_form)])

SHOWN: Final = 200

_OURS: Final = ("stream", "reason", "gave_way", "clock", "source_kind")
"""Where the catalogue has the words of the wire."""

_LARGEST: Final = 2**53
_SEE_OTHER: Final = 303
_CONSOLE: Final = Actor("console")
_GRAVITY: Final = tuple(Severity)
_ORDER: Final = tuple(AlarmState)


class Show(StrEnum):
    """Which alarms are shown."""

    OPEN = "open"
    ALL = "all"


StoreName = Annotated[str, Query(max_length=100)]
DeviceName = Annotated[str, Query(max_length=48)]


@router.get("/alarms")
def alarms(
    parts: Parts,
    visitor: Inside,
    store: StoreName = "",
    device: DeviceName = "",
    show: Show = Show.OPEN,
) -> Response:
    """The whole page."""
    facts = _facts(parts, visitor, store, device, show)
    return parts.painter.paint(visitor, "alarms.html", **facts)


@router.get("/alarms/live")
def alarms_live(
    parts: Parts,
    visitor: Inside,
    store: StoreName = "",
    device: DeviceName = "",
    show: Show = Show.OPEN,
) -> Response:
    """The part that changes."""
    facts = _facts(parts, visitor, store, device, show)
    return parts.painter.paint(visitor, "parts/alarms.html", **facts)


@forms.post("/alarms/{number}/acknowledge")
def acknowledge(
    parts: Parts,
    visitor: Inside,  # noqa: ARG001 - asked for its session
    number: Annotated[int, Path(ge=1, le=_LARGEST)],
    back: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Somebody knows; audited. Leads back to the page."""
    parts.alarms.acknowledge(number, parts.audit, _CONSOLE)
    return RedirectResponse(back if is_ours(back) else ALARMS, _SEE_OTHER)


def _facts(
    parts: ConsoleParts, visitor: Visitor, store_name: str, device: str, show: Show
) -> dict[str, Any]:
    stores = all_stores(parts)
    store = next((each for each in stores if name_of(each) == store_name), None)
    wanted = Wanted(
        over=show is Show.ALL,
        tenant=store.tenant if store else None,
        stores=frozenset({store.store}) if store else None,
        device=DeviceId(device) if device else None,
        newest_first=True,
        limit=SHOWN,
    )
    chosen = {"store": name_of(store) if store else "", "device": device, "show": show.value}
    query = urlencode({name: value for name, value in chosen.items() if value})
    vocabulary = read_vocabulary()

    def words(alarm: CloudAlarm) -> Wording:
        return _words(vocabulary[alarm.kind], visitor.language)

    catalogue = parts.painter.words(visitor.language)

    def say(word: str) -> str:
        keys = (f"{table}.{word}" for table in _OURS)
        return next((catalogue(key) for key in keys if key in catalogue.keys), word)

    return {
        "alarms": sorted(parts.alarms.listed(wanted), key=_place),
        "stores": stores,
        "by_id": {(each.tenant, each.store): each for each in stores},
        "name_of": name_of,
        "chosen": chosen,
        "words": words,
        "detail": lambda alarm: detail(alarm, words(alarm), say),
        "zone_of": lambda alarm: _zone(alarm, stores),
        "page_url": f"{ALARMS}?{query}",
        "live_url": f"{ALARMS}/live?{query}",
        "stream_url": f"{ALARMS}/stream",
    }


def _words(entry: Entry, language: Language) -> Wording:
    return entry.zh if language is Language.ZH else entry.en


def _place(alarm: CloudAlarm) -> tuple[int, int, int, int]:
    """What nobody knows of yet comes first, of that the gravest, of those the newest."""
    return (
        _ORDER.index(alarm.state),
        _GRAVITY.index(alarm.severity),
        -alarm.id,
        list(AlarmKind).index(alarm.kind),
    )


def _zone(alarm: CloudAlarm, stores: Sequence[Store]) -> ZoneInfo:
    """The store's; what concerns everybody is dated as in the first store."""
    mine = (each for each in stores if (each.tenant, each.store) == (alarm.tenant, alarm.store))
    first = next(mine, None) or (stores[0] if stores else None)
    return first.zone if first else ZoneInfo("UTC")
