"""The till's door: a listener of its own, apart from the guide's page, in threads of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import uvicorn

from agent.capture.pos.sink import SaleSink
from agent.capture.pos.web.aside import Aside
from agent.capture.pos.web.book import AnswerBook
from agent.capture.pos.web.connections import bounded
from agent.capture.pos.web.desk import DeskStatus, TransactionDesk
from agent.capture.pos.web.reading import BodyReader
from agent.capture.pos.web.secret_files import BearerTokens
from agent.capture.pos.web.site import Bounds, Door, Hook, build_site
from agent.config.web import WebSettings
from agent.errors import BadConfiguration, FaultyDevice
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_START_S: Final = 10.0
_STOP_S: Final = 10.0
_GRACE_S: Final = 2
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
        self._tokens = tokens
        self._readers = readers
        self._hooks = hooks
        self._book = book
        self._desk = TransactionDesk(sink, aside, book, clock)
        self._port = settings.port
        self._running = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._worker: ThreadPoolExecutor | None = None

    @property
    def url(self) -> str:
        """The door's address, once it was started."""
        host = self._settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def status(self) -> WebStatus:
        """The latest figures. Safe from any thread."""
        thread = self._thread
        return WebStatus(thread is not None and thread.is_alive(), self._desk.status)

    def start(self) -> None:
        """Listen, and return when tills can connect.

        Raises:
            BadConfiguration: the port is taken, or the address is not this box's.
            DiskUnusable: the book of answers cannot be opened.
            FaultyDevice: the server did not come up.
        """
        self._book.open()
        try:
            listener = self._listen()
        except BadConfiguration:
            self._book.close()
            raise
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="web-desk")
        self._server = uvicorn.Server(self._config(self._worker))
        self._thread = threading.Thread(
            target=self._run, args=(self._server, listener), name="web-door", daemon=True
        )
        self._thread.start()
        if not self._running.wait(_START_S) or not self._thread.is_alive():
            raise FaultyDevice(f"the door for tills at {self.url} did not start; see the log")
        _LOG.info("web_door_started", url=self.url)

    def stop(self) -> None:
        """Finish what is under way, then end; does nothing a second time."""
        if self._server is None or self._thread is None or self._worker is None:
            return
        self._server.should_exit = True
        self._thread.join(_STOP_S)
        self._worker.shutdown()
        self._book.close()
        self._server = self._thread = self._worker = None
        _LOG.info("web_door_stopped")

    def _config(self, worker: ThreadPoolExecutor) -> uvicorn.Config:
        settings = self._settings
        bounds = Bounds(settings.max_body_bytes, settings.body_s, settings.most_connections)
        door = Door(self._desk, self._tokens, self._readers, bounds, worker)
        return uvicorn.Config(
            build_site(door, self._hooks),
            http=bounded(settings.head_s, settings.most_connections),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=_HEAD_BYTES,
            timeout_graceful_shutdown=_GRACE_S,
        )

    def _listen(self) -> socket.socket:
        host = self._settings.host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, self._port), family=family)
        except OSError as error:
            raise BadConfiguration(
                f"web.host {host}, web.port {self._port}: {error.strerror}; end the other program "
                "that uses it, or set another port"
            ) from error
        self._port = listener.getsockname()[1]
        return listener

    def _run(self, server: uvicorn.Server, listener: socket.socket) -> None:
        asyncio.run(self._serve(server, listener))

    async def _serve(self, server: uvicorn.Server, listener: socket.socket) -> None:
        asyncio.get_running_loop().call_soon(self._running.set)
        await server.serve(sockets=[listener])
