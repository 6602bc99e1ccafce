"""The clicker of a recorded clip, on the loopback, for whoever was given its address.

The address holds a token that opens the page once; from then on a cookie does. Everything else is
refused, and so is every name but the loopback's own.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import AgentError
from agent.tablet.marking import desk
from agent.tablet.marking.book import Book, Film, Shot
from agent.tablet.paint import Paint
from agent.tablet.protection import protection
from agent.tablet.speech import in_language, language_of
from models.web.assets import Assets

_FOLDER: Final = Path(__file__).parents[1] / "static"
_COOKIE: Final = "audit"
_SEE_OTHER: Final = 303

Answering = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class ClipDesk:
    """What the page stands on.

    Attributes:
        name: the clip's, for people.
        lines: by name, both ends in shares of the picture: x1, y1, x2, y2.
        opens: the token of the address; used once.
        session: the cookie's; both are random.
        finished: set when the person says so.
    """

    name: str
    film: Film
    book: Book
    lines: Mapping[str, tuple[float, float, float, float]]
    opens: str
    session: str
    finished: threading.Event


class ClipClicker:
    """Answers requests; every public method is one address."""

    def __init__(self, parts: ClipDesk, paint: Paint) -> None:
        self._parts = parts
        self._paint = paint
        self._opened = False

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/open/{token}", _here(self.open)),
            Route("/", self._known(self.page)),
            Route("/picture", self._known(self.picture)),
            Route("/standing", self._known(self.standing)),
            Route("/mark", self._known(self.mark), methods=["POST"]),
            Route("/undo", self._known(self.undo), methods=["POST"]),
            Route("/finish", self._known(self.finish), methods=["POST"]),
        ]

    async def open(self, request: Request) -> Response:
        """``GET /open/{token}``: the one who was told the address."""
        right = hmac.compare_digest(
            request.path_params["token"].encode(), self._parts.opens.encode()
        )
        if self._opened or not right:
            raise HTTPException(403)
        self._opened = True
        answer = RedirectResponse("/", _SEE_OTHER)
        answer.set_cookie(_COOKIE, self._parts.session, httponly=True, samesite="strict")
        return answer

    async def page(self, request: Request) -> Response:
        """``GET /``: the clip, and what to press."""
        language = language_of(request)
        words = self._paint.words(language)
        values = {
            "kind": "clip",
            "name": self._parts.name,
            "place": "",
            "lines": dict(self._parts.lines),
            "said": desk.said_by(words),
            "line": None,
            "back": "",
            "running": True,
        }
        return in_language(request, self._paint.page("marking.html", language, values))

    async def picture(self, request: Request) -> Response:
        """``GET /picture?number=`` or ``?at=``: a picture, which counts as watched."""
        try:
            shot = await run_in_threadpool(self._shot, request)
            await run_in_threadpool(self._parts.book.saw, shot.at_s)
        except ValueError as error:
            raise HTTPException(400) from error
        except AgentError as error:
            return desk.not_kept(error)
        return desk.picture(
            shot.jpeg, round(shot.at_s, 3), Number=str(shot.number), Last=str(int(shot.is_last))
        )

    async def standing(self, _request: Request) -> Response:
        """``GET /standing``: the marks so far, for going on where one was."""
        return await desk.standing(self._parts.book)

    async def mark(self, request: Request) -> Response:
        """``POST /mark``."""
        return await desk.jot(self._parts.book, request)

    async def undo(self, _request: Request) -> Response:
        """``POST /undo``."""
        return await desk.undo(self._parts.book)

    async def finish(self, _request: Request) -> Response:
        """``POST /finish``: the file is complete for now; the command goes on."""
        self._parts.finished.set()
        return Response(b"{}", media_type="application/json")

    def _shot(self, request: Request) -> Shot:
        film, asked = self._parts.film, request.query_params
        if "number" in asked:
            return film.number(int(asked["number"]))
        return film.at(float(asked.get("at", "0")))

    def _known(self, answer: Answering) -> Answering:
        async def guarded(request: Request) -> Response:
            session = request.cookies.get(_COOKIE, "").encode()
            if not hmac.compare_digest(session, self._parts.session.encode()):
                raise HTTPException(403)
            return await answer(request)

        return _here(guarded)


def build_clip_site(parts: ClipDesk) -> Starlette:
    """Put the page together; opens no port."""
    assets = Assets.load(_FOLDER, "/static")
    paint = Paint(assets, {"shop_name": "", "has_status": False, "has_setup": False})

    async def static(request: Request) -> Response:
        answer = assets.answer(request.path_params["name"])
        if answer is None:
            raise HTTPException(404)
        return answer

    return Starlette(
        routes=[*ClipClicker(parts, paint).routes(), Route("/static/{name}", static)],
        middleware=protection(),
        max_body_size=desk.MOST_MARK_BYTES,
    )


def _here(answer: Answering) -> Answering:
    """Refuse everybody but this box."""

    async def guarded(request: Request) -> Response:
        if request.client is None or not ip_address(request.client.host).is_loopback:
            raise HTTPException(403)
        return await answer(request)

    return guarded
