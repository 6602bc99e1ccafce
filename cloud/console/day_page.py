"""A page about one store's business day: what all of them share.

    router = day_page(FOOTFALL, LivePage.FOOTFALL, "parts/footfall.html", read)

Above is the choice of a store and a day, which is remembered; below the part that changes while
somebody looks, painted from ``page``, which is whatever ``read`` gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Query
from pydantic import BeforeValidator
from starlette.responses import Response

from cloud.console.choice import Choice, choose, name_of
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import MOUNTED_AT
from cloud.console.pulse import LivePage
from cloud.console.visitor import STORE_COOKIE, Inside, Visitor, remember_store

Read = Callable[[ConsoleParts, Choice], object]
"""What a page shows of the chosen store and day, as of now."""

StoreName = Annotated[str, Query(max_length=100)]
ChosenBefore = Annotated[str, Cookie(alias=STORE_COOKIE, max_length=100)]
# An emptied date field is sent as an empty text.
Day = Annotated[date | None, BeforeValidator(lambda text: text or None), Query()]


def day_page(address: str, live: LivePage, part: str, read: Read, title: str = "") -> APIRouter:
    """The routes of one such page.

    Args:
        address: where it is; its live part is at ``/live`` below.
        live: whose stamp says that it has changed.
        part: the template of what changes.
        read: gives what that template shows.
        title: the catalogue's word above the page; without one the store's name stands alone.
    """
    page = _DayPage(address, live, part, read, title)
    router = APIRouter()
    path = address.removeprefix(MOUNTED_AT)
    router.add_api_route(path, page.whole, response_model=None)
    router.add_api_route(f"{path}/live", page.changing, response_model=None)
    return router


@dataclass(frozen=True, slots=True)
class _DayPage:
    """Fields as the arguments of ``day_page``."""

    address: str
    live: LivePage
    part: str
    read: Read
    title: str

    def whole(
        self,
        parts: Parts,
        visitor: Inside,
        store: StoreName = "",
        day: Day = None,
        chosen_before: ChosenBefore = "",
    ) -> Response:
        """The whole page."""
        choice = choose(parts, store or chosen_before, day)
        response = self._paint(parts, visitor, choice, "day.html")
        if choice and store:
            remember_store(response, visitor, name_of(choice.store))
        return response

    def changing(self, parts: Parts, visitor: Inside, store: StoreName, day: date) -> Response:
        """The part that changes."""
        return self._paint(parts, visitor, choose(parts, store, day), self.part)

    def _paint(
        self, parts: ConsoleParts, visitor: Visitor, choice: Choice | None, template: str
    ) -> Response:
        if choice is None:
            return parts.painter.paint(visitor, "no_store.html")
        return parts.painter.paint(visitor, template, **self._facts(parts, choice))

    def _facts(self, parts: ConsoleParts, choice: Choice) -> dict[str, Any]:
        return {
            "choice": choice,
            "name_of": name_of,
            "page": self.read(parts, choice),
            "part": self.part,
            "title": self.title,
            "address": self.address,
            "live_url": f"{self.address}/live?{choice.query}",
            "stream_url": f"{MOUNTED_AT}/{self.live}/stream",
        }
