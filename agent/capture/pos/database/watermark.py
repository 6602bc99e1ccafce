"""Up to where a till's database was read, so that a restart need not begin from the start."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from agent.capture.pos.place import PlaceFile


class Watermark(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The newest receipt that was handed over.

    Attributes:
        at: when it was, by the till's clock; aware.
        id: the till's name for it; tells receipts of one moment apart.
    """

    at: datetime
    id: str


class WatermarkFile(PlaceFile[Watermark]):
    """Keeps one watermark at one path. Used by one thread."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Watermark, "the last days are read again")
