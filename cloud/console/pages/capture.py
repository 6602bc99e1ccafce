"""Capture quality: are the tills captured wholly and rightly, and what could not be read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from cloud.capture import find_record
from cloud.console.capture import read_page
from cloud.console.choice import Choice, choose, name_of
from cloud.console.pages.today import ChosenBefore, Day, StoreName
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import CAPTURE
from cloud.console.visitor import Inside, remember_store
from cloud.errors import NotFound
from cloud.storage import read
from models.wire.ids import DeviceId

router = APIRouter()

_LONGEST: Final = 200

Named = Annotated[str, Query(max_length=_LONGEST)]


@router.get("/capture")
def capture(
    parts: Parts,
    visitor: Inside,
    store: StoreName = "",
    day: Day = None,
    chosen_before: ChosenBefore = "",
) -> Response:
    """The whole page."""
    choice = choose(parts, store or chosen_before, day)
    if choice is None:
        return parts.painter.paint(visitor, "no_store.html")
    response = parts.painter.paint(visitor, "capture.html", **_facts(parts, choice))
    if store:
        remember_store(response, visitor, name_of(choice.store))
    return response


@router.get("/capture/live")
def capture_live(parts: Parts, visitor: Inside, store: StoreName, day: date) -> Response:
    """The part that changes."""
    choice = choose(parts, store, day)
    if choice is None:
        return parts.painter.paint(visitor, "no_store.html")
    return parts.painter.paint(visitor, "parts/capture.html", **_facts(parts, choice))


@router.get("/capture/record")
def capture_record(
    parts: Parts,
    visitor: Inside,
    *,
    store: StoreName,
    day: date,
    device: Named,
    name: Named,
    since: datetime,
) -> Response:
    """One record that could not be read, beside what was read of it."""
    choice = choose(parts, store, day)
    if choice is None or name_of(choice.store) != store or since.tzinfo is None:
        raise NotFound("there is no such record")
    shop = choice.store
    with read(parts.engine) as connection:
        found = find_record(connection, shop.tenant, DeviceId(device), name, since)
    if found is None or found.store != shop.store:
        raise NotFound("there is no such record")
    return parts.painter.paint(
        visitor, "record.html", record=found, store=shop, back=f"{CAPTURE}?{_wanted(choice)}"
    )


def _facts(parts: ConsoleParts, choice: Choice) -> dict[str, Any]:
    return {
        "choice": choice,
        "name_of": name_of,
        "page": read_page(parts.engine, parts.fleet, choice.store, choice.day),
        "live_url": f"{CAPTURE}/live?{_wanted(choice)}",
        "stream_url": f"{CAPTURE}/stream",
    }


def _wanted(choice: Choice) -> str:
    return urlencode({"store": name_of(choice.store), "day": choice.day.isoformat()})
