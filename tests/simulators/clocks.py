"""Clocks of tests: time passes when the test says so, and no test sleeps for it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from models.runtime.clock import SystemClock
from tests.simulators.facts import NOON


class HandClock:
    """Stands still until it is moved, or until somebody waits on it; it starts at noon UTC+8.

    Attributes:
        waits_s: how long every waiter wanted to wait, in order.
    """

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic_s = 1000.0
        self.waits_s: list[float] = []

    def now(self) -> datetime:
        """The wall clock."""
        return self._now

    def monotonic_s(self) -> float:
        """Seconds that never jump."""
        return self._monotonic_s

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Time passes at once."""
        self.waits_s.append(timeout_s)
        self.move(timeout_s)
        return event.is_set()

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def set_wall(self, by: timedelta) -> None:
        """Somebody sets the wall clock; monotonic time does not notice."""
        self._now += by


class StoppedClock:
    """Always the same moment, for threads that wait in loops: a wait takes a millisecond.

    Attributes:
        moment: what it shows; the test may set another.
        waits_s: how long every waiter wanted to wait, in order.
    """

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment
        self.waits_s: list[float] = []

    def now(self) -> datetime:
        """The wall clock."""
        return self.moment

    def monotonic_s(self) -> float:
        """Seconds that follow the wall clock."""
        return self.moment.timestamp()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """A millisecond passes for the thread, none on the clock."""
        self.waits_s.append(timeout_s)
        return event.wait(0.001)


class RunningClock(SystemClock):
    """Runs as the machine's does, from a moment that the test names: pages need a day they know."""

    def __init__(self, began_at: datetime) -> None:
        self._ahead = began_at - super().now()
        self._passed = timedelta(0)

    def now(self) -> datetime:
        """The wall clock."""
        return super().now() + self._ahead + self._passed

    def monotonic_s(self) -> float:
        """Seconds that never jump but when the test lets them pass."""
        return super().monotonic_s() + self._passed.total_seconds()

    def move(self, seconds: float) -> None:
        """Let time pass at once; who waits is not woken."""
        self._passed += timedelta(seconds=seconds)
