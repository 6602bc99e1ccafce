"""One process writes an outbox: sequences are counted in its memory.

SQLite would let two processes take turns, and both would hand out the same sequences. So the writer
holds an advisory lock on a file beside the outbox. The kernel lets go of it when the process ends,
however it ends, so a killed agent leaves nothing to clean up. Readers need no lock.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from agent.errors import DiskUnusable, OutboxBusy

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Ownership:
    """The exclusive right to write one outbox, from construction until ``release``."""

    def __init__(self, outbox: Path) -> None:
        """Take the lock of an outbox without waiting.

        Raises:
            OutboxBusy: another process (or another part of this one) writes this outbox.
            DiskUnusable: the lock file cannot be made.
        """
        path = outbox.with_name(f"{outbox.name}.lock")
        try:
            self._file = path.open("a+", encoding="ascii")
        except OSError as error:
            raise DiskUnusable(f"{path}: {error.strerror}; make its folder writable") from error
        if not _grab(self._file):
            holder = _holder(self._file)
            self._file.close()
            raise OutboxBusy(
                f"outbox {outbox} is being written by process {holder}; end that agent first, "
                "or look inside with `lianke-agent outbox`, which needs no lock"
            )
        self._sign()

    def release(self) -> None:
        """Let others write. The lock file stays: removing it would race with the next owner."""
        self._file.close()

    def _sign(self) -> None:
        """Leave our process id for the message of whoever comes second."""
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()


def _holder(file: TextIO) -> str:
    file.seek(0)
    return file.readline().strip() or "unknown"


def _grab(file: TextIO) -> bool:
    try:
        if sys.platform == "win32":
            file.seek(1 << 30)  # mandatory there, so far away from the process id
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
