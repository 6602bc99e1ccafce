"""A till that prints: over a socket, as drivers do, and the receipts that it prints."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Self

INIT: Final = b"\x1b@"
CUT: Final = b"\x1dV\x00"
ASK: Final = b"\x10\x04\x01"
PULSE: Final = b"\x1bp\x00\x19\xfa"

_RESET: Final = struct.pack("ii", 1, 0)


def receipt(number: int, *, total: str = "14.25", cut: bool = True, articles: int = 0) -> bytes:
    """A receipt as a till of the eighties would print it; unlike any other of its number.

    ``articles``: so many more that cost nothing.
    """
    lines = [
        f"RECEIPT {number:08d}",
        "Example item                        4.00",
        "Another thing                      10.25",
        *(f"Free of charge {article:4d}                  0.00" for article in range(articles)),
        f"TOTAL                              {total}",
    ]
    body = INIT + b"\x1ba\x01SHOP\n\x1ba\x00" + "\r\n".join(lines).encode() + b"\r\n\x1bd\x03"
    return body + (CUT if cut else b"")


def logo(width_bytes: int = 48, height: int = 200) -> bytes:
    """A picture of so many bytes a row."""
    head = b"\x1dv0\x00" + width_bytes.to_bytes(2, "little") + height.to_bytes(2, "little")
    return head + bytes(at % 251 for at in range(width_bytes * height))


class PrintingTill:
    """One connection to a printer, or to what stands in front of it. A context manager."""

    def __init__(self, port: int, *, timeout_s: float = 20.0, small_buffers: bool = False) -> None:
        """Raises ConnectionRefusedError as a till's driver would meet it."""
        self.socket = socket.socket()
        if small_buffers:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.socket.settimeout(timeout_s)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def print(self, *pieces: bytes) -> None:
        """Send pieces one by one."""
        for piece in pieces:
            self.socket.sendall(piece)

    def ask(self) -> bytes:
        """The printer's status."""
        self.socket.sendall(ASK)
        return self.hear(1)

    def hear(self, size: int) -> bytes:
        """So many bytes of the printer, or fewer where it says no more."""
        heard = b""
        while len(heard) < size and (chunk := self.socket.recv(size - len(heard))):
            heard += chunk
        return heard

    def finish(self) -> bytes:
        """Say that this was all, and hear what the printer still has to say.

        Raises:
            ConnectionResetError: The other side has reset the line. Where that came before the
                end was said, saying it finds no line; why there is none is heard by listening.
        """
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise
        return self.hear(1 << 20)

    def reset(self) -> None:
        """Give up, as a till that is killed."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.socket.close()

    def push(self, piece: bytes, times: int) -> int:
        """Send a piece again and again until the way is blocked; returns the bytes that went."""
        sent = 0
        self.socket.settimeout(0.3)
        with suppress(TimeoutError):
            for _ in range(times):
                sent += self.socket.send(piece)
        return sent

    def close(self) -> None:
        """Let go; idempotent."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def print_jobs(port: int, jobs: Sequence[bytes], timeout_s: float = 20.0) -> None:
    """One connection for each job, as most drivers do."""
    for job in jobs:
        with PrintingTill(port, timeout_s=timeout_s) as till:
            till.print(job)
            till.finish()
