"""How far an Odoo was read: the latest date of change that was seen before a whole pass."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.errors import DiskUnusable
from models.durable import make_folder, sync_folder
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """A place in an Odoo.

    Attributes:
        source: URL and database that it is of; one of another Odoo means nothing here.
        write_date: as the Odoo writes it, UTC to the second.
    """

    source: str
    write_date: str


@dataclass(frozen=True, slots=True)
class WatermarkFile:
    """Keeps one watermark at one path. Lost, it costs a second reading and nothing else."""

    path: Path

    def load(self, source: str) -> str:
        """The date of change; empty at the first start, or where it cannot be read.

        Raises:
            DiskUnusable: the file is there and its disk does not give it.
        """
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=Watermark)
        except FileNotFoundError:
            return ""
        except (msgspec.DecodeError, UnicodeDecodeError):
            _LOG.warning(
                "odoo_watermark_unreadable",
                file=str(self.path),
                effect="the last days are read again; nothing is counted twice",
            )
            return ""
        except OSError as error:
            raise self._unusable(error) from error
        return found.write_date if found.source == source else ""

    def save(self, source: str, write_date: str) -> None:
        """Replace it, durably; raises DiskUnusable, and the old one stands."""
        draft = self.path.with_name(f".{self.path.name}.part")
        try:
            make_folder(self.path.parent)
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(Watermark(source=source, write_date=write_date)))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> DiskUnusable:
        return DiskUnusable(f"{self.path}: {error.strerror}; free or repair this disk")
