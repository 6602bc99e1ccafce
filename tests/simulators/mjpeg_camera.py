"""A camera that sends Motion JPEG over HTTP, part after part, as many cheap ones do."""

from __future__ import annotations

import threading
from base64 import b64encode
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.simulators.broadcast import Broadcast


class MjpegCamera:
    """Listens on a free port of loopback, or on a given one. A context manager."""

    def __init__(self, broadcast: Broadcast, port: int = 0) -> None:
        self.broadcast = broadcast
        self._server = _Server(broadcast, port)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it can be watched."""
        return f"http://127.0.0.1:{self.port}/video.mjpg"

    def vanish(self) -> None:
        """End every showing and answer nobody any more. Idempotent."""
        self.broadcast.cut()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.vanish()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, broadcast: Broadcast, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Viewer)
        self.broadcast = broadcast


class _Viewer(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        broadcast = self.server.broadcast
        wanted = f"Basic {b64encode(broadcast.login.encode()).decode()}"
        if broadcast.login and self.headers.get("Authorization") != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        with suppress(OSError):
            for shot in broadcast.shots():
                head = (
                    f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(shot.picture)}"
                )
                self.wfile.write(head.encode() + b"\r\n\r\n" + shot.picture + b"\r\n")

    def log_message(self, *_args: Any) -> None:
        """Nothing is printed."""
