"""A box with a crystal that drifts, a wall clock that people set, and a line that delays.

True time is the cloud's, in milliseconds since 1970. The box only knows what its clocks show.
"""

from __future__ import annotations

from dataclasses import dataclass

START_MS = 1_795_320_000_000
"""The true time at which the first boot begins: 2026-11-22T04:00:00Z."""


@dataclass(slots=True)
class BootedBox:
    """One boot of a box.

    Attributes:
        true_ms: now, truly.
        ppm: how much too fast its crystal runs; negative when too slow.
        wall_off_ms: by how much its wall clock is ahead of the truth.
    """

    true_ms: int = START_MS
    booted_ms: int = START_MS - 30_000
    ppm: int = 0
    wall_off_ms: int = 0

    def pass_ms(self, span_ms: int) -> None:
        """Let true time pass."""
        self.true_ms += span_ms

    @property
    def monotonic_ms(self) -> int:
        """What its monotonic clock shows, drift included."""
        return self.monotonic_at(self.true_ms)

    def monotonic_at(self, true_ms: int) -> int:
        """What its monotonic clock showed or will show at a true time."""
        since_ms = true_ms - self.booted_ms
        return since_ms + since_ms * self.ppm // 1_000_000

    @property
    def wall_ms(self) -> int:
        """What its wall clock shows."""
        return self.true_ms + self.wall_off_ms
