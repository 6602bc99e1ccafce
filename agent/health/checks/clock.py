"""Does the wall clock mean anything?"""

from __future__ import annotations

from typing import Final

from agent.clock import DeviceClock, read_boot_id
from agent.config import AgentConfig
from agent.health.check import Finding, Verdict
from models.runtime.clock import SystemClock
from models.wire.envelope import ClockQuality

_NAME: Final = "clock"


def clock_set(_config: AgentConfig) -> Finding:
    """The clock was set and, better, is kept by a time service."""
    moment = DeviceClock(SystemClock(), read_boot_id()).moment()
    if moment.quality is ClockQuality.UNSET:
        return Finding(
            _NAME,
            Verdict.WARNING,
            f"the clock says {moment.wall:%Y-%m-%d}, which is before this program was made",
            "set the time; events are kept and corrected by the cloud meanwhile",
        )
    if moment.quality is ClockQuality.FREE:
        return Finding(
            _NAME,
            Verdict.WARNING,
            "no time service keeps the clock",
            "timedatectl set-ntp true",
        )
    return Finding(_NAME, Verdict.OK, "kept by a time service")
