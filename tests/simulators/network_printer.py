"""A network printer: takes jobs, answers status requests, and can jam, reset, or vanish.

By itself (``python -m``) it prints its port and stays until it is killed.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, Self

from tests.simulators.processes import free_port

READY: Final = b"\x12"
"""What it answers to ``DLE EOT n``: all is well."""

_STATUS: Final = b"\x10\x04"
_RESET: Final = struct.pack("ii", 1, 0)
_SMALL_BUFFER: Final = 4096


class Job:
    """What came over one connection.

    Attributes:
        ended: how the till left: ``end`` (it said all), ``reset``, or nothing while it is there.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = ""
        self.over = threading.Event()


class NetworkPrinter:
    """Listens on a free port of loopback, or on a given one. A context manager.

    Attributes:
        jobs: in the order in which tills connected.
        closes: whether it closes its side when a till has said all.
    """

    def __init__(self, port: int | None = None, *, small_buffers: bool = False) -> None:
        self.port = port or free_port()
        self.jobs: list[Job] = []
        self.closes = True
        self._small = small_buffers
        self._moving = threading.Event()
        self._moving.set()
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = self._listen(self.port)

    def jam(self) -> None:
        """Read nothing more, until ``mend``."""
        self._moving.clear()

    def mend(self) -> None:
        """Go on."""
        self._moving.set()

    def say(self, answer: bytes) -> None:
        """Tell the last till something unasked, as printers do with ``GS a``."""
        self._connections[-1].sendall(answer)

    def end_saying(self) -> None:
        """Say nothing more to the last till, and go on reading."""
        self._connections[-1].shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break off every connection."""
        for each in self._connections:
            with suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                each.shutdown(socket.SHUT_RD)
            each.close()

    def vanish(self) -> None:
        """Be switched off: nobody is answered, and who prints is broken off. Idempotent."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._moving.set()
        self.reset()
        for thread in self._threads:
            thread.join(30)

    def come_back(self) -> None:
        """Be switched on again, at the same address."""
        self._connections, self._threads = [], []
        self._listener = self._listen(self.port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.vanish()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        if self._small:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        self._start(partial(self._accept, listener))
        return listener

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            job = Job()
            self._connections.append(connection)
            self.jobs.append(job)
            self._start(partial(self._print, connection, job))

    def _print(self, connection: socket.socket, job: Job) -> None:
        try:
            while chunk := self._read(connection):
                job.data += chunk
                for _ in range(chunk.count(_STATUS)):
                    connection.sendall(READY)
            job.ended = "end"
            if self.closes:
                connection.close()
        except OSError:
            job.ended = "reset"
            connection.close()
        job.over.set()

    def _read(self, connection: socket.socket) -> bytes:
        self._moving.wait()
        chunk = connection.recv(_SMALL_BUFFER if self._small else 65536)
        self._moving.wait()
        return chunk


if __name__ == "__main__":
    with NetworkPrinter() as printer:
        print(printer.port, flush=True)
        threading.Event().wait()
