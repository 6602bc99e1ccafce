"""What every answer and every request of a page must be.

Nothing may frame, sniff or cache our pages, no script or style runs in them but our own files, and
another site's page can make a browser ask only what the application allows to strangers.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SOURCES: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(f"{kind} {source}" for kind, source in _SOURCES.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})


def reads(scope: Scope) -> bool:
    """Allow strangers to read: right where a sign-in stands before every page."""
    return scope["method"] in _SAFE_METHODS


def follows_a_link(scope: Scope) -> bool:
    """Allow strangers nothing but to lead a person here: right where there is no sign-in."""
    return reads(scope) and Headers(scope=scope).get("sec-fetch-mode") == "navigate"


class Guard:
    """ASGI middleware around everything. Streams pass through unbuffered."""

    def __init__(self, app: ASGIApp, strangers_may: Callable[[Scope], bool]) -> None:
        """``strangers_may`` tells which requests another site's page may cause."""
        self._app = app
        self._strangers_may = strangers_may

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not ours, complete what is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message))
            await send(message)

        if _is_foreign(scope) and not self._strangers_may(scope):
            refusal = PlainTextResponse("This was not asked from our own page.", 403)
            await refusal(scope, receive, completed)
            return
        await self._app(scope, receive, completed)


def _complete(headers: MutableHeaders) -> None:
    for name, value in _HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")


def _is_foreign(scope: Scope) -> bool:
    """Whether another site's page makes this browser ask.

    Every browser of the last years says where a request comes from; programs say nothing.
    """
    return Headers(scope=scope).get("sec-fetch-site", "none") not in _OWN_SITE
