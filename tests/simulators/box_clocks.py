"""A box's clocks, moved by hand: wall, monotonic, boots, and a time service that comes and goes.

box = BoxClocks(tmp_path)
clock = box.start()                     # the agent's clock, with the floor an earlier run left
box.hand.set_wall(timedelta(hours=-1))
box.power_off(hours=9)                  # the wall clock of a box without battery: wall=EPOCH
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.clock import DeviceClock, Floor, FloorFile, SteadyClock
from tests.simulators.clocks import HandClock

IN_1970 = datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC)


class BoxClocks:
    """One box with its disk. ``true`` is what time it truly is."""

    def __init__(self, folder: Path) -> None:
        self.hand = HandClock()
        self.true = self.hand.now()
        self.file = FloorFile.of(folder)
        self.writes = 0
        self.synchronised = False
        self._boot = 1
        self._booted_s = self.hand.monotonic_s()

    @property
    def bootid(self) -> str:
        """The kernel's id of this boot."""
        return f"boot-{self._boot}"

    def boot_ms(self) -> int:
        """Milliseconds since this boot."""
        return round((self.hand.monotonic_s() - self._booted_s) * 1000)

    def start(self) -> DeviceClock:
        """The clock of an agent that starts now."""
        steady = SteadyClock(
            self.hand, self.bootid, self.boot_ms, self.file.read(), self._count_and_write
        )
        return DeviceClock(
            self.hand,
            self.bootid,
            steady=steady,
            boot_ms=self.boot_ms,
            kept=lambda: self.synchronised,
        )

    def move(self, seconds: float) -> None:
        """Time passes, truly and on every clock."""
        self.hand.move(seconds)
        self.true += timedelta(seconds=seconds)

    def show(self, wall: datetime) -> None:
        """Somebody, or a dead battery, sets the wall clock."""
        self.hand.set_wall(wall - self.hand.now())

    def power_off(self, hours: float, wall: datetime | None = None) -> None:
        """Off for a while, then on again, with this on the wall clock; truly running on if None."""
        self.move(hours * 3600)
        self._boot += 1
        self._booted_s = self.hand.monotonic_s()
        if wall is not None:
            self.show(wall)
        self.move(20)

    def _count_and_write(self, floor: Floor) -> bool:
        self.writes += 1
        return self.file.write(floor)
