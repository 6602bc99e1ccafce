"""How far an Odoo was read: the latest date of change that was seen before a whole pass."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.capture.pos.place import PlaceFile


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """A place in an Odoo.

    Attributes:
        source: URL and database that it is of; one of another Odoo means nothing here.
        write_date: as the Odoo writes it, UTC to the second.
    """

    source: str
    write_date: str


class WatermarkFile:
    """Keeps one watermark at one path. Lost, it costs a second reading and nothing else."""

    def __init__(self, path: Path) -> None:
        self._file = PlaceFile(path, Watermark, "the last days are read again")

    def load(self, source: str) -> str:
        """The date of change; empty at the first start, or where it cannot be read.

        Raises:
            DiskUnusable: the file is there and its disk does not give it.
        """
        found = self._file.load()
        return found.write_date if found is not None and found.source == source else ""

    def save(self, source: str, write_date: str) -> None:
        """Replace it, durably; raises DiskUnusable, and the old one stands."""
        self._file.save(Watermark(source=source, write_date=write_date))
