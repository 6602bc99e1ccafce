"""Capture quality: are the tills captured wholly and rightly, and what could not be read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from cloud.capture import find_record
from cloud.console.capture import CapturePage, read_page
from cloud.console.choice import Choice, choose, name_of
from cloud.console.day_page import StoreName, day_page
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import CAPTURE
from cloud.console.pulse import LivePage
from cloud.console.visitor import Inside
from cloud.errors import NotFound
from cloud.storage import read
from models.wire.ids import DeviceId

_LONGEST: Final = 200

Named = Annotated[str, Query(max_length=_LONGEST)]


def _read(parts: ConsoleParts, choice: Choice) -> CapturePage:
    return read_page(parts.engine, parts.fleet, choice.store, choice.day)


router = day_page(CAPTURE, LivePage.CAPTURE, "parts/capture.html", _read, "page.capture")


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
        visitor, "record.html", record=found, store=shop, back=f"{CAPTURE}?{choice.query}"
    )
