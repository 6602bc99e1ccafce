"""A broker of few words: it answers every CONNECT with given bytes, so that any refusal can be met.

    with scripted_broker(connack(0, receive_maximum=3)) as broker:
        PahoTransport([broker.endpoint], ...)

It grants subscriptions, keeps what was published, and never PUBACKs. Packets: MQTT 5, section 2.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agent.config import Endpoint

CONNECT, PUBLISH, SUBSCRIBE = 0x10, 0x30, 0x80


def connack(
    reason: int, *, receive_maximum: int | None = None, packet_maximum: int | None = None
) -> bytes:
    """MQTT 5's answer to a CONNECT."""
    properties = b"" if receive_maximum is None else b"\x21" + receive_maximum.to_bytes(2, "big")
    if packet_maximum is not None:
        properties += b"\x27" + packet_maximum.to_bytes(4, "big")
    body = bytes([0, reason, len(properties)]) + properties
    return bytes([0x20, len(body)]) + body


def connack_311(code: int) -> bytes:
    """MQTT 3.1.1's answer to a CONNECT."""
    return bytes([0x20, 2, 0, code])


def disconnect(reason: int) -> bytes:
    """MQTT 5's last word of a broker."""
    return bytes([0xE0, 1, reason])


HANG_UP = b""
"""No answer to a CONNECT: the connection is closed."""


@dataclass
class ScriptedBroker:
    """What it was told to answer and what it heard.

    Attributes:
        answers: to the first CONNECT, the second...; the last one again and again.
        versions: the protocol level of each CONNECT.
        published: how many PUBLISH packets came.
        last_word: said to whoever publishes, before the connection is closed; nothing where empty.
    """

    answers: list[bytes]
    endpoint: Endpoint
    versions: list[int] = field(default_factory=list)
    published: int = 0
    last_word: bytes = b""

    def serve(self, line: socket.socket) -> None:
        """One connection, until either side ends it."""
        while True:
            kind, body = _packet(line)
            if kind == CONNECT:
                self.versions.append(body[6])
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer == HANG_UP:
                    return
                line.sendall(answer)
            elif kind == SUBSCRIBE:
                line.sendall(self._granted(body))
            elif kind == PUBLISH:
                self.published += 1
                if self.last_word:
                    line.sendall(self.last_word)
                    return

    def _granted(self, body: bytes) -> bytes:
        """A SUBACK that grants the one or two filters of the tests QoS 1."""
        five = self.versions[-1] == 5
        reasons = (b"\x00" if five else b"") + b"\x01"
        return bytes([0x90, 2 + len(reasons)]) + body[:2] + reasons


@contextmanager
def scripted_broker(*answers: bytes, port: int = 0) -> Iterator[ScriptedBroker]:
    """A listening scripted broker; one client at a time."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        endpoint = Endpoint("127.0.0.1", listening.getsockname()[1], tls=False)
        broker = ScriptedBroker(list(answers), endpoint)
        thread = threading.Thread(target=_serve_all, args=(listening, broker))
        thread.start()
        try:
            yield broker
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(30)


def _serve_all(listening: socket.socket, broker: ScriptedBroker) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:
            return
        with line:
            line.settimeout(30)
            try:
                broker.serve(line)
            except (EOFError, OSError):
                continue


def _packet(line: socket.socket) -> tuple[int, bytes]:
    kind = _exactly(line, 1)[0] & 0xF0
    length, shift = 0, 0
    while True:
        digit = _exactly(line, 1)[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if digit < 0x80:
            return kind, _exactly(line, length)


def _exactly(line: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = line.recv(count - len(got))
        if not more:
            raise EOFError
        got += more
    return got
