"""A till and its printer: bytes, ends and resets of one go to the other, in both directions.

Nothing is read from one side while the other has not taken what was read before, so a slow or
jammed printer holds up the till as it would by itself.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from typing import Final

CHUNK_BYTES: Final = 64 * 1024

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # linger for no time: closing resets
_NOTHING: Final = memoryview(b"")


class Flow:
    """One direction."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source = source
        self.target = target
        self._pending = _NOTHING
        self._ended = False
        self.over = False

    @property
    def wants_to_read(self) -> bool:
        """Whether more may come, and what came before is gone."""
        return not self._ended and not self._pending

    @property
    def wants_to_write(self) -> bool:
        """Whether something waits for the target."""
        return bool(self._pending)

    def pump(self) -> bytes:
        """Read once and pass it on at once; returns what was read.

        Raises:
            OSError: either side is gone.
        """
        try:
            chunk = self.source.recv(CHUNK_BYTES)
        except BlockingIOError:
            return b""
        if not chunk:
            self._ended = True
            self._pass_end_on()
            return b""
        self._pending = memoryview(chunk)
        self.drain()
        return chunk

    def drain(self) -> None:
        """Pass on what waits, as far as the target takes it; raises OSError when it is gone."""
        with suppress(BlockingIOError):
            while self._pending:
                self._pending = self._pending[self.target.send(self._pending) :]
        self._pass_end_on()

    def _pass_end_on(self) -> None:
        if self._ended and not self._pending and not self.over:
            self.over = True
            self.target.shutdown(socket.SHUT_WR)


class Pair:
    """One connection of a till, and ours to the printer for it.

    Attributes:
        number: of the connection, unique while the tap lives.
        connected: whether the printer has taken its side.
        last_s: when the till last sent something, on the monotonic clock.
        quiet: whether the pause since then was told.
    """

    def __init__(
        self, number: int, till: socket.socket, printer: socket.socket, now_s: float
    ) -> None:
        self.number = number
        self.till = till
        self.printer = printer
        self.to_printer = Flow(till, printer)
        self.to_till = Flow(printer, till)
        self.began_s = self.last_s = now_s
        self.connected = False
        self.quiet = True

    @property
    def over(self) -> bool:
        """Whether both sides have said all."""
        return self.to_printer.over and self.to_till.over

    @property
    def paused_s(self) -> float | None:
        """Since when nothing has come though something could; None while the printer is slow."""
        return None if self.to_printer.wants_to_write or self.quiet else self.last_s

    def close(self) -> None:
        """Let both go; what was said is still delivered."""
        self.till.close()
        self.printer.close()

    def reset(self) -> None:
        """Break both off, so that each side learns what the other did."""
        for side in (self.till, self.printer):
            with suppress(OSError):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            side.close()
