"""The clock of this device as the rest of the agent sees it, and the moments that events carry."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.clock.boot import kernel_keeps_time, milliseconds_since_boot
from agent.clock.steady import RENEWED, SteadyClock
from models.runtime.clock import Clock
from models.wire.envelope import ClockQuality, Moment

_TOLERANCE_S: Final = 120.0
"""A wall clock that differs by less may be right: so far off, the console asks a person to look."""

_SET: Final = timedelta(seconds=1)
"""A wall clock that differs by more was set; less is the time between reading two clocks."""

_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)

_DRIFT: Final = 500e-6
"""How fast an undisturbed clock may drift: the most by which Linux slews one."""


class DeviceClock:
    """The wall clock where it can be right, and else the time that has surely passed.

    No key is ever derived from it. Durations are measured by ``monotonic_s``. Safe from any thread.
    """

    def __init__(
        self,
        clock: Clock,
        bootid: str,
        *,
        steady: SteadyClock | None = None,
        boot_ms: Callable[[], int] = milliseconds_since_boot,
        kept: Callable[[], bool] = kernel_keeps_time,
    ) -> None:
        """Put a device's clocks together.

        Args:
            clock: the machine's.
            bootid: of this boot.
            steady: what surely passed; by default one that remembers nothing.
            boot_ms: monotonic milliseconds since this boot.
            kept: whether a time service keeps the wall clock right now.
        """
        self.bootid = bootid
        self.steady = steady or SteadyClock(clock, bootid, boot_ms)
        self._clock = clock
        self._boot_ms = boot_ms
        self._kept = kept

    def now(self) -> datetime:
        """The best that this device knows, aware UTC."""
        return self._read()[0]

    def monotonic_s(self) -> float:
        """Seconds that never jump; only differences mean anything."""
        return self._clock.monotonic_s()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Wait until the event is set or the time has passed; True when it was set."""
        return self._clock.wait(event, timeout_s)

    def boot_ms(self) -> int:
        """Monotonic milliseconds since this boot, as events carry them."""
        return self._boot_ms()

    def moment(self) -> Moment:
        """Now, with everything the cloud needs to correct it later."""
        here_ms = self._boot_ms()
        now, quality = self._read()
        return Moment(now, here_ms, self.bootid, quality)

    def moment_by(self, offset_ms: int) -> Moment:
        """Now, by a wall clock that was so far ahead of ``monotonic_s``, if that was another one.

        Nobody vouches for a clock that has been set.
        """
        at = self.moment()
        wall = _1970 + timedelta(milliseconds=round(self.monotonic_s() * 1000) + offset_ms)
        if abs(wall - at.wall) < _SET:
            return at
        known_wrong = at.quality is ClockQuality.UNSET
        quality = ClockQuality.UNSET if known_wrong else ClockQuality.FREE
        return Moment(wall, at.monotonic_ms, at.bootid, quality)

    def surely_if_wrong(self) -> datetime | None:
        """How late it is at least, when the wall clock is known to be wrong; else None."""
        _, quality = self._read()
        return self.steady.now() if quality is ClockQuality.UNSET else None

    def _read(self) -> tuple[datetime, ClockQuality]:
        wall = self._clock.now()
        if self._kept():
            self.steady.learn(wall)
            return wall, ClockQuality.SYNCHRONISED
        told = self.steady.told()
        if self._can_be_right(wall, told):
            return wall, ClockQuality.FREE
        return told, ClockQuality.UNSET

    def _can_be_right(self, wall: datetime, told: datetime) -> bool:
        """Not before what has passed; nor after it, once somebody said what time it is.

        Until then not in a time in which nobody runs this program any more.
        """
        confirmed_s = self.steady.confirmed_s
        tolerance = timedelta(seconds=_TOLERANCE_S + _DRIFT * (confirmed_s or 0.0))
        if wall < told - tolerance:
            return False
        return wall <= (RENEWED if confirmed_s is None else told + tolerance)
