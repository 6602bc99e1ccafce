"""An HTTP server in a thread of its own, so that the process has one way to begin and to end.

    server = ServerThread(quiet(app), "127.0.0.1", 0, "http")
    server.listen()          # OSError where the port is taken
    if not server.start():   # requests are answered from here on
        ...
    server.stop()

Uvicorn serves it. What went wrong is told in the words of whoever owns the door.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

_START_S: Final = 15.0
_STOP_S: Final = 10.0
_GRACE_S: Final = 2
_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def quiet(app: ASGIApp, **settings: Any) -> uvicorn.Config:
    """Uvicorn as all our doors have it: HTTP/1.1 alone, no word about itself, and no access log.

    Addresses in a log may one day name somebody, and proxies are none of ours, so what a request
    says of them is not believed.
    """
    return uvicorn.Config(
        app,
        **{"http": "h11"} | settings,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )


class ServerThread:
    """One server. Listen, start and stop once each, in this order and from one thread."""

    def __init__(self, config: uvicorn.Config, host: str, port: int, name: str) -> None:
        """Nothing is opened yet.

        Args:
            config: what is served, and how.
            host: the address to listen on.
            port: 0 takes any free one.
            name: of the thread.
        """
        self._server = _Server(config)
        self._host = host
        self._port = port
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def url(self) -> str:
        """Where this box reaches it, with the port that was taken."""
        host = _ANY.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def is_alive(self) -> bool:
        """Whether it serves. Safe from any thread."""
        return self._thread.is_alive()

    def listen(self) -> None:
        """Take the port; raises OSError."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._listener = socket.create_server((self._host, self._port), family=family)
        self._port = self._listener.getsockname()[1]

    def start(self) -> bool:
        """Serve; returns when requests are answered, False where the application does not start."""
        self._thread.start()
        return self._server.up.wait(_START_S) and self._server.started

    def stop(self, farewell: Callable[[], None] | None = None) -> None:
        """Finish what is under way and end the thread; does nothing where none runs.

        ``farewell`` is called in the server's own loop, for whoever would be waited for in vain.
        """
        if not self._thread.is_alive():
            return
        if farewell is not None and self._server.loop is not None:
            self._server.loop.call_soon_threadsafe(farewell)
        self._server.should_exit = True
        self._thread.join(_STOP_S)

    def _run(self) -> None:
        assert self._listener is not None, "listen() comes first"
        try:
            # Uvicorn would end the process where the application does not start; ``start`` tells.
            with self._listener, suppress(SystemExit):
                asyncio.run(self._server.serve(sockets=[self._listener]))
        finally:
            self._server.up.set()


class _Server(uvicorn.Server):
    """Tells when it is up.

    Attributes:
        up: set when it has started, or is not going to.
        loop: its event loop, once it runs.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        self.up.set()
