"""The time floor on the disk: a moment that has surely passed, for the next start.

The file holds the floor and where the boot's own clock stood then, so every process of the same
boot reckons the same time from it, and a later boot knows that it began after that moment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

import msgspec

from models.durable import write_whole
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)
NAME: Final = "time-floor.json"


class Floor(msgspec.Struct, frozen=True):
    """It was surely as late as ``floor_ms`` (since 1970, UTC) at ``boot_ms`` of boot ``bootid``."""

    floor_ms: int
    bootid: str
    boot_ms: int

    def now_ms(self, bootid: str, boot_ms: int) -> int:
        """How late it surely is at this time of a boot: the floor's own, or a later one."""
        since_ms = boot_ms - self.boot_ms if bootid == self.bootid else boot_ms
        return self.floor_ms + max(0, since_ms)


class FloorFile:
    """Keeps one floor. A disk that does not take it costs a line in the log, never an event."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        """The one in an agent's data folder."""
        return cls(data_dir / NAME)

    def read(self) -> Floor | None:
        """The floor; None where there is none, or what is there cannot be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Floor)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            _LOG.warning("time_floor_unreadable", path=str(self._path), error=type(error).__name__)
            return None

    def write(self, floor: Floor) -> bool:
        """Replace it, durably and at once or not at all; whether that worked."""
        try:
            write_whole(self._path, msgspec.json.encode(floor))
        except OSError as error:
            _LOG.warning("time_floor_not_kept", path=str(self._path), error=error.strerror)
            return False
        return True
