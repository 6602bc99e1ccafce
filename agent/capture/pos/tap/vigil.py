"""Which sockets are watched for what: a selector that is told only what changes."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from typing import Final

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE

Then = Callable[[int], object]
"""Called with the events that came."""


class Vigil:
    """Used by one thread. A socket is let go here before it is closed."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._watched: dict[socket.socket, int] = {}

    def watch(self, side: socket.socket, events: int, then: Then) -> None:
        """Call ``then`` when one of these events comes; the first ``then`` of a socket stays."""
        before = self._watched.get(side, 0)
        if events == before:
            return
        if not events:
            self.let_go(side)
            return
        if before:
            self._selector.modify(side, events, self._selector.get_key(side).data)
        else:
            self._selector.register(side, events, then)
        self._watched[side] = events

    def let_go(self, side: socket.socket) -> None:
        """Watch it no longer. Idempotent."""
        if self._watched.pop(side, 0):
            self._selector.unregister(side)

    def wait(self, timeout_s: float) -> list[tuple[Then, int]]:
        """What came, at the latest after this time."""
        return [(key.data, events) for key, events in self._selector.select(timeout_s)]

    def close(self) -> None:
        """Let everything go."""
        self._selector.close()
        self._watched.clear()
