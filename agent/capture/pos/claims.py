"""Which files of the till's folder are ours to read.

A claim is a rename into ``.lianke/claimed/<device>/`` below the folder, on the same file system: of
several agents one wins, and what a crash leaves behind is found there again. A file keeps its name,
so one of the same name waits until the first is done with.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import DiskUnusable
from models.wire.ids import DeviceId

SUFFIX: Final = ".xml"
_OURS: Final = ".lianke"
_TEMPORARY: Final = (".", "~", "$")
_TAIL_BYTES: Final = 256
_END: Final = re.compile(rb"</(?:[\w.-]+:)?(?:POSLog|Envelope)\s*>\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class SpooledFile:
    """A file as it was when looked at; ordered by time of last change, then by name."""

    mtime_ns: int
    name: str
    size: int
    path: Path

    def looks_whole(self) -> bool:
        """Whether it ends as a POSLog or its envelope ends. A hint only: it may still be none.

        Raises:
            OSError: it cannot be opened.
        """
        with self.path.open("rb") as file:
            file.seek(max(0, self.size - _TAIL_BYTES))
            # UTF-16 puts a zero beside every letter of the end tag.
            return _END.search(file.read().replace(b"\x00", b"")) is not None


class Claims:
    """The till's folder and the claimed files of one device in it."""

    def __init__(
        self, folder: Path, device: DeviceId, suffixes: tuple[str, ...] = (SUFFIX,)
    ) -> None:
        """``suffixes``: endings of the names that are ours to take, in lower case."""
        self.folder = folder
        self._suffixes = suffixes
        self._claimed = folder / _OURS / "claimed" / device

    def held(self) -> list[SpooledFile]:
        """What is claimed: left by a crash, refused by the sink, or not settled yet.

        Raises:
            DiskUnusable: it cannot be listed.
        """
        try:
            return self._listed(self._claimed)
        except FileNotFoundError:
            return []

    def waiting(self) -> list[SpooledFile]:
        """The till's finished files, in the order in which they are to be read.

        Raises:
            FileNotFoundError: there is no such folder.
            DiskUnusable: it cannot be listed.
        """
        return [file for file in self._listed(self.folder) if self._is_finished(file.name)]

    def claim(self, file: SpooledFile) -> SpooledFile | None:
        """Take a file; None where another agent was faster, it is gone, or its name is held.

        Raises:
            PermissionError: this one file cannot be renamed; it may be open elsewhere (Windows).
            DiskUnusable: nothing can be claimed in this folder.
        """
        target = self._claimed / file.name
        if target.exists():
            return None
        try:
            self._make_claimed()
            file.path.rename(target)
        except FileNotFoundError:
            return None
        except PermissionError as error:
            if os.access(self.folder, os.W_OK | os.X_OK):
                raise
            raise self._unusable(error) from error
        except OSError as error:
            raise self._unusable(error) from error
        return SpooledFile(file.mtime_ns, file.name, file.size, target)

    def _is_finished(self, name: str) -> bool:
        return name.lower().endswith(self._suffixes) and not name.startswith(_TEMPORARY)

    def _listed(self, folder: Path) -> list[SpooledFile]:
        try:
            return sorted(_files(folder))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._unusable(error) from error

    def _make_claimed(self) -> None:
        """Never makes the till's folder itself: a missing mount must stay visible."""
        if not self._claimed.is_dir():
            for folder in (self._claimed.parent.parent, self._claimed.parent, self._claimed):
                folder.mkdir(exist_ok=True)

    def _unusable(self, error: OSError) -> DiskUnusable:
        return DiskUnusable(
            f"till folder {self.folder}: {error.strerror}; this user must be able to list it, "
            "to make folders in it and to rename the till's files"
        )


def _files(folder: Path) -> Iterator[SpooledFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # A link could point at anything that this user may read.
            if not entry.is_file(follow_symlinks=False):
                continue
            try:
                stat = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield SpooledFile(stat.st_mtime_ns, entry.name, stat.st_size, Path(entry.path))
