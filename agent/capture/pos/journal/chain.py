"""The files that one journal is made of, from the oldest to the one that is written to."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from agent.errors import DiskUnusable

_PACKED: Final = (".gz", ".bz2", ".xz", ".zst", ".zip", ".part", ".tmp", ".swp")
_WILD: Final = re.compile(r"[*?\[]")
_DIGITS: Final = re.compile(r"([0-9]+)")
_NUMBERED_DIGITS: Final = 3  # journal.1 to journal.999; longer numbers are dates

_Rank = tuple[int, tuple[tuple[int, str], ...]]


@dataclass(frozen=True, slots=True)
class JournalFile:
    """A file as it was when looked at.

    Attributes:
        rank: orders files of one journal, oldest first.
    """

    rank: _Rank
    path: Path
    device: int
    inode: int
    size: int
    mtime_ns: int

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode; they name a file only as long as somebody has it open."""
        return self.device, self.inode


class Chain:
    """Finds a journal's files by their names.

    ``live`` is the file that the till writes to; the rotated ones stand beside it as
    ``live.<something>``, ``stem-<something>.suffix`` and the like, or as ``rotated`` says. Numbers
    of up to three digits count backwards (``.2`` is older than ``.1``), longer ones are dates. A
    ``live`` with a wildcard (``EJ*.txt``) is a till that begins a file a day: the greatest name is
    the newest.
    """

    def __init__(self, live: Path, rotated: tuple[str, ...] = ()) -> None:
        self._folder = live.parent
        self._name = live.name
        self._stem = live.stem
        self._by_name = _WILD.search(live.name) is not None
        stem, suffix = live.stem, live.suffix
        defaults = (f"{live.name}.*", f"{live.name}-*", f"{stem}[-._]*{suffix}")
        self._patterns = (self._name,) if self._by_name else (rotated or defaults)

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    def files(self) -> list[JournalFile]:
        """The files, oldest first; none where the folder is missing. Packed ones are left out.

        Raises:
            DiskUnusable: the folder cannot be listed.
        """
        try:
            with os.scandir(self._folder) as entries:
                found = [self._file(entry) for entry in entries if self._is_ours(entry)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DiskUnusable(
                f"journal folder {self._folder}: {error.strerror}; this user must be able to list "
                "it and to read its files"
            ) from error
        return sorted((file for file in found if file is not None), key=lambda file: file.rank)

    def _is_ours(self, entry: os.DirEntry[str]) -> bool:
        name = entry.name
        if name.endswith(_PACKED) or name.startswith("."):
            return False
        if name != self._name and not any(fnmatchcase(name, each) for each in self._patterns):
            return False
        return entry.is_file(follow_symlinks=False)

    def _file(self, entry: os.DirEntry[str]) -> JournalFile | None:
        try:
            stat = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        return JournalFile(
            self._rank(entry.name),
            Path(entry.path),
            stat.st_dev,
            stat.st_ino,
            stat.st_size,
            stat.st_mtime_ns,
        )

    def _rank(self, name: str) -> _Rank:
        if self._by_name:
            return 0, _natural(name)
        if name == self._name:
            return 2, ()
        numbers = _DIGITS.findall(name.removeprefix(self._stem))
        if len(numbers) == 1 and len(numbers[0]) <= _NUMBERED_DIGITS:
            return 1, ((-int(numbers[0]), ""),)
        return 0, (*((int(each), "") for each in numbers), (0, name))


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """Names with numbers in the order in which people count."""
    return tuple(
        (int(each), "") if each.isdecimal() else (-1, each) for each in _DIGITS.split(name) if each
    )
