"""Up to where a till's database was read, so that a restart need not begin from the start.

A watermark is written after the sink has the sales. Lost or unreadable, it costs a second reading
of the last days and nothing else, since the events of a second reading have the same ids.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from agent.errors import DiskUnusable
from models.durable import make_folder, sync_folder
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class Watermark(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The newest receipt that was handed over.

    Attributes:
        at: when it was, by the till's clock; aware.
        id: the till's name for it; tells receipts of one moment apart.
    """

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class WatermarkFile:
    """Keeps one watermark at one path. Used by one thread."""

    path: Path

    def load(self) -> Watermark | None:
        """The watermark; None at the first start, or where it cannot be read.

        Raises:
            DiskUnusable: the file is there and its disk does not give it.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Watermark)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _LOG.warning(
                "till_watermark_unreadable",
                file=str(self.path),
                reason=type(error).__name__,
                effect="the last days are read again; nothing is counted twice",
            )
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def save(self, watermark: Watermark) -> None:
        """Replace the watermark; durable on return, and whole at every moment in between.

        Raises:
            DiskUnusable: the disk does not take it; the old one stands.
        """
        draft = self.path.with_name(f".{self.path.name}.part")
        try:
            make_folder(self.path.parent)
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(watermark))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> DiskUnusable:
        return DiskUnusable(f"{self.path}: {error.strerror}; free or repair this disk")
