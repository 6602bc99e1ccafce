"""The HTTP server: uvicorn in a thread of its own, so that the process has one way to end."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from cloud.config import HttpSettings
from cloud.errors import BadConfiguration, FaultyService
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)
_START_S: Final = 15.0
_STOP_S: Final = 10.0


class HttpServer:
    """Serves one application. Start and stop once each."""

    def __init__(self, settings: HttpSettings, app: ASGIApp) -> None:
        self._host = settings.host
        self._port = settings.port
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                log_config=None,
                access_log=False,  # addresses may one day name somebody
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def url(self) -> str:
        """The address, with the port that was taken."""
        host = "127.0.0.1" if self._host in ("0.0.0.0", "::") else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> None:
        """Listen, and return when requests are answered.

        Raises:
            BadConfiguration: the address cannot be listened on.
            FaultyService: the application did not start.
        """
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            self._listener = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            raise BadConfiguration(
                f"http.port {self._port} on {self._host}: {error.strerror}; end the other program "
                "that uses it, or set another port"
            ) from error
        self._port = self._listener.getsockname()[1]
        self._thread.start()
        waited_s = 0.0
        while not self._server.started:
            self._thread.join(0.02)
            waited_s += 0.02
            if not self._thread.is_alive() or waited_s > _START_S:
                raise FaultyService(f"the console at {self.url} did not start; see the log")
        _LOG.info("http_serving", url=self.url)

    def stop(self) -> None:
        """End open connections and the thread."""
        self._server.should_exit = True
        self._thread.join(_STOP_S)

    def _run(self) -> None:
        assert self._listener is not None, "start() opens the listener"
        asyncio.run(self._server.serve(sockets=[self._listener]))
