"""A line to PostgreSQL that stops exactly where the test says, in the middle of a message.

    with HaltingWire(cluster.create_database()) as wire:
        engine = open_engine(wire.url)
        wire.halt(Moment.AMID_COPY, lambda: crew.freeze("one"))
        wire.halted.wait(30)        # the server has half a row of a COPY, and hears no more
        wire.go_on()

It reads what a client says (PostgreSQL's messages, protocol 3.0) and passes the answers on unread.
Only one connection is ever halted, the first that comes to the moment; the others go on.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from sqlalchemy.engine import make_url

_CHUNK: Final = 64 * 1024
_LENGTH_BYTES: Final = 4
_PROTOCOL_3: Final = (3 << 16).to_bytes(4, "big")
_COPY_DATA: Final = b"d"
_DEADLINE_S: Final = 60.0


class Moment(StrEnum):
    """Where a client is made to stop; both lie within its transaction."""

    BEFORE_COPY = "before a copy"
    """The server has answered everything and waits for the next statement."""

    AMID_COPY = "amid a copy"
    """The server waits for the second half of a row."""


class HaltingWire:
    """Listens on a free port of loopback; two threads per connection. Use it with ``with``.

    Attributes:
        url: the same database by this line.
        halted: set while a connection stands still.
    """

    def __init__(self, database_url: str) -> None:
        """``database_url`` is that of a ``PostgresCluster``, which listens on a Unix socket."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        direct = make_url(database_url)
        self._server = f"{direct.query['host']}/.s.PGSQL.5432"
        here = direct.set(host="127.0.0.1", port=self._listener.getsockname()[1], query={})
        self.url = here.render_as_string(hide_password=False)
        self.halted = threading.Event()
        self._go = threading.Event()
        self._order: tuple[Moment, Callable[[], None]] | None = None
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []

    def halt(self, moment: Moment, then: Callable[[], None]) -> None:
        """Stop the next connection that comes to this moment, and call ``then`` as it stops."""
        with self._lock:
            self._go.clear()
            self._order = (moment, then)

    def go_on(self) -> None:
        """What was held back is passed on."""
        self.halted.clear()
        self._go.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="halting-wire", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._go.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for each in self._open:
                each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            with self._lock:
                self._open += [client, server]
            for way in (self._speak, self._answer):
                threading.Thread(target=way, args=(client, server), daemon=True).start()

    def _speak(self, client: socket.socket, server: socket.socket) -> None:
        try:
            for message in _messages(client):
                self._pass_on(message, server)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            server.close()

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while chunk := server.recv(_CHUNK):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            client.close()

    def _pass_on(self, message: bytes, server: socket.socket) -> None:
        order = self._taken(message)
        if order is None:
            server.sendall(message)
            return
        moment, then = order
        said = len(message) // 2 if moment is Moment.AMID_COPY else 0
        server.sendall(message[:said])
        then()
        self.halted.set()
        self._go.wait(_DEADLINE_S)
        server.sendall(message[said:])

    def _taken(self, message: bytes) -> tuple[Moment, Callable[[], None]] | None:
        """The order, where this message is its moment; nobody else is given it after that."""
        with self._lock:
            if self._order is None or not _is(self._order[0], message):
                return None
            order, self._order = self._order, None
            return order


def _is(moment: Moment, message: bytes) -> bool:
    match moment:
        case Moment.AMID_COPY:
            return message[:1] == _COPY_DATA
        case Moment.BEFORE_COPY:
            return message[:1] in b"PQ" and b"COPY " in message


def _messages(client: socket.socket) -> Iterator[bytes]:
    """Whole messages; the first ones, up to the greeting with the version, bear no type."""
    heard = bytearray()
    typed = False
    while chunk := client.recv(_CHUNK):
        heard += chunk
        while (end := _end(heard, typed)) is not None:
            message = bytes(heard[:end])
            del heard[:end]
            typed = typed or message[_LENGTH_BYTES:8] == _PROTOCOL_3
            yield message


def _end(heard: bytearray, typed: bool) -> int | None:
    begin = 1 if typed else 0
    if len(heard) < begin + _LENGTH_BYTES:
        return None
    end = begin + int.from_bytes(heard[begin : begin + _LENGTH_BYTES], "big")
    return end if len(heard) >= end else None
