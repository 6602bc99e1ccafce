"""What is on the disk when the power is back."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kept:
    """A file with its content, or a folder, which has none."""

    mode: int
    content: bytes | None


def is_index(name: str) -> bool:
    """Whether this is the index of SQLite's write-ahead log: shared memory with a name.

    SQLite makes it anew whenever nobody else has it open, so what a disk kept of it is never read.
    """
    return name.endswith("-shm")


@dataclass(frozen=True, slots=True)
class Image:
    """The watched folder's files and folders by path; a folder stands before what is in it."""

    kept: Mapping[str, Kept]

    @classmethod
    def of(cls, folder: Path) -> Image:
        """What is in a folder now."""
        paths = sorted(folder.rglob("*"))
        return cls(
            {
                path.relative_to(folder).as_posix(): Kept(
                    path.stat().st_mode & 0o7777, None if path.is_dir() else path.read_bytes()
                )
                for path in paths
                if not is_index(path.name)
            }
        )

    def write_to(self, folder: Path) -> None:
        """Put it into a folder; what was there before is removed."""
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        for path, kept in self.kept.items():
            place = folder / path
            if kept.content is None:
                place.mkdir()
            else:
                place.write_bytes(kept.content)
            place.chmod(kept.mode)
