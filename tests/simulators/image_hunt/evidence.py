"""What a run leaves behind: its files, and what its processes hold open."""

from __future__ import annotations

import re
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.outbox.packing import as_far_as_it_goes

_PROC: Final = Path("/proc")
_SQLITE: Final = b"SQLite format 3\0"
_SHARED_WRITABLE_MAP: Final = re.compile(r"^(\S+) .w.s \S+ \S+ \d+ +(/.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Some bytes, and where they were found."""

    where: str
    content: bytes


def files_below(*folders: Path) -> Iterator[Exhibit]:
    """Every regular file, the cells of every database, and the names of all files."""
    names = []
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        names.append(str(path))
        yield from _regular_file(path)
    yield Exhibit("names of files", "\n".join(names).encode())


def _regular_file(path: Path) -> Iterator[Exhibit]:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        content = path.read_bytes()
    except FileNotFoundError:
        return  # a journal that was folded back while we walked
    yield Exhibit(str(path), content)
    if content.startswith(_SQLITE):
        yield from _cells(path)


def _cells(database: Path) -> Iterator[Exhibit]:
    """What its readers see, table by table: in the file a long value is cut up over many pages.

    The outbox packs its bodies with a dictionary, without which they cannot be searched.
    """
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.text_factory = bytes
        listed = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for table in (name.decode() for (name,) in listed):
            rows = db.execute(f'SELECT * FROM "{table}"')
            cells = (
                as_far_as_it_goes(cell) for row in rows for cell in row if isinstance(cell, bytes)
            )
            yield Exhibit(f"{database}, table {table}", b"\n".join(cells))


def held_files(pids: Iterable[int], known: Iterable[Path]) -> Iterator[Exhibit]:
    """Regular files that processes may write to outside the known folders.

    Deleted ones, ``memfd`` and ``/dev/shm`` are among them: they are read through ``/proc``.
    """
    folders = tuple(f"{folder}/" for folder in known)
    for pid in pids:
        for name, way in (*_open_files(pid), *_mapped_files(pid)):
            if not name.startswith(folders) or name.endswith(" (deleted)"):
                try:
                    yield Exhibit(f"process {pid}: {name}", way.read_bytes())
                except OSError:
                    continue  # closed meanwhile


def _open_files(pid: int) -> Iterator[tuple[str, Path]]:
    for link in _listed(_PROC / str(pid) / "fd"):
        try:
            about, rights = link.stat(), link.lstat()
            name = str(link.readlink())
        except OSError:
            continue
        if stat.S_ISREG(about.st_mode) and rights.st_mode & stat.S_IWUSR:
            yield name, link


def _mapped_files(pid: int) -> Iterator[tuple[str, Path]]:
    try:
        maps = (_PROC / str(pid) / "maps").read_text()
    except OSError:
        return
    for found in _SHARED_WRITABLE_MAP.finditer(maps):
        yield found[2], _PROC / str(pid) / "map_files" / found[1]


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
