"""A process that has held a picture leaves no core dump."""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def leave_no_core_dump() -> None:
    """From here on. Its files below ``/proc`` belong to root then. Idempotent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # The limit does not hold where core dumps are piped to a program, as systemd's are.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
