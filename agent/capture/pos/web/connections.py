"""Connections that nobody can hold open: a head comes in time, and each carries one request.

Uvicorn bounds the wait between requests, not the wait for the first one, and it accepts whoever
comes. A till's door is on a network with everything else of the shop in it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from agent.capture.pos.web.answers import Trouble, retry_later

_BUSY: Final = retry_later(Trouble.UNAVAILABLE, "too many at once; try again", 1).answer()


def bounded(head_s: float, most: int) -> type[asyncio.Protocol]:
    """A protocol whose connections must send a head within ``head_s``, ``most`` of them at once."""

    class Bounded(H11Protocol):
        def __init__(
            self,
            config: Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, _loop)
            self._late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the parent's
            super().connection_made(transport)
            if len(self.connections) > most:
                transport.write(_head(_BUSY.status, _BUSY.media_type, _BUSY.body))
                transport.close()
                return
            self._late = self.loop.call_later(head_s, self._give_up)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._late is not None:
                self._late.cancel()
            super().connection_lost(exc)

        def _give_up(self) -> None:
            if not self._has_head and not self.transport.is_closing():
                self.transport.abort()

        @property
        def _has_head(self) -> bool:
            # Uvicorn's own typing leaves out that there is none at first.
            return bool(self.cycle)

    return Bounded


def _head(status: int, media_type: str, body: bytes) -> bytes:
    lines = (
        f"HTTP/1.1 {status} Service Unavailable",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        "Retry-After: 1",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode() + body
