"""A wall clock that is wrong on purpose, for one process and its children.

    clock = WrongClock(tmp_path / "clock")
    box.environment = clock.environment
    clock.show(ahead_s=-3600)              # counts at once, in a running process, too
    clock.drift(parts_per_million=500)
    box.program.kill(); clock.reboot(); box.start()     # another boot, for all that it can tell

A small library, preloaded, answers for the kernel; CLOCK_MONOTONIC is left alone.
"""

from __future__ import annotations

import struct
import time
import uuid
from pathlib import Path

from tests.faults.powercut.build import library

SOURCE = Path(__file__).with_name("wrong_clock.c")


class WrongClock:
    """The clock of whoever runs in its environment; right until told otherwise."""

    def __init__(self, file: Path) -> None:
        """``file`` holds what the clock shows; beside it lies the id of this boot."""
        self._file = file
        self._boot_id = file.with_suffix(".boot-id")
        self._library = library([SOURCE])
        self._ahead_s, self._ppm, self._booted_ns = 0.0, 0, 0
        self.reboot()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to have this clock."""
        return {
            "LD_PRELOAD": str(self._library),
            "LIANKE_WALL_CLOCK": str(self._file.resolve()),
            "LIANKE_BOOT_ID": str(self._boot_id.resolve()),
        }

    def reboot(self) -> None:
        """Another boot id, and time since boot begins at 0; nobody may run in it meanwhile."""
        self._booted_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._boot_id.write_text(f"{uuid.uuid4()}\n", encoding="ascii")
        self._write()

    def show(self, ahead_s: float) -> None:
        """Be so many seconds ahead of the truth; before 1970 it shows 1970."""
        self._ahead_s, self._ppm = ahead_s, 0
        self._write()

    def wake_in_1970(self) -> None:
        """As a box without a battery does."""
        self.show(-time.time())

    def drift(self, parts_per_million: int) -> None:
        """Run fast from now on; slow where negative."""
        self._ppm = parts_per_million
        self._write()

    def _write(self) -> None:
        """In place, since processes have it mapped."""
        ahead_ns = int(self._ahead_s * 1e9)
        content = struct.pack("=qqqq", ahead_ns, self._ppm, time.monotonic_ns(), self._booted_ns)
        if not self._file.exists():
            self._file.write_bytes(content)
            return
        with self._file.open("r+b") as file:
            file.write(content)
