"""What one camera's counter tells, for an audit that runs beside it; nothing while none does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from agent.capture.footfall.messages import Opened, Seen


@dataclass(frozen=True, slots=True)
class Counting:
    """How it is counted now: with which rule and network, in pictures of which size in pixels."""

    rule: str
    network: str
    size: tuple[int, int]


class Overheard:
    """Of one camera, whichever watcher is at work. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listener: Callable[[Seen], object] | None = None
        self._counting: Counting | None = None
        self._watchers = 0

    @property
    def counting(self) -> tuple[Counting | None, int]:
        """How the watcher at work counts, and how many there were until now."""
        with self._lock:
            return self._counting, self._watchers

    def listen(self, listener: Callable[[Seen], object] | None) -> None:
        """Hand every word on from now on; None ends it. One listens at a time."""
        with self._lock:
            self._listener = listener

    def opened(self, message: Opened, network: str) -> None:
        """A watcher has the camera open: times may begin anew."""
        with self._lock:
            self._counting = Counting(message.rule, network, (message.width, message.height))
            self._watchers += 1

    def seen(self, message: Seen) -> None:
        """It looked at pictures."""
        with self._lock:
            if self._listener is not None:
                self._listener(message)
