"""Does an agent run on this outbox? Asked without taking its lock.

Taking the lock for a moment, to see whether it is free, would turn away an agent that starts in
that moment. Linux lists who holds which lock; elsewhere the process that signed the lock file is
looked for, which after a power cut may be another program under the same number.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_LOCKS: Final = Path("/proc/locks")
_FIELDS: Final = 6
"""``1: FLOCK ADVISORY WRITE 1234 fe:00:2179164 0 EOF``: number, kind, mode, access, pid, inode."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that writes an outbox.

    Attributes:
        pid: None where the system does not tell, as for a process outside our container.
    """

    pid: int | None


def holder_of(outbox: Path, *, locks: Path = _LOCKS) -> Holder | None:
    """Who writes the outbox now; None when nobody does. Reads two small files."""
    lock = outbox.with_name(f"{outbox.name}.lock")
    try:
        inode, signed = lock.stat().st_ino, lock.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    pid = int(signed) if signed.isdecimal() else None
    try:
        listed = locks.read_text(encoding="ascii").splitlines()
    except OSError:
        return Holder(pid) if pid is not None and psutil.pid_exists(pid) else None
    return Holder(pid) if any(_holds(line.split(), inode) for line in listed) else None


def _holds(fields: list[str], inode: int) -> bool:
    """Whether a line of the list is a lock, not one that waits for it, on our file."""
    return (
        len(fields) >= _FIELDS
        and fields[1] == "FLOCK"
        and fields[5].rpartition(":")[2] == str(inode)
    )
