"""Who is answered at all: this box, our own pages, and who has entered the PIN."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agent.tablet.setup.cameras import Views
from agent.tablet.setup.door import Door, Visit

PLACE: Final = "/setup"
COOKIE: Final = "setup"

Answering = Callable[[Request], Awaitable[Response]]


def here(answer: Answering) -> Answering:
    """Refuse everybody but this box, and posts of any page but ours."""

    async def guarded(request: Request) -> Response:
        if request.client is None or not ip_address(request.client.host).is_loopback:
            return Response(status_code=403)
        if request.method == "POST" and not _is_ours(request):
            return Response(status_code=403)
        return await answer(request)

    return guarded


def camera_of(request: Request, views: Views) -> str:
    """The camera of the address; 404 where there is none."""
    name: str = request.path_params["camera"]
    if name not in views.names():
        raise HTTPException(404)
    return name


def visit_of(request: Request, door: Door, *, watching: bool = False) -> Visit | None:
    """The visit of who asks; a click keeps it alive, and so does ``watching`` for an audit."""
    by_hand = (
        watching or request.method == "POST" or request.headers.get("sec-fetch-mode") == "navigate"
    )
    return door.visit(request.cookies.get(COOKIE, ""), by_hand=by_hand)


def known(request: Request, door: Door, *, watching: bool = False) -> Visit:
    """The same; 403 where it has ended."""
    visit = visit_of(request, door, watching=watching)
    if visit is None:
        raise HTTPException(403)
    return visit


def _is_ours(request: Request) -> bool:
    """Every browser says what kind of page a post comes from, or at least its origin.

    A form of ours posts the origin ``null``, for our pages send no referrer.
    """
    if site := request.headers.get("sec-fetch-site", ""):
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return origin.scheme == "http" and origin.netloc == request.headers.get("host", "")
