"""Time as a dependency: the wall clock, the monotonic clock and waiting, passed in everywhere."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What a part may ask of time."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds on a clock that never jumps; only differences mean anything."""
        ...

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Wait until the event is set or the time has passed; True when it was set."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary point, unaffected by clock changes."""
        return time.monotonic()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Block the calling thread; True when the event was set in time."""
        return event.wait(timeout_s)
