"""A camera that sends Motion JPEG over HTTP, part after part, as many cheap ones do."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.simulators.broadcast import Broadcast
from tests.simulators.network_camera import NetworkCamera
from tests.simulators.processes import free_port


class MjpegCamera(NetworkCamera):
    """Listens on a free port of loopback, or on a given one."""

    def __init__(self, broadcast: Broadcast, port: int | None = None) -> None:
        super().__init__(broadcast, _Server(broadcast, port or free_port()))

    @property
    def address(self) -> str:
        """Where it can be watched."""
        return f"http://127.0.0.1:{self.port}/video.mjpg"


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
