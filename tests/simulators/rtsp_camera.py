"""A camera that speaks RTSP 1.0 over TCP and sends Motion JPEG or H.264.

    with RtspCamera(Broadcast(jpegs(film))) as camera:
        cv2.VideoCapture(camera.address)

It knows what a viewer of one video needs: OPTIONS, DESCRIBE, SETUP (interleaved), PLAY, TEARDOWN,
and Basic authentication.
"""

from __future__ import annotations

import socket
import socketserver
import struct
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress

from tests.simulators.broadcast import Broadcast, Shot
from tests.simulators.network_camera import NetworkCamera
from tests.simulators.processes import free_port
from tests.simulators.rtp_packing import MOTION_JPEG, Packing

_CLOCK_HZ = 90_000
_MARK = 0x80


class RtspCamera(NetworkCamera):
    """Listens on a free port of loopback, or on a given one."""

    def __init__(
        self,
        broadcast: Broadcast,
        port: int | None = None,
        packing: Packing = MOTION_JPEG,
    ) -> None:
        self._server = _Server(port or free_port(), broadcast, packing)
        super().__init__(broadcast, self._server)

    @property
    def address(self) -> str:
        """Where it can be watched."""
        return f"rtsp://127.0.0.1:{self.port}/door"

    def hang_up(self) -> None:
        super().hang_up()
        self._server.hang_up()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, broadcast: Broadcast, packing: Packing) -> None:
        super().__init__(("127.0.0.1", port), _Viewer)
        self.broadcast = broadcast
        self.packing = packing
        self.connections: list[socket.socket] = []

    def hang_up(self) -> None:
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Viewer(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.connections.append(self.connection)
        with suppress(OSError):
            while request := self._request():
                if not self._answer(*request):
                    return

    def _request(self) -> tuple[str, dict[str, str]] | None:
        first = self.rfile.readline().decode()
        headers = {}
        while (line := self.rfile.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return (first.split()[0], headers) if first.strip() else None

    def _answer(self, verb: str, headers: dict[str, str]) -> bool:
        """Whether there is more to talk about; what is said during the showing is not heard."""
        number = headers.get("cseq", "0")
        if verb != "OPTIONS" and not self._welcome(headers):
            self._say("401 Unauthorized", number, 'WWW-Authenticate: Basic realm="camera"')
            return True
        match verb:
            case "OPTIONS":
                self._say("200 OK", number, "Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
            case "DESCRIBE":
                self._say("200 OK", number, "Content-Type: application/sdp", body=self._sdp())
            case "SETUP":
                transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
                self._say("200 OK", number, transport, "Session: 1")
            case "PLAY":
                self._say("200 OK", number, "Session: 1")
                self._play()
            case _:
                self._say("200 OK", number, "Session: 1")
        return verb not in ("PLAY", "TEARDOWN")

    def _welcome(self, headers: dict[str, str]) -> bool:
        login = self.server.broadcast.login
        told = headers.get("authorization", "")
        return not login or told == f"Basic {b64encode(login.encode()).decode()}"

    def _say(self, status: str, number: str, *headers: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {number}", *headers, f"Content-Length: {len(body)}"]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _sdp(self) -> str:
        packing = self.server.packing
        return "\r\n".join(
            (
                "v=0",
                "o=- 1 1 IN IP4 127.0.0.1",
                "s=door",
                "c=IN IP4 0.0.0.0",
                "t=0 0",
                f"m=video 0 RTP/AVP {packing.payload_type}",
                *packing.description,
                f"a=framerate:{self.server.broadcast.fps:g}",
                "a=control:track1",
                "",
            )
        )

    def _play(self) -> None:
        sequence = 0
        for shot in self.server.broadcast.shots():
            for packet in _packets(shot, self.server.packing, sequence):
                self.wfile.write(b"$\x00" + struct.pack(">H", len(packet)) + packet)
                sequence += 1


def _packets(shot: Shot, packing: Packing, sequence: int) -> Iterator[bytes]:
    """RTP packets of one picture; the last one is marked."""
    payloads = list(packing.payloads(shot.picture))
    stamp = round(shot.at_s * _CLOCK_HZ) & 0xFFFFFFFF
    for place, payload in enumerate(payloads):
        mark = _MARK if place == len(payloads) - 1 else 0
        number = (sequence + place) & 0xFFFF
        kind = mark | packing.payload_type
        yield struct.pack(">BBHII", 0x80, kind, number, stamp, 1) + payload
