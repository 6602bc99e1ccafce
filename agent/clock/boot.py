"""What the kernel knows of time: which boot this is, for how long, and who keeps the wall clock."""

from __future__ import annotations

import ctypes
import time
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_TIMEX_BYTES: Final = 512
"""``struct timex`` has 208 bytes at most; all zeros asks and changes nothing."""

_NOT_SYNCHRONISED: Final = frozenset({-1, 5})
"""adjtimex(2): a failure, and TIME_ERROR."""


def read_boot_id(path: Path = _BOOT_ID) -> str:
    """The kernel's id of this boot; where there is none (not Linux), a random one per process."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


def milliseconds_since_boot() -> int:
    """Monotonic milliseconds since this boot, also those in which the box was asleep."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1_000_000


def kernel_keeps_time() -> bool:
    """Whether a time service (chrony, ntpd, systemd-timesyncd) keeps the wall clock right now.

    The kernel knows: it forgets when somebody sets the clock by hand, and once the last correction
    is so old that the clock may be off by 16 s. Where it cannot be asked, nobody keeps the clock.
    """
    adjtimex = _adjtimex()
    if adjtimex is None:
        return False
    return adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) not in _NOT_SYNCHRONISED


@cache
def _adjtimex() -> Callable[..., int] | None:
    """The C library's call; None where it has none."""
    return getattr(ctypes.CDLL(None), "adjtimex", None)
