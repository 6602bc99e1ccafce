"""The HTTP server of the console and the API."""

from __future__ import annotations

from starlette.types import ASGIApp

from cloud.config import HttpSettings
from cloud.errors import BadConfiguration, FaultyService
from models.runtime.logs import get_logger
from models.web.serving import ServerThread, quiet

_LOG = get_logger(__name__)


class HttpServer:
    """Serves one application. Start and stop once each."""

    def __init__(self, settings: HttpSettings, app: ASGIApp) -> None:
        self._settings = settings
        self._server = ServerThread(quiet(app), settings.host, settings.port, "http")

    @property
    def url(self) -> str:
        """The address, with the port that was taken."""
        return self._server.url

    def start(self) -> None:
        """Listen, and return when requests are answered.

        Raises:
            BadConfiguration: the address cannot be listened on.
            FaultyService: the application did not start.
        """
        try:
            self._server.listen()
        except OSError as error:
            raise BadConfiguration(
                f"http.port {self._settings.port} on {self._settings.host}: {error.strerror}; "
                "end the other program that uses it, or set another port"
            ) from error
        if not self._server.start():
            raise FaultyService(f"the console at {self.url} did not start; see the log")
        _LOG.info("http_serving", url=self.url)

    def stop(self) -> None:
        """End open connections and the thread."""
        self._server.stop()
