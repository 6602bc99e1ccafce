"""What tells one recording from another, and how far it goes, without looking into its pictures."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.capture.footfall.camera.picture_files import picture_files
from agent.config.camera_source import SourceKind, file_of, kind_of
from agent.errors import CameraUnreadable

_SAMPLE_BYTES: Final = 65_536
"""Of a file's beginning and end: headers and indices lie there, which differ where pictures do."""

_DIGITS: Final = 16

_State = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Files:
    """A recording's files as they are now.

    Attributes:
        imprint: place, size and content of the first; a copy of the same file leaves the same one.
        names: all of them, in order; of a clip its own.
        before: the imprint that earlier versions made, of place and size alone.
    """

    imprint: str
    names: Sequence[str]
    before: str


class RecordingFiles:
    """Those of one source: a clip, or pictures. What has not changed is not read again."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._listed: tuple[tuple[_State, int], Sequence[Path]] | None = None
        self._sampled: tuple[_State, str] | None = None

    def look(self) -> Files | None:
        """As they are now; None where nothing is there or may be read."""
        try:
            return self._look()
        except (OSError, CameraUnreadable):
            return None

    def _look(self) -> Files:
        pictures = kind_of(self._source) is SourceKind.SEQUENCE
        files = self._pictures() if pictures else [Path(self._source).expanduser()]
        place = files[0].parent if pictures else files[0]
        return Files(
            imprint=f"{self._source} {self._sample(files[0])}",
            names=[file.name for file in files],
            before=f"{place} {place.stat().st_size}",
        )

    def _pictures(self) -> Sequence[Path]:
        folder = file_of(self._source)
        # Two changes within a tick of the kernel's clock leave one time, not one number of files.
        state = _state(folder), sum(1 for _ in folder.iterdir())
        if self._listed is None or self._listed[0] != state:
            self._listed = state, picture_files(self._source)
        return self._listed[1]

    def _sample(self, file: Path) -> str:
        state = _state(file)
        if self._sampled is None or self._sampled[0] != state:
            self._sampled = state, _content(file)
        return self._sampled[1]


def _state(path: Path) -> _State:
    there = path.stat()
    return there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns


def _content(file: Path) -> str:
    with file.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        sampled = hashlib.sha256(f"{size} ".encode() + stream.read(_SAMPLE_BYTES))
        stream.seek(max(0, size - _SAMPLE_BYTES))
        sampled.update(stream.read(_SAMPLE_BYTES))
    return sampled.hexdigest()[:_DIGITS]
