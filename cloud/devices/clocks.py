"""How the clock of a device stands, as its last heartbeat showed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from models.wire.envelope import ClockQuality

SKEW_ALARM_S: Final = 120.0
"""A clock that is wrong by more puts receipts into the wrong minute; somebody should set it."""


@dataclass(frozen=True, slots=True)
class ClockView:
    """A device's clock.

    Attributes:
        skew_s: seconds by which it is ahead of ours, negative when behind; None when that is not
            known yet.
        quality: what the device itself thinks of it; None before the first heartbeat.
    """

    skew_s: float | None = None
    quality: ClockQuality | None = None

    @property
    def wrong(self) -> bool:
        """Whether a person should set it: it is far off, or the device knows that it is wrong."""
        far_off = self.skew_s is not None and abs(self.skew_s) > SKEW_ALARM_S
        return far_off or self.quality is ClockQuality.UNSET


def clock_of(skew_ms: int | None, quality: str) -> ClockView:
    """The view of what the device's row says."""
    return ClockView(
        skew_s=None if skew_ms is None else skew_ms / 1000,
        quality=ClockQuality(quality) if quality else None,
    )
