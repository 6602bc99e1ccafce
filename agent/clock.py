"""The device's sense of time: wall clock, monotonic time, boot id, and how far to believe it."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from models.runtime.clock import Clock
from models.wire.envelope import ClockQuality, Moment

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""No event of ours can be older than the program; an earlier wall clock was never set."""


class DeviceClock:
    """Makes the moments that events carry. No key is ever derived from them."""

    def __init__(self, clock: Clock, bootid: str, *, synchronised: Path = _SYNCHRONISED) -> None:
        self.clock = clock
        self.bootid = bootid
        self._synchronised = synchronised

    def moment(self) -> Moment:
        """Now, with everything the cloud needs to correct it later."""
        wall = self.clock.now()
        return Moment(wall, time.monotonic_ns() // 1_000_000, self.bootid, self._quality(wall))

    def _quality(self, wall: datetime) -> ClockQuality:
        if wall < _BUILT:
            return ClockQuality.UNSET
        return ClockQuality.SYNCHRONISED if self._synchronised.exists() else ClockQuality.FREE


def read_boot_id(path: Path = _BOOT_ID) -> str:
    """The kernel's id of this boot; where there is none (not Linux), a random one per process."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())
