"""What every camera on the network has, whatever it speaks: a place to listen at, and an end."""

from __future__ import annotations

import socketserver
import threading
from typing import Self

from tests.simulators.broadcast import Broadcast


class NetworkCamera:
    """Serves on a thread of its own until it vanishes. A context manager.

    Attributes:
        broadcast: what it shows.
        port: on loopback.
    """

    def __init__(self, broadcast: Broadcast, server: socketserver.TCPServer) -> None:
        self.broadcast = broadcast
        self.port = int(server.server_address[1])
        self._listening = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        self._thread.start()

    def hang_up(self) -> None:
        """End every showing."""
        self.broadcast.cut()

    def vanish(self) -> None:
        """Hang up on everybody and answer nobody any more. Idempotent."""
        self._listening.shutdown()
        self.hang_up()
        self._thread.join()
        self._listening.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.vanish()
