"""The addresses of the set-up page.

Everything here is for this box alone, whatever address the server listens on; a picture and what
was drawn are for who has entered the PIN. A post must come from our own page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from agent.config import Drawn
from agent.errors import AgentError
from agent.tablet.paint import Paint
from agent.tablet.screen import LineScreen
from agent.tablet.setup.cameras import Views
from agent.tablet.setup.door import Door, Visit
from agent.tablet.setup.live import Live
from agent.tablet.setup.sketches import Judged, Sketch, judge
from agent.tablet.speech import in_language, language_of
from agent.twin.drawings import Drawings
from models.runtime.logs import get_logger
from models.shown.words import Words

_LOG = get_logger(__name__)

_PLACE: Final = "/setup"
_COOKIE: Final = "setup"
_MOST_SKETCH_BYTES: Final = 16 * 1024
_SEE_OTHER: Final = 303

Answering = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class SetupParts:
    """What the set-up page stands on.

    Attributes:
        can_apply: whether a drawing takes effect here where the cloud is not asked.
    """

    door: Door
    views: Views
    drawings: Drawings
    can_apply: bool = False


class SetupPages:
    """Answers requests; every public method is one address."""

    def __init__(
        self, parts: SetupParts, paint: Paint, line: Callable[[Words], LineScreen]
    ) -> None:
        """``line`` says whether the cloud answers, for the bar of every page."""
        self._parts = parts
        self._paint = paint
        self._line = line
        self.live = Live(parts)

    def routes(self) -> list[Route]:
        """All of them."""
        camera = f"{_PLACE}/cameras/{{camera}}"
        return [
            Route(_PLACE, _here(self.start)),
            Route(f"{_PLACE}/enter", _here(_to_start)),
            Route(f"{_PLACE}/enter", _here(self.enter), methods=["POST"]),
            Route(f"{_PLACE}/leave", _here(self.leave), methods=["POST"]),
            Route(camera, _here(self.page)),
            Route(f"{camera}/still", _here(self.still)),
            Route(f"{camera}/live", _here(self.figures)),
            _sketch_route(f"{camera}/trial", self.attempt),
            _sketch_route(f"{camera}/proposal", self.propose),
        ]

    async def start(self, request: Request) -> Response:
        """``GET /setup``: the PIN, or what there is to set up."""
        if self._visit(request) is None:
            return self._door(request)
        [first, *_] = self._parts.views.names()
        return RedirectResponse(f"{_PLACE}/cameras/{first}", _SEE_OTHER)

    async def enter(self, request: Request) -> Response:
        """``POST /setup/enter`` with ``pin``."""
        typed = parse_qs((await request.body()).decode("utf-8", "replace")).get("pin", [""])[0]
        door = self._parts.door
        wait_s = door.wait_s()
        if wait_s:
            return self._door(request, "setup.pin_wait", 429, seconds=int(wait_s) + 1)
        visit = await run_in_threadpool(door.enter, typed.strip())
        if visit is None:
            return self._door(request, "setup.pin_wrong", 403)
        answer = RedirectResponse(_PLACE, _SEE_OTHER)
        answer.set_cookie(_COOKIE, visit.token, path=_PLACE, httponly=True, samesite="strict")
        return answer

    async def leave(self, request: Request) -> Response:
        """``POST /setup/leave``: the visit ends."""
        self._parts.door.leave(request.cookies.get(_COOKIE, ""))
        answer = RedirectResponse(_PLACE, _SEE_OTHER)
        answer.delete_cookie(_COOKIE, path=_PLACE)
        return answer

    async def page(self, request: Request) -> Response:
        """``GET /setup/cameras/{camera}``: the picture, and what is drawn over it."""
        camera = self._camera(request)
        visit = self._visit(request)
        if visit is None:
            return RedirectResponse(_PLACE, _SEE_OTHER)
        words = self._paint.words(language_of(request))
        said = {
            key.removeprefix("sketch."): words(key)
            for key in sorted(words.keys)
            if key.startswith("sketch.")
        }
        values = {
            "camera": camera,
            "cameras": self._parts.views.names(),
            "place": f"{_PLACE}/cameras/{camera}",
            "drawn": msgspec.to_builtins(self._parts.drawings.in_force(camera)),
            "said": said,
            "can_apply": self._parts.can_apply,
        }
        visit.trials.pop(camera, None)
        return self._answer(request, "setup.html", values)

    async def still(self, request: Request) -> Response:
        """``GET …/still``: the camera's next picture, for this one answer."""
        camera, visit = self._camera(request), self._known(request)
        seen = await self.live.look(visit, camera, picture=True)
        if seen is None or not seen.picture:
            return Response(status_code=503)
        headers = {"Cache-Control": "no-store", "At": str(_at_s(seen.figures))}
        return Response(seen.picture, media_type="image/jpeg", headers=headers)

    async def figures(self, request: Request) -> Response:
        """``GET …/live``: boxes and counts as they move, as Server-Sent Events; no pixel."""
        camera, visit = self._camera(request), self._visit(request)
        if visit is None:
            return Response(status_code=204)  # tells the browser not to connect again
        words = self._paint.words(language_of(request))
        told = self.live.figures(visit, camera, words)
        return StreamingResponse(told, media_type="text/event-stream")

    async def attempt(self, request: Request) -> Response:
        """``POST …/trial`` with a sketch: what is sound of it is counted at from now on."""
        camera, visit = self._camera(request), self._known(request)
        sketch, judged = await self._judged(request)
        trial = visit.trial(camera)
        trial.drawn, trial.number = judged.drawn, sketch.trial
        return _told(judged)

    async def propose(self, request: Request) -> Response:
        """``POST …/proposal`` with a sketch: it is put to the cloud, or applied where that may be.

        The answer names the problems where it is not whole, and nothing is proposed then.
        """
        camera = self._camera(request)
        self._known(request)
        _, judged = await self._judged(request)
        if judged.problems:
            return _told(judged)
        drawn: Drawn = judged.drawn
        try:
            await run_in_threadpool(self._parts.drawings.propose, camera, drawn)
        except (AgentError, ValueError) as error:
            _LOG.warning("camera_drawing_not_kept", camera=camera, error=str(error))
            return Response(status_code=503)
        _LOG.info("camera_drawing_proposed", camera=camera, lines=len(drawn.line))
        return _told(judged)

    async def _judged(self, request: Request) -> tuple[Sketch, Judged]:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise HTTPException(415)
        try:
            sketch = msgspec.json.decode(await request.body(), type=Sketch)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HTTPException(400) from error
        return sketch, judge(sketch, self._paint.words(language_of(request)))

    def _camera(self, request: Request) -> str:
        name: str = request.path_params["camera"]
        if name not in self._parts.views.names():
            raise HTTPException(404)
        return name

    def _visit(self, request: Request) -> Visit | None:
        by_hand = request.method == "POST" or request.headers.get("sec-fetch-mode") == "navigate"
        return self._parts.door.visit(request.cookies.get(_COOKIE, ""), by_hand=by_hand)

    def _known(self, request: Request) -> Visit:
        visit = self._visit(request)
        if visit is None:
            raise HTTPException(403)
        return visit

    def _door(
        self, request: Request, problem: str = "", status: int = 200, **values: object
    ) -> Response:
        words = self._paint.words(language_of(request))
        said = words(problem, **values) if problem else ""
        facts = {"problem": said, "has_pin": self._parts.door.has_pin}
        return self._answer(request, "setup_door.html", facts, status)

    def _answer(
        self, request: Request, template: str, values: dict[str, object], status: int = 200
    ) -> Response:
        language = language_of(request)
        line = self._line(self._paint.words(language))
        page = self._paint.page(template, language, {"line": line, **values})
        return in_language(request, page, status)


