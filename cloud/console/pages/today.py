"""Today: who came and what was sold, hour by hour, and the latest sales as they come in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Cookie, Query
from pydantic import BeforeValidator
from starlette.responses import Response

from cloud.console.choice import Choice, choose, name_of
from cloud.console.day import read_day
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import TODAY
from cloud.console.visitor import Inside, remember_store

router = APIRouter()

StoreName = Annotated[str, Query(max_length=100)]
ChosenBefore = Annotated[str, Cookie(alias="lianke_store", max_length=100)]
# An emptied date field is sent as an empty text.
Day = Annotated[date | None, BeforeValidator(lambda text: text or None), Query()]


@router.get("/today")
def today(
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
    response = parts.painter.paint(visitor, "today.html", **_facts(parts, choice))
    if store:
        remember_store(response, visitor, name_of(choice.store))
    return response


@router.get("/today/live")
def today_live(parts: Parts, visitor: Inside, store: StoreName, day: date) -> Response:
    """The part that changes."""
    choice = choose(parts, store, day)
    if choice is None:
        return parts.painter.paint(visitor, "no_store.html")
    return parts.painter.paint(visitor, "parts/today.html", **_facts(parts, choice))


def _facts(parts: ConsoleParts, choice: Choice) -> dict[str, Any]:
    wanted = urlencode({"store": name_of(choice.store), "day": choice.day.isoformat()})
    return {
        "choice": choice,
        "name_of": name_of,
        "day": read_day(parts.engine, parts.figures, choice.store, choice.day, parts.clock.now()),
        "live_url": f"{TODAY}/live?{wanted}",
        "stream_url": f"{TODAY}/stream",
    }
