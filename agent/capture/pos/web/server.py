"""The till's door: a listener of its own, apart from the guide's page, in threads of its own."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp

from agent.capture.pos.sink import SaleSink
from agent.capture.pos.web.aside import Aside
from agent.capture.pos.web.bearer import BearerTokens
from agent.capture.pos.web.book import AnswerBook
from agent.capture.pos.web.connections import bounded
from agent.capture.pos.web.desk import DeskStatus, TransactionDesk
from agent.capture.pos.web.reading import BodyReader
from agent.capture.pos.web.site import Bounds, Door, Hook, build_site
from agent.config.web import WebSettings
from agent.errors import BadConfiguration, FaultyDevice
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.web.serving import ServerThread, quiet

_LOG = get_logger(__name__)

_HEAD_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class WebStatus:
    """How it stands with the door.

    Attributes:
        listening: whether tills can connect.
        desk: the figures of what came.
    """

    listening: bool
    desk: DeskStatus


class WebDoor:
    """One door. Start and stop once each, from one thread."""

    def __init__(
        self,
        settings: WebSettings,
        tokens: BearerTokens,
        *,
        readers: Mapping[str, BodyReader],
        hooks: Mapping[str, Hook],
        sink: SaleSink,
        aside: Aside,
        book: AnswerBook,
        clock: Clock,
    ) -> None:
        """Put it together; no port is opened yet.

        Args:
            settings: where to listen, and what a request may cost.
            tokens: who may post.
            readers: by media type, what reads a posted body.
            hooks: webhooks by the last part of their address.
            sink: where sales go; used from one thread of the door's.
            aside: where what cannot be captured goes; used from the same.
            book: what was answered; opened and closed by the door.
            clock: for times in the book.
        """
        self._settings = settings
        self._book = book
        self._desk = TransactionDesk(sink, aside, book, clock)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="web-desk")
        bounds = Bounds(settings.max_body_bytes, settings.body_s, settings.most_connections)
        door = Door(self._desk, tokens, readers, bounds, self._worker)
        self._server = _server(settings, build_site(door, hooks))
        self._is_open = False

    @property
    def url(self) -> str:
        """The door's address, once it was started."""
        return self._server.url

    @property
    def status(self) -> WebStatus:
        """The latest figures. Safe from any thread."""
        return WebStatus(self._server.is_alive, self._desk.status)

    def start(self) -> None:
        """Listen, and return when tills can connect.

        Raises:
            BadConfiguration: the port is taken, or the address is not this box's.
            DiskUnusable: the book of answers cannot be opened.
            FaultyDevice: the server did not come up.
        """
        self._book.open()
        try:
            self._server.listen()
        except OSError as error:
            self._book.close()
            raise BadConfiguration(
                f"web.host {self._settings.host}, web.port {self._settings.port}: "
                f"{error.strerror}; end the other program that uses it, or set another port"
            ) from error
        self._is_open = True
        if not self._server.start():
            raise FaultyDevice(f"the door for tills at {self.url} did not start; see the log")
        _LOG.info("web_door_started", url=self.url)

    def stop(self) -> None:
        """Finish what is under way, then end; does nothing a second time."""
        if not self._is_open:
            return
        self._is_open = False
        self._server.stop()
        self._worker.shutdown()
        self._book.close()
        _LOG.info("web_door_stopped")


def _server(settings: WebSettings, site: ASGIApp) -> ServerThread:
    config = quiet(
        site,
        http=bounded(settings.head_s, settings.most_connections),
        lifespan="off",
        h11_max_incomplete_event_size=_HEAD_BYTES,
    )
    return ServerThread(config, settings.host, settings.port, "web-door")
