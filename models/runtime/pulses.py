"""Whether loops move: a thread that has died is seen at once, one that hangs is not.

A loop looks now and then whether it shall stop; that look is its pulse. So a loop is watched by
being given a stop event that notes when it is looked at, and needs to know nothing of it. While it
waits *on* that event it rests, however long. Between two looks it works, and one that works for
longer than anything it does can take is hung: in a lock, on a disk, in a call that never returns.

Monotonic time alone; the clock is passed in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple


class Still(NamedTuple):
    """A loop that is at work.

    Attributes:
        seconds: since it last looked whether it shall stop.
    """

    loop: str
    seconds: float


class Pulses:
    """The loops of one process. Safe from any thread."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._watched: dict[str, WatchedEvent] = {}

    def watch(self, loop: str, stop: threading.Event) -> threading.Event:
        """The same event for one loop, whose looks count from its first one on.

        A later call with the same name takes the place of the earlier one.
        """
        watched = WatchedEvent(stop, self._monotonic_s)
        self._watched[loop] = watched
        return watched

    def at_work(self) -> list[Still]:
        """Every loop that has looked once, with 0 for those that rest; by name."""
        now_s = self._monotonic_s()
        return [
            Still(loop, 0.0 if since_s is None else max(0.0, now_s - since_s))
            for loop, watched in sorted(self._watched.copy().items())
            for since_s in [watched.at_work_since_s]
        ]


class WatchedEvent(threading.Event):
    """Stands for another event, and notes when it is looked at."""

    def __init__(self, event: threading.Event, monotonic_s: Callable[[], float]) -> None:
        super().__init__()
        self._inner = event
        self._monotonic_s = monotonic_s
        self.at_work_since_s: float | None = None

    def is_set(self) -> bool:
        """As the event; the loop is at work from now on."""
        self.at_work_since_s = self._monotonic_s()
        return self._inner.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """As the event; the loop rests meanwhile."""
        self.at_work_since_s = None
        try:
            return self._inner.wait(timeout)
        finally:
            self.at_work_since_s = self._monotonic_s()

    def set(self) -> None:
        """As the event."""
        self._inner.set()

    def clear(self) -> None:
        """As the event."""
        self._inner.clear()
