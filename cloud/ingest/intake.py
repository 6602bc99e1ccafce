"""The bounded queue between the source's thread and ingest's."""

from __future__ import annotations

import queue
import threading
from datetime import datetime
from typing import Final, NamedTuple

from cloud.errors import FaultyService
from cloud.ingest.source import Message
from models.runtime.clock import Clock

_LOOK_UP_S: Final = 0.2
"""How often a blocked source looks whether ingest has stopped."""


class Received(NamedTuple):
    """A message and when it arrived, aware UTC."""

    message: Message
    at: datetime


class Intake:
    """Hears the source. When it is full, the source's thread waits, and the broker with it."""

    def __init__(self, clock: Clock, capacity: int) -> None:
        """``capacity`` in messages, each of up to 512 KiB."""
        self._clock = clock
        self._queue: queue.Queue[Received] = queue.Queue(capacity)
        self._closed = threading.Event()
        self._fault: FaultyService | None = None

    def arrived(self, message: Message) -> None:
        """Queue a message; blocks while the queue is full, drops it once closed."""
        received = Received(message, self._clock.now())
        queued = False
        while not (queued or self._closed.is_set()):
            queued = self._put(received)

    def failed(self, fault: FaultyService) -> None:
        """Keep the fault for ``take`` to raise."""
        self._fault = fault

    def take(self, timeout_s: float) -> Received | None:
        """The next message, None when none came in time.

        Raises:
            FaultyService: the source has failed and everything it delivered was taken.
        """
        try:
            return self._queue.get(block=timeout_s > 0, timeout=max(timeout_s, 0))
        except queue.Empty:
            if self._fault is not None:
                raise self._fault from None
            return None

    def _put(self, received: Received) -> bool:
        try:
            self._queue.put(received, timeout=_LOOK_UP_S)
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Release a blocked source. What is still queued was acknowledged to nobody."""
        self._closed.set()
