"""The device's sense of time: what its clocks show, how far to believe them, what surely passed.

``DeviceClock`` makes the moments that events carry and dates what people see. ``SteadyClock`` says
how late it surely is, and nothing may be thrown away by any other clock. ``FloorFile`` remembers
that over a restart.
"""

from agent.clock.boot import kernel_keeps_time, milliseconds_since_boot, read_boot_id
from agent.clock.device import DeviceClock
from agent.clock.floor import Floor, FloorFile
from agent.clock.steady import RELEASED, RENEWED, SteadyClock

__all__ = [
    "RELEASED",
    "RENEWED",
    "DeviceClock",
    "Floor",
    "FloorFile",
    "SteadyClock",
    "kernel_keeps_time",
    "milliseconds_since_boot",
    "read_boot_id",
]
