"""The status page: what is owed, what is wrong and what to do, for the manager of a shop.

It asks the agent anew at every request. That may wait for the disk, so it happens beside the event
loop, where the guide's page goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agent.health.alarms import read_vocabulary
from agent.health.status import Status
from agent.tablet.paint import Paint
from agent.tablet.speech import in_language, language_of
from agent.tablet.status_screen import StatusScreens


class StatusPages:
    """Answers requests; every method is one address."""

    def __init__(self, look: Callable[[], Status], paint: Paint, timezone: ZoneInfo) -> None:
        """``look`` says how the agent is, from any thread; times are shown in ``timezone``."""
        self._look = look
        self._paint = paint
        self._screens = StatusScreens(timezone, read_vocabulary())

    async def page(self, request: Request) -> Response:
        """``GET /status``: the page."""
        return in_language(request, await self._painted(request, "status.html"))

    async def now(self, request: Request) -> Response:
        """``GET /status/now``: the page's changing part, which its script asks for."""
        return HTMLResponse(await self._painted(request, "parts/status.html"))

    async def json(self, _request: Request) -> Response:
        """``GET /status.json``: the same facts for programs, as ``lianke-agent status --json``."""
        status = await run_in_threadpool(self._look)
        return Response(msgspec.json.encode(status), media_type="application/json")

    async def _painted(self, request: Request, template: str) -> str:
        status = await run_in_threadpool(self._look)
        language = language_of(request)
        words = self._paint.words(language)
        screen = self._screens.screen(status, words)
        return self._paint.page(template, language, {"status": screen, "line": screen.line})
