"""Answers ``/healthz``, ``/readyz`` and ``/metrics`` for one worker.

Python's own small server: a worker should not need a web framework to say that it is alive.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from cloud.config import HealthSettings
from cloud.errors import BadConfiguration
from cloud.ingest.health.standing import Family, Standing
from models.runtime.logs import get_logger

log = get_logger(__name__)

_TEXT: Final = "text/plain; charset=utf-8"
_PATIENCE_S: Final = 5.0
"""Whoever connects and says nothing is let go."""


class HealthServer:
    """Start and stop once each."""

    def __init__(self, settings: HealthSettings) -> None:
        """Listens at once, so that the address is known; answers from ``start`` on.

        Raises:
            BadConfiguration: the address cannot be listened on.
        """
        try:
            self._server = _Server((settings.host, settings.port), _Handler)
        except OSError as error:
            raise BadConfiguration(
                f"health.port {settings.port} on {settings.host}: {error.strerror}; give every "
                "worker a port of its own, or 0"
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it is, with the port that was taken."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self, standing: Standing) -> None:
        """Answer from now on, in a thread."""
        self._server.standing = standing
        self._server.registry.register(_Collected(standing))
        self._thread.start()
        log.info("health_served", url=self.url)

    def stop(self) -> None:
        """End the thread and close the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Collected(Collector):
    """A standing as a registry wants it."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing

    def collect(self) -> Iterator[Family]:
        return self._standing.families()

    def describe(self) -> Iterator[Family]:
        """Nothing: names are the closed list's own, and asking is not for the start."""
        return iter(())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    standing: Standing

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self.registry = CollectorRegistry()
        super().__init__(address, handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        """Answer one question."""
        match self.path.partition("?")[0]:
            case "/healthz":
                self._say(self.server.standing.why_not_alive())
            case "/readyz":
                self._say(self.server.standing.why_not_ready())
            case "/metrics":
                figures = generate_latest(self.server.registry)
                self._answer(HTTPStatus.OK, figures, CONTENT_TYPE_PLAIN_0_0_4)
            case _:
                self._answer(HTTPStatus.NOT_FOUND, b"/healthz, /readyz or /metrics\n", _TEXT)

    def _say(self, why_not: str) -> None:
        status = HTTPStatus.SERVICE_UNAVAILABLE if why_not else HTTPStatus.OK
        self._answer(status, f"{why_not or 'ok'}\n".encode(), _TEXT)

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Who asks how we are every few seconds is no news."""
