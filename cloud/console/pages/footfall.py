"""Footfall: who came, walked past, is inside, for how long, and how far to trust it."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from cloud.console.choice import Choice, choose, name_of
from cloud.console.footfall import read_page
from cloud.console.pages.today import ChosenBefore, Day, StoreName
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import FOOTFALL
from cloud.console.visitor import Inside, remember_store

router = APIRouter()


@router.get("/footfall")
def footfall(
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
    response = parts.painter.paint(visitor, "footfall.html", **_facts(parts, choice))
    if store:
        remember_store(response, visitor, name_of(choice.store))
    return response


@router.get("/footfall/live")
def footfall_live(parts: Parts, visitor: Inside, store: StoreName, day: date) -> Response:
    """The part that changes."""
    choice = choose(parts, store, day)
    if choice is None:
        return parts.painter.paint(visitor, "no_store.html")
    return parts.painter.paint(visitor, "parts/footfall.html", **_facts(parts, choice))


def _facts(parts: ConsoleParts, choice: Choice) -> dict[str, Any]:
    wanted = urlencode({"store": name_of(choice.store), "day": choice.day.isoformat()})
    return {
        "choice": choice,
        "name_of": name_of,
        "page": read_page(parts.engine, choice.store, choice.day, parts.clock.now()),
        "live_url": f"{FOOTFALL}/live?{wanted}",
        "stream_url": f"{FOOTFALL}/stream",
    }
