"""The addresses of the set-up page.

Everything here is for this box alone, whatever address the server listens on; a picture and what
was drawn are for who has entered the PIN. A post must come from our own page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

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
from agent.tablet.setup.audits import AuditPages, Audits
from agent.tablet.setup.cameras import Views
from agent.tablet.setup.door import Door, Visit
from agent.tablet.setup.guarding import (
    COOKIE,
    PLACE,
    Answering,
    camera_of,
    here,
    known,
    visit_of,
)
from agent.tablet.setup.live import Live
from agent.tablet.setup.sketches import Judged, Sketch, judge
from agent.tablet.speech import in_language, language_of
from agent.twin.drawings import Drawings
from models.runtime.logs import get_logger
from models.shown.words import Words

_LOG = get_logger(__name__)

_MOST_SKETCH_BYTES: Final = 16 * 1024
_SEE_OTHER: Final = 303


@dataclass(frozen=True, slots=True)
class SetupParts:
    """What the set-up page stands on.

    Attributes:
        can_apply: whether a drawing takes effect here where the cloud is not asked.
        audits: without them the cameras cannot be audited here.
    """

    door: Door
    views: Views
    drawings: Drawings
    can_apply: bool = False
    audits: Audits | None = None


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
        camera = f"{PLACE}/cameras/{{camera}}"
        audits = self._parts.audits
        return [
            *(AuditPages(self._parts, audits, self._paint, self._line).routes() if audits else ()),
            Route(PLACE, here(self.start)),
            Route(f"{PLACE}/enter", here(_to_start)),
            Route(f"{PLACE}/enter", here(self.enter), methods=["POST"]),
            Route(f"{PLACE}/leave", here(self.leave), methods=["POST"]),
            Route(camera, here(self.page)),
            Route(f"{camera}/still", here(self.still)),
            Route(f"{camera}/live", here(self.figures)),
            _sketch_route(f"{camera}/trial", self.attempt),
            _sketch_route(f"{camera}/proposal", self.propose),
        ]

    async def start(self, request: Request) -> Response:
        """``GET /setup``: the PIN, or what there is to set up."""
        if self._visit(request) is None:
            return self._door(request)
        [first, *_] = self._parts.views.names()
        return RedirectResponse(f"{PLACE}/cameras/{first}", _SEE_OTHER)

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
        answer = RedirectResponse(PLACE, _SEE_OTHER)
        answer.set_cookie(COOKIE, visit.token, path=PLACE, httponly=True, samesite="strict")
        return answer

    async def leave(self, request: Request) -> Response:
        """``POST /setup/leave``: the visit ends."""
        self._parts.door.leave(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse(PLACE, _SEE_OTHER)
        answer.delete_cookie(COOKIE, path=PLACE)
        return answer

    async def page(self, request: Request) -> Response:
        """``GET /setup/cameras/{camera}``: the picture, and what is drawn over it."""
        camera = self._camera(request)
        visit = self._visit(request)
        if visit is None:
            return RedirectResponse(PLACE, _SEE_OTHER)
        words = self._paint.words(language_of(request))
        said = {
            key.removeprefix("sketch."): words(key)
            for key in sorted(words.keys)
            if key.startswith("sketch.")
        }
        values = {
            "camera": camera,
            "cameras": self._parts.views.names(),
            "place": f"{PLACE}/cameras/{camera}",
            "drawn": msgspec.to_builtins(self._parts.drawings.in_force(camera)),
            "said": said,
            "can_apply": self._parts.can_apply,
            "can_audit": self._parts.audits is not None,
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
        return camera_of(request, self._parts.views)

    def _visit(self, request: Request) -> Visit | None:
        return visit_of(request, self._parts.door)

    def _known(self, request: Request) -> Visit:
        return known(request, self._parts.door)

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
    return Route(place, here(answer), methods=["POST"], max_body_size=_MOST_SKETCH_BYTES)


async def _to_start(_request: Request) -> Response:
    return RedirectResponse(PLACE, _SEE_OTHER)


def _told(judged: Judged) -> Response:
    body = msgspec.json.encode({"problems": judged.problems})
    return Response(body, media_type="application/json")


class _Dated(msgspec.Struct):
    at_s: float


def _at_s(figures: bytes) -> float:
    return msgspec.json.decode(figures, type=_Dated).at_s
