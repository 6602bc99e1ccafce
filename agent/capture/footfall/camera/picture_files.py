"""The files of a folder or pattern of pictures. Light: nothing here looks into a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.errors import CameraUnreadable

_ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
_DIGITS: Final = re.compile(r"(\d+)")
_NUMBERED: Final = re.compile(r"%(0\d+)?d")


def picture_files(source: str) -> Sequence[Path]:
    """The files that a source names, in order; raises CameraUnreadable where there is none."""
    path = Path(source).expanduser()
    folder, pattern = (path, "*") if source.endswith("/") else (path.parent, _glob(path.name))
    if not folder.is_dir():
        raise CameraUnreadable(f"{source}: there is no folder {folder}; correct source")
    try:
        files = [each for each in folder.glob(pattern) if each.suffix.lower() in _ENDINGS]
    except OSError as error:
        raise CameraUnreadable(f"{folder} cannot be read: {error.strerror}") from error
    if not files:
        raise CameraUnreadable(
            f"{source}: there is no picture of that name; {', '.join(sorted(_ENDINGS))} are read"
        )
    return sorted(files, key=lambda file: _order(file.name))


def _glob(name: str) -> str:
    """A pattern of numbered files as one of any files: order and gaps come from the names."""
    return _NUMBERED.sub("*[0-9]*", name)


def _order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in _DIGITS.split(name)]
