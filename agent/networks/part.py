"""The beginning of a network's file: what has arrived so far, in a file of its own.

It outlives the process, so that a download can go on where it stopped. Beside it lies the
validator that the server gave for it; without one, nothing may be continued, for the beginning
could be of another file. One process at a time may hold a part.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from agent.errors import NetworkUnavailable


class TooManyBytes(ValueError):
    """More bytes came than the network has: it is another file, or somebody fills our disk."""


class Part:
    """A file that grows up to a limit; made by ``Part.held``.

    Attributes:
        limit_bytes: the size of the whole network.
    """

    def __init__(self, path: Path, file: BinaryIO, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._path = path
        self._file = file
        self._validator = _validator_of(path)

    @classmethod
    @contextmanager
    def held(cls, path: Path, limit_bytes: int) -> Iterator[Self]:
        """Open or create a part and hold it alone.

        Raises:
            NetworkUnavailable: another process holds it.
            OSError: the disk does not let us.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(descriptor, "r+b") as file:
            _hold(path, descriptor)
            file.seek(0, os.SEEK_END)
            held = cls(path, file, limit_bytes)
            try:
                yield held
            finally:
                if not held.size_bytes:
                    cls.remove(path)

    @property
    def size_bytes(self) -> int:
        """How much is here."""
        return self._file.tell()

    @property
    def complete(self) -> bool:
        """Whether all bytes are here; whether they are the right ones is another question."""
        return self.size_bytes == self.limit_bytes

    @property
    def validator(self) -> str:
        """What the server called this version of the file; empty when it must not be continued."""
        return self._validator.read_text("ascii") if self._validator.exists() else ""

    def restart(self, validator: str = "") -> None:
        """Forget what is here; what comes next has this validator."""
        self._file.seek(0)
        self._file.truncate()
        self._validator.unlink(missing_ok=True)
        if validator:
            self._validator.write_text(validator, "ascii")

    def append(self, piece: bytes) -> None:
        """Write the next bytes.

        Raises:
            TooManyBytes: they go beyond the limit; all of the part is forgotten.
        """
        if self.size_bytes + len(piece) > self.limit_bytes:
            self.restart()
            raise TooManyBytes(f"more than the expected {self.limit_bytes} bytes")
        self._file.write(piece)

    def settle(self) -> None:
        """Make what was written last through a power cut."""
        self._file.flush()
        os.fsync(self._file.fileno())

    @classmethod
    def remove(cls, path: Path) -> None:
        """Delete a part and its validator, where they are."""
        path.unlink(missing_ok=True)
        _validator_of(path).unlink(missing_ok=True)


def _validator_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.validator")


def _hold(path: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it last may have made it the network's file: then it is not ours.
        held = os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        held = False
    if not held:
        raise NetworkUnavailable(
            f"another lianke-agent is fetching into {path}; wait until it has ended"
        )
