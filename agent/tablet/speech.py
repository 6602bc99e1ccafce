"""Which language a page is in, and that a choice is remembered."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from models.shown.words import Language, preferred

_COOKIE: Final = "language"
_COOKIE_AGE_S: Final = 365 * 86_400


def language_of(request: Request) -> Language:
    """As asked for in the address, else as chosen before, else as the browser wishes."""
    for chosen in (request.query_params.get(_COOKIE), request.cookies.get(_COOKIE)):
        if chosen in list(Language):
            return Language(chosen)
    return preferred(request.headers.get("accept-language", ""))


def in_language(request: Request, html: str, status: int = 200) -> Response:
    """An answer in ``language_of`` the request; one chosen in the address is remembered."""
    answer = HTMLResponse(html, status, {"Vary": "Accept-Language, Cookie"})
    if _COOKIE in request.query_params:
        answer.set_cookie(
            _COOKIE,
            language_of(request),
            max_age=_COOKIE_AGE_S,
            httponly=True,
            samesite="strict",
        )
    return answer
