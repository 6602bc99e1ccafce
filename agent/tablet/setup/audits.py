"""The clicker of a live camera, behind the PIN: who watches it marks who crosses.

What the counter tells is noted beside, and shown to nobody before the audit has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import AgentError, DiskUnusable
from agent.tablet.marking import desk
from agent.tablet.marking.book import Book
from agent.tablet.paint import Paint
from agent.tablet.screen import LineScreen
from agent.tablet.setup.guarding import PLACE, camera_of, here, known, visit_of
from agent.tablet.speech import in_language, language_of
from models.shown.words import Words
from models.wire.events.footfall_audit import AuditFigure, FootfallAudited

if TYPE_CHECKING:
    from agent.tablet.setup.pages import SetupParts


class Audits(Protocol):
    """The port to the audits of this box. Asked from worker threads."""

    def running(self, camera: str) -> Book | None:
        """The one that was begun and not ended."""
        ...

    def begin(self, camera: str) -> Book:
        """Begin one, or go on with the one that runs; raises AgentError where none can be."""
        ...

    def end(self, camera: str) -> FootfallAudited | None:
        """End it, and tell what it found; None where it says nothing. Raises AgentError."""
        ...


class _At(msgspec.Struct):
    at_s: float


class AuditPages:
    """Answers requests; every public method is one address."""

    def __init__(
        self,
        parts: SetupParts,
        audits: Audits,
        paint: Paint,
        line: Callable[[Words], LineScreen],
    ) -> None:
        """``line`` says whether the cloud answers, for the bar of the page."""
        self._parts = parts
        self._audits = audits
        self._paint = paint
        self._line = line

    def routes(self) -> list[Route]:
        """All of them."""
        audit = f"{PLACE}/cameras/{{camera}}/audit"
        return [
            Route(audit, here(self.page)),
            Route(f"{audit}/picture", here(self.picture)),
            Route(f"{audit}/begin", here(self.begin), methods=["POST"]),
            Route(f"{audit}/mark", here(self.mark), methods=["POST"]),
            Route(f"{audit}/undo", here(self.undo), methods=["POST"]),
            Route(f"{audit}/finish", here(self.finish), methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """``GET …/audit``: the camera, and what to press."""
        camera = camera_of(request, self._parts.views)
        if visit_of(request, self._parts.door) is None:
            return RedirectResponse(PLACE, 303)
        language = language_of(request)
        words = self._paint.words(language)
        drawn = self._parts.drawings.in_force(camera)
        running = self._audits.running(camera)
        values = {
            "kind": "live",
            "name": camera,
            "place": f"{PLACE}/cameras/{camera}/audit",
            "lines": {line.name: (*line.begin, *line.end) for line in drawn.line},
            "said": desk.said_by(words),
            "line": self._line(words),
            "back": f"{PLACE}/cameras/{camera}",
            "running": running is not None,
        }
        return in_language(request, self._paint.page("marking.html", language, values))

    async def picture(self, request: Request) -> Response:
        """``GET …/picture``: the next picture; while an audit runs it counts as watched.

        ``Watched`` tells which: only such a picture can be marked.
        """
        camera = camera_of(request, self._parts.views)
        book = self._audits.running(camera)
        known(request, self._parts.door, watching=book is not None)
        seen = await run_in_threadpool(self._parts.views.look, camera, None, trial=0, picture=True)
        if seen is None or not seen.picture:
            return Response(status_code=503)
        at_s = round(msgspec.json.decode(seen.figures, type=_At).at_s, 3)
        if book is not None:
            try:
                await run_in_threadpool(book.saw, at_s)
            except AgentError as error:
                return desk.not_kept(error)
        return desk.picture(seen.picture, at_s, Watched=str(int(book is not None)))

    async def begin(self, request: Request) -> Response:
        """``POST …/begin``."""
        camera = camera_of(request, self._parts.views)
        known(request, self._parts.door)
        try:
            book = await run_in_threadpool(self._audits.begin, camera)
        except AgentError as error:
            return desk.not_kept(error)
        return await desk.standing(book)

    async def mark(self, request: Request) -> Response:
        """``POST …/mark``."""
        return await desk.jot(self._book(request), request)

    async def undo(self, request: Request) -> Response:
        """``POST …/undo``."""
        return await desk.undo(self._book(request))

    async def finish(self, request: Request) -> Response:
        """``POST …/finish``: the figures are made, kept and shown."""
        camera = camera_of(request, self._parts.views)
        known(request, self._parts.door)
        words = self._paint.words(language_of(request))
        try:
            found = await run_in_threadpool(self._audits.end, camera)
            text = words("marking.says_nothing") if found is None else outcome(found, words)
        except DiskUnusable as error:
            return desk.not_kept(error)
        except AgentError:
            text = words("marking.not_scored")
        return Response(msgspec.json.encode({"text": text}), media_type="application/json")

    def _book(self, request: Request) -> Book:
        camera = camera_of(request, self._parts.views)
        known(request, self._parts.door)
        book = self._audits.running(camera)
        if book is None:
            raise HTTPException(409)
        return book


def outcome(found: FootfallAudited, words: Words) -> str:
    """What an audit found, in three short lines."""
    total = found.total
    lines = [
        words("marking.found", seen=total.seen, told=total.told, hits=total.hits),
        words(
            "marking.shares",
            recall=_share(total.recall, words),
            precision=_share(total.precision, words),
        ),
        words("marking.kept"),
    ]
    return "\n".join(lines)


def _share(figure: AuditFigure | None, words: Words) -> str:
    if figure is None:
        return words("marking.unknown")
    value = f"{100 * figure.value:.1f} %"
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({100 * figure.low:.0f}–{100 * figure.high:.0f} %)"
