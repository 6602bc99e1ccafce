"""A process, or one thread of it, that can open no connection any more: the kernel forbids it.

What looks at pictures parses what strangers send, through libraries of a million lines. Whatever
goes wrong in there, nothing of a picture leaves by a connection of its own: it can make none. A
filter for system calls (seccomp, Linux 3.17 and later) refuses ``socket`` and ``connect``, and
``io_uring_setup``, by which sockets can be had as well; it cannot be taken off again, and threads
and processes begun afterwards inherit it. What is open stays open.

The filter's form: https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from dataclasses import dataclass
from typing import Final, Protocol

from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1

_LOAD: Final = 0x20
"""BPF_LD | BPF_W | BPF_ABS: a word of the call's description."""
_IS: Final = 0x15
"""BPF_JMP | BPF_JEQ | BPF_K."""
_AT_LEAST: Final = 0x35
"""BPF_JMP | BPF_JGE | BPF_K."""
_ANSWER: Final = 0x06
"""BPF_RET | BPF_K."""

_NUMBER_AT, _MACHINE_AT = 0, 4
_LET: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000
_EACCES: Final = 13
_FOREIGN: Final = 0x40000000
"""From here on x86-64 numbers the calls of another convention, which no program of ours uses."""

_INSTRUCTION: Final = struct.Struct("=HBBI")


@dataclass(frozen=True, slots=True)
class _Machine:
    """How a processor's kernel names itself and numbers its calls (its ``unistd`` header)."""

    audit: int
    seccomp: int
    refused: tuple[int, ...]


_MACHINES: Final = {
    "x86_64": _Machine(0xC000003E, seccomp=317, refused=(41, 42, 425)),
    "aarch64": _Machine(0xC00000B7, seccomp=277, refused=(198, 203, 425)),
    "armv7l": _Machine(0x40000028, seccomp=383, refused=(281, 283, 425)),
}


class CutOff(Protocol):
    """Lets no more connections be opened; ``open_no_more_connections`` is one."""

    def __call__(self, *, all_threads: bool) -> bool:
        """By the calling thread and those it begins, or by all; whether that worked."""
        ...


def stay_connected(*, all_threads: bool) -> bool:
    """Forbids nothing: for who looks at pictures within a process that does other things, too."""
    del all_threads
    return False


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def open_no_more_connections(*, all_threads: bool) -> bool:
    """From here on this thread, or every thread of this process, can open none; for good.

    Returns:
        Whether the kernel took it. Where it cannot (another system, an old kernel), that is logged
        and everything goes on as before.
    """
    machine = _MACHINES.get(platform.machine()) if sys.platform == "linux" else None
    if machine is None:
        _LOG.warning("connections_not_forbidden", reason=f"not known how on {platform.machine()}")
        return False
    code = _filter(machine)
    program = _Program(len(code) // _INSTRUCTION.size, code)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    flags = _ALL_THREADS if all_threads else 0
    done: int = libc.syscall(machine.seccomp, _SET_MODE_FILTER, flags, ctypes.byref(program))
    if done != 0:
        _LOG.warning("connections_not_forbidden", reason=os.strerror(ctypes.get_errno()))
    return done == 0


def _filter(machine: _Machine) -> bytes:
    """Refuse the calls, and all calls by another convention than the machine's own; let the rest.

    Jumps count instructions from the next one on; the last two are the answers.
    """
    calls = [(_AT_LEAST, _FOREIGN), *((_IS, number) for number in machine.refused)]
    steps = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IS, 0, len(calls) + 2, machine.audit),
        (_LOAD, 0, 0, _NUMBER_AT),
        *((test, len(calls) - at, 0, number) for at, (test, number) in enumerate(calls)),
        (_ANSWER, 0, 0, _LET),
        (_ANSWER, 0, 0, _REFUSE | _EACCES),
    ]
    return b"".join(_INSTRUCTION.pack(*step) for step in steps)
