"""Tie a program's life to its parent's, then become that program.

    python -I -S tether.py <parent pid> <program> <argument>…

A supervisor that is killed with -9 cannot end its child, so the kernel has to: PR_SET_PDEATHSIG
sends SIGKILL when the *thread* that started this process is gone. It survives ``exec`` but not
``fork``, so it must be set between the two. Doing that here, in a small process of its own, spares
the parent ``preexec_fn``, which may deadlock where there are threads. Standard library only; it is
run by its path. Elsewhere than on Linux it does nothing but ``exec``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Set the tether and become the program; never returns."""
    parent, program = int(arguments[0]), arguments[1]
    if sys.platform == "linux":
        _end_with_parent()
        if os.getppid() != parent:  # it died before the tether held
            sys.exit(f"the parent process {parent} is gone; {program} is not started")
    os.execv(program, arguments[1:])  # noqa: S606 - that there is no shell is the point


def _end_with_parent() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit(f"prctl refused the tether: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main(sys.argv[1:])
