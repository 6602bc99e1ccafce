"""Small documents that survive a power cut: replaced whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from models.durable import sync_folder


def save(path: Path, content: bytes) -> None:
    """Replace a file durably; raises OSError, and then the old one is still there."""
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)
