"""Bounds for what the NATS server keeps of MQTT, which its configuration cannot set.

The server makes its MQTT streams itself, without limits: a worker's session that nobody ends would
fill the disk, and a full disk locks every client out. So, over the NATS protocol on loopback:

- ``$MQTT_msgs``, QoS 1 messages: bounded by size and age, oldest dropped, and kept by *limits*
  instead of by *interest*. By interest the server asks every consumer about every message:
  measured with 1,000 devices of two filters each, 3,950 µs of CPU a message against 140 µs. The
  price is that delivered messages, too, stay on disk until they are too old or too many.
- ``$MQTT_rmsgs``, retained messages: bounded by size, oldest dropped.

Both outlive a restart; setting them again changes nothing.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, BinaryIO, Final, Self
from urllib.parse import urlsplit

from cloud.errors import BrokerUnavailable

_INBOX: Final = "_INBOX.bounds"
_NS_PER_S: Final = 1_000_000_000


def control_address(ports_dir: Path) -> tuple[str, int] | None:
    """Where the server listens for NATS, as it wrote it down; None while it has not."""
    for written in ports_dir.glob("*.ports"):
        try:
            url = urlsplit(json.loads(written.read_bytes())["nats"][0])
        except (ValueError, LookupError, OSError):
            return None
        if url.hostname and url.port:
            return url.hostname, url.port
    return None


class QueueBounds:
    """A NATS connection that can read and change streams, and nothing else; a context manager."""

    def __init__(self, address: tuple[str, int], user: str, secret: str, timeout_s: float) -> None:
        """Log in; raises BrokerUnavailable."""
        try:
            self._socket = socket.create_connection(address, timeout_s)
        except OSError as error:
            raise BrokerUnavailable(f"NATS at {address} does not answer: {error}") from error
        self._answers: BinaryIO = self._socket.makefile("rb")
        login = {"user": user, "pass": secret, "verbose": False, "pedantic": False}
        self._send(f"CONNECT {json.dumps(login)}\r\nSUB {_INBOX} 1\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._socket.close()

    def bound_queue(self, max_bytes: int, max_age_s: int) -> None:
        """Bound the QoS 1 messages. Blocks; idempotent; raises BrokerUnavailable."""
        age = max_age_s * _NS_PER_S
        self._change("$MQTT_msgs", retention="limits", max_bytes=max_bytes, max_age=age)

    def bound_retained(self, max_bytes: int) -> None:
        """Bound the retained messages. Blocks; idempotent; raises BrokerUnavailable."""
        self._change("$MQTT_rmsgs", max_bytes=max_bytes)

    def _change(self, stream: str, **bounds: Any) -> None:
        config = self._ask(f"$JS.API.STREAM.INFO.{stream}", b"")["config"]
        wanted = config | bounds | {"discard": "old"}
        if wanted != config:
            self._ask(f"$JS.API.STREAM.UPDATE.{stream}", json.dumps(wanted).encode())

    def _ask(self, subject: str, body: bytes) -> dict[str, Any]:
        self._send(f"PUB {subject} {_INBOX} {len(body)}\r\n{body.decode()}\r\n")
        answer: dict[str, Any] = json.loads(self._next_message())
        if "error" in answer:
            raise BrokerUnavailable(f"NATS answers {subject} with {answer['error']}")
        return answer

    def _next_message(self) -> bytes:
        while line := self._read_line():
            verb, _, rest = line.partition(b" ")
            if verb == b"MSG":
                return self._answers.read(int(rest.split()[-1]) + 2)
            if verb == b"PING":
                self._send("PONG\r\n")
            if verb == b"-ERR":
                raise BrokerUnavailable(f"NATS refuses: {rest.decode(errors='replace')}")
        raise BrokerUnavailable("NATS hung up before it answered")

    def _read_line(self) -> bytes:
        try:
            return self._answers.readline().rstrip(b"\r\n")
        except OSError as error:
            raise BrokerUnavailable(f"NATS does not answer: {error}") from error

    def _send(self, text: str) -> None:
        try:
            self._socket.sendall(text.encode())
        except OSError as error:
            raise BrokerUnavailable(f"NATS does not listen: {error}") from error
