"""What every answer and every request must be, even on the loopback.

Any page in the tablet's browser can send requests to this port. A foreign host name (DNS
rebinding) is refused, whatever a foreign site's page sends is refused, and nothing may frame,
cache, sniff or script our pages.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")

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


class Guard:
    """ASGI middleware around everything. Streams pass through unbuffered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = TrustedHostMiddleware(app, list(LOOPBACK_NAMES), www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not ours, complete what is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message))
            await send(message)

        if _is_foreign(scope):
            refusal = PlainTextResponse("This was not asked from our own page.", 403)
            await refusal(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)


def _complete(headers: MutableHeaders) -> None:
    for name, value in _HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")


def _is_foreign(scope: Scope) -> bool:
    """Whether another site's page makes this browser ask; following a link to us is allowed.

    Every browser of the last years says where a request comes from; programs say nothing.
    """
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-site", "none") in _OWN_SITE:
        return False
    follows_link = headers.get("sec-fetch-mode") == "navigate" and scope["method"] in _SAFE_METHODS
    return not follows_link
