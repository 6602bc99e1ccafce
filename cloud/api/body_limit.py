"""Refuses requests that are larger than any of ours needs to be, with a problem like any other.

(The framework has such a limit, too, but answers in plain text before our renderer is asked.)
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware. Counts what arrives, whatever the request says of its own length."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; reading too much of it raises, inside the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        arrived = int(announced) if announced.isdecimal() else 0

        async def counted() -> Message:
            nonlocal arrived
            if arrived <= self._largest:
                message = await receive()
                if not announced:
                    arrived += len(message.get("body", b""))
                if arrived <= self._largest:
                    return message
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

        await self._app(scope, counted, send)
