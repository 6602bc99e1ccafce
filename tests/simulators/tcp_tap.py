"""A wire tap: a TCP port before a server that passes everything on and remembers every byte.

with TcpTap(("127.0.0.1", broker_port)) as tap:
    ...                                   # clients connect to tap.port
messages(tap.streams())                   # every MQTT message, both ways
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

_CHUNK: Final = 64 * 1024
_PUBLISH: Final = 3
_QOS: Final = 0b0110
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT 3.1.1 PUBLISH."""

    topic: str
    payload: bytes


class TcpTap:
    """Listens on a free port of loopback; one thread per connection and direction."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._heard: list[bytearray] = []
        self._open: list[socket.socket] = []
        self._closed = False
        self._lock = threading.Lock()

    def streams(self) -> list[bytes]:
        """What was said so far, per connection and direction."""
        with self._lock:
            return [bytes(each) for each in self._heard]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            self._closed = True
            for connection in self._open:
                connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._server, timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self._tap(client, server)
            self._tap(server, client)

    def _tap(self, talker: socket.socket, listener: socket.socket) -> None:
        heard = bytearray()
        with self._lock:
            if self._closed:  # whoever is taken on while the tap closes is nobody's else
                talker.close()
                return
            self._heard.append(heard)
            self._open.append(talker)
        threading.Thread(target=self._pass_on, args=(talker, listener, heard), daemon=True).start()

    def _pass_on(self, talker: socket.socket, listener: socket.socket, heard: bytearray) -> None:
        try:
            while chunk := talker.recv(_CHUNK):
                with self._lock:
                    heard += chunk
                listener.sendall(chunk)
            listener.shutdown(socket.SHUT_WR)
        except OSError:
            listener.close()


def messages(streams: list[bytes]) -> Iterator[Message]:
    """Every whole PUBLISH in these streams, in order within each."""
    for stream in streams:
        position = 0
        while (packet := _packet(stream, position)) is not None:
            flags, body, position = packet
            if flags >> 4 == _PUBLISH:
                yield _message(flags, body)


def _packet(stream: bytes, position: int) -> tuple[int, bytes, int] | None:
    """Its first byte, its body, and where the next one begins; None where it is not whole."""
    length = 0
    for digit in range(_LENGTH_BYTES):
        at = position + 1 + digit
        if at >= len(stream):
            return None
        length |= (stream[at] & 0x7F) << 7 * digit
        if stream[at] < 0x80:
            begin, end = at + 1, at + 1 + length
            return (stream[position], stream[begin:end], end) if end <= len(stream) else None
    raise ValueError(f"no MQTT at byte {position}")


def _message(flags: int, body: bytes) -> Message:
    topic_end = 2 + int.from_bytes(body[:2], "big")
    payload_begin = topic_end + (2 if flags & _QOS else 0)
    return Message(body[2:topic_end].decode(), body[payload_begin:])
