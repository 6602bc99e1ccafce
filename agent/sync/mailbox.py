"""What other threads leave for the session: messages, and reasons to wake up."""

from __future__ import annotations

import threading
from collections import deque

from models.runtime.clock import Clock


class Mailbox:
    """The listener of one connection. Only the session's thread waits and drains."""

    def __init__(self) -> None:
        self._messages: deque[tuple[str, bytes]] = deque()
        self._woken = threading.Event()
        self.lost_because: str | None = None

    def arrived(self, topic: str, payload: bytes) -> None:
        """From the transport's thread: keep it for the session."""
        self._messages.append((topic, payload))
        self._woken.set()

    def lost(self, reason: str) -> None:
        """From the transport's thread: the connection is gone."""
        self.lost_because = reason
        self._woken.set()

    def wake(self) -> None:
        """From any thread: there may be something to send."""
        self._woken.set()

    def wait(self, clock: Clock, timeout_s: float) -> None:
        """Sleep until woken or timed out."""
        clock.wait(self._woken, timeout_s)
        self._woken.clear()

    def drain(self) -> list[tuple[str, bytes]]:
        """Everything that arrived, in order."""
        messages = []
        while self._messages:
            messages.append(self._messages.popleft())
        return messages
