"""The addresses a guide meets: search, a member's card, a list to choose from.

Searches are posted, so that no number stands in an address; what they find is shown under an
opaque token. Log lines say that something was looked for or shown, never who.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from agent.replica import CardView, Query, Replica
from agent.tablet.line import Line
from agent.tablet.live import LiveHub
from agent.tablet.paint import Paint
from agent.tablet.patience import Patience
from agent.tablet.screen import CardScreen, LineScreen, Screens
from agent.tablet.sights import Sight, Sights
from agent.tablet.speech import in_language, language_of
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.shown.words import Language, Words

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """What the pages stand on."""

    replica: Replica
    line: Line
    clock: Clock
    paint: Paint
    screens: Screens
    sights: Sights
    hub: LiveHub
    patience: Patience
    show_s: float

    def line_screen(self, words: Words) -> LineScreen:
        """Whether the cloud answers, now."""
        return self.screens.line(self.line.online(), words, self.clock.now())


class Pages:
    """Answers requests; every method is one address."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def start(self, request: Request) -> Response:
        """``GET /``: the search form."""
        return self._answer(request, "search.html", _form())

    async def search(self, request: Request) -> Response:
        """``POST /search`` with ``number`` and ``surname``: leads to who was found."""
        typed = parse_qs((await request.body()).decode("utf-8", "replace"))
        number, surname = typed.get("number", [""])[0], typed.get("surname", [""])[0]
        client = request.client.host if request.client else ""
        wait_s = self._room.patience.wait_s(client)
        if wait_s:
            _LOG.warning("member_search_refused", reason="too_many")
            refused = self._form(request, number, surname, "search.too_many", 429)
            refused.headers["Retry-After"] = str(int(wait_s) + 1)
            return refused
        return self._search(request, number, surname)

    async def show(self, request: Request) -> Response:
        """``GET /views/{token}``: one member's card, or several to choose from."""
        sight = self._sight(request)
        if len(sight.refs) == 1:
            return self._show_card(request, sight)
        return self._show_choice(request, sight)

    async def live(self, request: Request) -> Response:
        """``GET /views/{token}/live``: the card's changes as Server-Sent Events."""
        sight = self._room.sights.find(request.path_params["token"])
        if sight is None:
            return Response(status_code=204)  # tells the browser not to connect again
        language = language_of(request)
        states = self._room.hub.states(sight, lambda: self._fragment(sight, language))
        return StreamingResponse(states, media_type="text/event-stream")

    async def unmask(self, request: Request) -> Response:
        """``POST /views/{token}/show``: name and numbers in full, for some seconds."""
        sight = self._sight(request)
        self._room.sights.show(sight, self._room.show_s)
        self._room.hub.wake(sight)
        _LOG.info("member_details_shown", reason="guide_asked", seconds=self._room.show_s)
        return _see(sight)

    async def mask(self, request: Request) -> Response:
        """``POST /views/{token}/hide``: masked again before the time."""
        sight = self._sight(request)
        self._room.sights.hide(sight)
        self._room.hub.wake(sight)
        return _see(sight)

    async def failed(self, request: Request, error: Exception) -> Response:
        """Any error that a guide may meet, as a page with a way on."""
        status = error.status_code if isinstance(error, HTTPException) else 503
        reason = {404: "notice.ended", 405: "notice.ended", 413: "notice.too_long"}
        if status not in reason:
            _LOG.error("page_failed", path=request.url.path, error=type(error).__name__)
        values = {"reason": reason.get(status, "notice.unavailable")}
        return self._answer(request, "notice.html", values, status)

    def _search(self, request: Request, number: str, surname: str) -> Response:
        query = Query.typed(number, surname)
        found = self._room.replica.find(query)
        _LOG.info("member_searched", found=len(found), by_last_four=query.last_four)
        if found:
            return _see(self._room.sights.open([view.ref for view in found]))
        if query.empty:
            return self._form(request, number, surname, "search.empty", 422)
        if query.needs_surname:
            return self._form(request, number, surname, "search.needs_surname", 422)
        return self._form(request, number, surname, "search.nobody", 404)

    def _show_card(self, request: Request, sight: Sight) -> Response:
        words = self._words(request)
        card = self._card(sight, words)
        if card is None:
            raise HTTPException(404)
        answer = self._answer(request, "member.html", {"card": card, "token": sight.token})
        if card.shown:
            # Without script nobody would mask the page again.
            seconds = int(self._room.sights.shown_for_s(sight)) + 1
            answer.headers["Refresh"] = str(seconds)
        return answer

    def _show_choice(self, request: Request, sight: Sight) -> Response:
        views = [view for ref in sight.refs if (view := self._room.replica.view(ref))]
        choices = [
            {"token": self._room.sights.open([view.ref]).token, "card": card}
            for view, card in zip(views, self._masked(request, views), strict=True)
        ]
        return self._answer(request, "choose.html", {"choices": choices, **_form()})

    def _masked(self, request: Request, views: Sequence[CardView]) -> list[CardScreen]:
        words, now = self._words(request), self._room.clock.now()
        return [self._room.screens.card(view, words, now, shown=False) for view in views]

    def _fragment(self, sight: Sight, language: Language) -> str | None:
        alive = self._room.sights.find(sight.token) is sight
        card = self._card(sight, self._room.paint.words(language)) if alive else None
        if card is None:
            return None
        values = {"card": card, "token": sight.token, "line": self._line(language)}
        return self._room.paint.page("card.html", language, values)

    def _card(self, sight: Sight, words: Words) -> CardScreen | None:
        view = self._room.replica.view(sight.refs[0])
        if view is None:
            return None
        shown = self._room.sights.shown_for_s(sight) > 0
        return self._room.screens.card(view, words, self._room.clock.now(), shown=shown)

    def _line(self, language: Language) -> object:
        words = self._room.paint.words(language)
        return self._room.screens.line(self._room.line.online(), words, self._room.clock.now())

    def _sight(self, request: Request) -> Sight:
        sight = self._room.sights.find(request.path_params["token"])
        if sight is None:
            raise HTTPException(404)
        return sight

    def _words(self, request: Request) -> Words:
        return self._room.paint.words(language_of(request))

    def _form(
        self, request: Request, number: str, surname: str, problem: str, status: int
    ) -> Response:
        return self._answer(request, "search.html", _form(number, surname, problem), status)

    def _answer(
        self, request: Request, template: str, values: Mapping[str, object], status: int = 200
    ) -> Response:
        language = language_of(request)
        shared = {"line": self._line(language), **_form()}
        html = self._room.paint.page(template, language, {**shared, **values})
        return in_language(request, html, status)


def _form(number: str = "", surname: str = "", problem: str = "") -> dict[str, object]:
    return {"number": number, "surname": surname, "problem": problem}


def _see(sight: Sight) -> Response:
    return RedirectResponse(f"/views/{sight.token}", 303)
