"""The console as one application, to be mounted under /console."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from cloud.console import live
from cloud.console.pages import (
    alarms,
    capture,
    dead_letters,
    devices,
    drawings,
    drift,
    entrance,
    footfall,
    members,
    today,
)
from cloud.console.parts import ConsoleParts
from cloud.console.places import SET_UP, SIGN_IN, STATIC, STATIC_FILES, TODAY
from cloud.console.visitor import NotSignedIn, anonymous
from cloud.errors import CloudError, Conflict, Forbidden, NotFound, TransientError
from models.runtime.logs import get_logger
from models.web.assets import Assets
from models.web.guard import Guard, reads

LARGEST_BODY: Final = 16 * 1024
"""Bytes of a form; the largest of ours has a few hundred."""

_LOG = get_logger(__name__)
_ROUTERS: Final = (
    entrance.router,
    entrance.forms,
    today.router,
    footfall.router,
    drift.router,
    capture.router,
    devices.router,
    drawings.router,
    drawings.forms,
    alarms.router,
    alarms.forms,
    dead_letters.router,
    members.router,
    members.forms,
    live.router,
)
_MEANINGS: Final = (
    (NotFound, HTTPStatus.NOT_FOUND, "missing"),
    (Conflict, HTTPStatus.CONFLICT, "answered"),
    (Forbidden, HTTPStatus.FORBIDDEN, "out_of_date"),
    (TransientError, HTTPStatus.SERVICE_UNAVAILABLE, "busy"),
    (RequestValidationError, HTTPStatus.BAD_REQUEST, "unreadable"),
)


def create_console(parts: ConsoleParts) -> FastAPI:
    """The application; every answer passes the guard, every error becomes a page."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, max_body_size=LARGEST_BODY)
    app.state.parts = parts
    app.add_middleware(Guard, strangers_may=reads)
    app.add_exception_handler(NotSignedIn, _to_the_door)
    for error in (CloudError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(error, _notice)
    for router in _ROUTERS:
        app.include_router(router)
    assets = Assets.load(STATIC_FILES, STATIC)

    @app.get("/")
    def start() -> Response:
        return RedirectResponse(TODAY)

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        return assets.answer(name) or PlainTextResponse("no such file", HTTPStatus.NOT_FOUND)

    return app


def _to_the_door(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotSignedIn), "registered for nothing else"
    if error.by_itself:
        return PlainTextResponse("sign in first", HTTPStatus.UNAUTHORIZED)
    parts: ConsoleParts = request.app.state.parts
    return RedirectResponse(SIGN_IN if parts.door.is_set_up else SET_UP, HTTPStatus.SEE_OTHER)


def _notice(request: Request, error: Exception) -> Response:
    parts: ConsoleParts = request.app.state.parts
    status, key = _meaning(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        reason = str(error) if isinstance(error, CloudError) else ""
        _LOG.error("page_failed", status=int(status), error=type(error).__name__, reason=reason)
    return parts.painter.paint(anonymous(request), "notice.html", status, key=key)


def _meaning(error: Exception) -> tuple[HTTPStatus, str]:
    """The status, and the key of what the visitor reads."""
    if isinstance(error, HTTPException):
        missing = error.status_code == HTTPStatus.NOT_FOUND
        return HTTPStatus(error.status_code), "missing" if missing else "unreadable"
    for family, status, key in _MEANINGS:
        if isinstance(error, family):
            return status, key
    return HTTPStatus.INTERNAL_SERVER_ERROR, "broken"