def _sketch_route(place: str, answer: Answering) -> Route:
    return Route(place, _here(answer), methods=["POST"], max_body_size=_MOST_SKETCH_BYTES)


def _here(answer: Answering) -> Answering:
    """Refuse everybody but this box, and posts of any page but ours."""

    async def guarded(request: Request) -> Response:
        if request.client is None or not ip_address(request.client.host).is_loopback:
            return Response(status_code=403)
        if request.method == "POST" and not _is_ours(request):
            return Response(status_code=403)
        return await answer(request)

    return guarded


def _is_ours(request: Request) -> bool:
    """Every browser says what kind of page a post comes from, or at least its origin.

    A form of ours posts the origin ``null``, for our pages send no referrer.
    """
    if site := request.headers.get("sec-fetch-site", ""):
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return origin.scheme == "http" and origin.netloc == request.headers.get("host", "")


async def _to_start(_request: Request) -> Response:
    return RedirectResponse(_PLACE, _SEE_OTHER)


def _told(judged: Judged) -> Response:
    body = msgspec.json.encode({"problems": judged.problems})
    return Response(body, media_type="application/json")


class _Dated(msgspec.Struct):
    at_s: float


def _at_s(figures: bytes) -> float:
    return msgspec.json.decode(figures, type=_Dated).at_s
