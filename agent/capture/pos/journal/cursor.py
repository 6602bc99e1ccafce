"""How far a journal was read, so that the next start knows the place again, wherever it went.

Names and inode numbers of journals are handed on: a rotation renames, a copy-truncate empties, an
editor replaces, and a new file may get the old one's inode. So a place is known by what stands
before it: the hash of the bytes at the file's head and of those just before the offset.
"""

from __future__ import annotations

import os
from hashlib import sha256
from io import RawIOBase
from pathlib import Path
from typing import Final

import msgspec

from agent.capture.pos.place import PlaceFile

_WINDOW_BYTES: Final = 1024


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a file.

    Attributes:
        device, inode: of the file when it was marked; a hint, no proof.
        offset: in bytes.
        line: the number of the line that begins there, from 1.
        head: SHA-256 in hex of the file's first ``head_bytes`` bytes.
        before: of the ``before_bytes`` bytes that end at the offset.
        mtime_ns: when the file had last been changed.
    """

    device: int
    inode: int
    offset: int
    line: int
    head: str
    head_bytes: int
    before: str
    before_bytes: int
    mtime_ns: int


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading goes on, and the header that was in force there."""

    mark: Mark
    header: tuple[str, ...] = ()


class CursorFile(PlaceFile[Cursor]):
    """Keeps one cursor at one path. Used by one thread."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Cursor, "the journal is read again from its beginning")


def mark_at(file: RawIOBase, offset: int, line: int) -> Mark:
    """Mark a place in an open, unbuffered file; raises OSError."""
    stat = os.fstat(file.fileno())
    head = bytes_at(file, 0, min(_WINDOW_BYTES, offset))
    before = _before(file, offset, _WINDOW_BYTES)
    return Mark(
        device=stat.st_dev,
        inode=stat.st_ino,
        offset=offset,
        line=line,
        head=sha256(head).hexdigest(),
        head_bytes=len(head),
        before=sha256(before).hexdigest(),
        before_bytes=len(before),
        mtime_ns=stat.st_mtime_ns,
    )


def is_at(file: RawIOBase, mark: Mark) -> bool:
    """Whether the bytes up to a mark are in this file; always true for its very beginning.

    Raises:
        OSError: the file cannot be read.
    """
    if os.fstat(file.fileno()).st_size < mark.offset:
        return False
    head = bytes_at(file, 0, mark.head_bytes)
    before = _before(file, mark.offset, mark.before_bytes)
    return (sha256(head).hexdigest(), sha256(before).hexdigest()) == (mark.head, mark.before)


def bytes_at(file: RawIOBase, offset: int, count: int) -> bytes:
    """Up to ``count`` bytes from an offset; fewer at the file's end; raises OSError."""
    file.seek(offset)
    return file.read(count) or b""


def _before(file: RawIOBase, offset: int, window: int) -> bytes:
    start = max(0, offset - window)
    return bytes_at(file, start, offset - start)
