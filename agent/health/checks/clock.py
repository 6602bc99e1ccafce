"""Does the wall clock mean anything?"""

from __future__ import annotations

from typing import Final

from agent.clock import (
    DeviceClock,
    FloorFile,
    SteadyClock,
    milliseconds_since_boot,
    read_boot_id,
)
from agent.config import AgentConfig
from agent.health.check import Finding, Verdict
from models.runtime.clock import SystemClock
from models.wire.envelope import ClockQuality

_NAME: Final = "clock"


def clock_set(config: AgentConfig) -> Finding:
    """The clock was set and, better, is kept by a time service."""
    machine, bootid = SystemClock(), read_boot_id()
    floor = FloorFile.of(config.device.data_dir).read()
    steady = SteadyClock(machine, bootid, milliseconds_since_boot, floor)
    quality = DeviceClock(machine, bootid, steady=steady).moment().quality
    if quality is ClockQuality.UNSET:
        return Finding(
            _NAME,
            Verdict.WARNING,
            f"the clock says {machine.now():%Y-%m-%d %H:%M} UTC, and it is surely later than "
            f"{steady.now():%Y-%m-%d %H:%M}",
            "set the time; events are kept and corrected by the cloud meanwhile",
        )
    if quality is ClockQuality.FREE:
        return Finding(
            _NAME,
            Verdict.WARNING,
            "no time service keeps the clock",
            "timedatectl set-ntp true",
        )
    return Finding(_NAME, Verdict.OK, "kept by a time service")
