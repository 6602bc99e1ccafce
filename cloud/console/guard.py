"""What every answer and every request must be.

Nothing may frame, sniff or cache our pages, no script or style runs in them but our own files, and
no other site's page may make a browser send us a form.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_POLICY: Final = {
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
    "Content-Security-Policy": "; ".join(f"{what} {whence}" for what, whence in _POLICY.items()),
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
    """ASGI middleware around all pages. Streams pass through unbuffered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what another site sent, complete what we answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if _is_foreign(scope):
            refusal = PlainTextResponse("This form was not sent from our own page.", 403)
            await refusal(scope, receive, completed)
            return
        await self._app(scope, receive, completed)


def _is_foreign(scope: Scope) -> bool:
    """Whether another site's page makes this browser send a form.

    Browsers say so by themselves; the token in each form is the proof for those that do not.
    """
    if scope["method"] in _SAFE_METHODS:
        return False
    return Headers(scope=scope).get("sec-fetch-site", "none") not in _OWN_SITE
