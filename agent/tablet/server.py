"""The page's server, started and stopped by the agent."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING

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
from models.web.serving import ServerThread, quiet

if TYPE_CHECKING:
    from agent.tablet.setup.pages import SetupParts

_LOG = get_logger(__name__)


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
        setup: SetupParts | None = None,
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
            setup: the cameras, for the page at ``/setup``; without it there is none.

        Raises:
            BadConfiguration: the host is not this box. The page knows no sign-in, so on a network
                it would show members to everybody.
        """
        host = _loopback(settings.host)
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
            setup=setup,
        )
        self._server = ServerThread(quiet(self._site.app), host, settings.port, "tablet")

    @property
    def url(self) -> str:
        """The page's address, once it was started."""
        return self._server.url

    def start(self) -> None:
        """Listen and return when the page can be opened.

        Raises:
            BadConfiguration: the port is taken.
            FaultyDevice: the server did not come up.
        """
        try:
            self._server.listen()
        except OSError as error:
            raise BadConfiguration(
                f"tablet.port {self._port}: {error.strerror}; end the other program that uses it, "
                "or set another port"
            ) from error
        if not self._server.start():
            raise FaultyDevice(f"the guide's page at {self.url} did not start; see the log")
        _LOG.info("tablet_page_started", url=self.url)

    def stop(self) -> None:
        """Say goodbye to every open page and wait for the thread; does nothing a second time."""
        if self._server.is_alive:
            self._server.stop(farewell=self._site.close)
            _LOG.info("tablet_page_stopped")


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
