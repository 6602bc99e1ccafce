"""The page's server: uvicorn in a thread of its own, started and stopped by the agent."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

import uvicorn
from prometheus_client import CollectorRegistry

from agent.config import TabletSettings
from agent.errors import BadConfiguration, FaultyDevice
from agent.health.status import Status
from agent.replica import Replica
from agent.tablet.line import Line
from agent.tablet.screen import Shop
from agent.tablet.site import Limits, build_site
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_START_S: Final = 10.0
_STOP_S: Final = 10.0
_GRACE_S: Final = 2


class TabletServer:
    """Serves the guide's page. Start and stop once each, from one thread."""

    def __init__(
        self,
        settings: TabletSettings,
        replica: Replica,
        *,
        line: Line,
        clock: Clock,
        shop: Shop,
        limits: Limits | None = None,
        figures: CollectorRegistry | None = None,
        status: Callable[[], Status] | None = None,
    ) -> None:
        """Put the page together; no port is opened yet.

        Args:
            settings: where to listen; port 0 takes any free one. Where the guide's page is not
                enabled, only programs and the status page are answered.
            replica: the cards; stays the caller's to close, after ``stop``.
            line: tells whether the cloud can be reached.
            clock: for "today", and for how long details stay shown.
            shop: its name, time zone and phone region.
            limits: what a guide may do, and for how long.
            figures: the agent's counters, shown to programs on this box at ``/metrics``.
            status: how the agent is, for the page at ``/status``; without it there is none.

        Raises:
            BadConfiguration: the host is not this box. The page knows no sign-in, so on a network
                it would show members to everybody.
        """
        self._host = _loopback(settings.host)
        self._port = settings.port
        self._site = build_site(
            replica,
            line=line,
            clock=clock,
            shop=shop,
            limits=limits or Limits(),
            figures=figures or CollectorRegistry(),
            status=status,
            guide=settings.enabled,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._running = threading.Event()

    @property
    def url(self) -> str:
        """The page's address, once it was started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> None:
        """Listen and return when the page can be opened.

        Raises:
            BadConfiguration: the port is taken.
            FaultyDevice: the server did not come up.
        """
        listener = self._listen()
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._site.app,
                http="h11",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._thread = threading.Thread(
            target=self._run, args=(self._server, listener), name="tablet", daemon=True
        )
        self._thread.start()
        if not self._running.wait(_START_S) or not self._thread.is_alive():
            raise FaultyDevice(f"the guide's page at {self.url} did not start; see the log")
        _LOG.info("tablet_page_started", url=self.url)

    def stop(self) -> None:
        """Say goodbye to every open page and wait for the thread; does nothing a second time."""
        if self._server is None or self._thread is None or self._loop is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._site.hub.close)
            self._server.should_exit = True
            self._thread.join(_STOP_S)
        self._server = None
        _LOG.info("tablet_page_stopped")

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            listener = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            raise BadConfiguration(
                f"tablet.port {self._port}: {error.strerror}; end the other program that uses it, "
                "or set another port"
            ) from error
        self._port = listener.getsockname()[1]
        return listener

    def _run(self, server: uvicorn.Server, listener: socket.socket) -> None:
        asyncio.run(self._serve(server, listener))

    async def _serve(self, server: uvicorn.Server, listener: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._running.set)
        await server.serve(sockets=[listener])


def _loopback(host: str) -> str:
    address = "127.0.0.1" if host == "localhost" else host
    try:
        if ip_address(address).is_loopback:
            return address
    except ValueError:
        pass
    raise BadConfiguration(
        f"tablet.host {host!r} is not this box, and the page knows no sign-in yet: on a network it "
        "would show members to everybody; use 127.0.0.1"
    )
