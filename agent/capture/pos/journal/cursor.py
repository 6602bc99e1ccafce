"""How far a journal was read, so that the next start knows the place again, wherever it went.

Names and inode numbers of journals are handed on: a rotation renames, a copy-truncate empties, an
editor replaces, and a new file may get the old one's inode. So a place is known by what stands
before it: the hash of the bytes at the file's head and of those just before the offset. A cursor is
written after the sink has the sales. Lost or unreadable, it costs a second reading and nothing
else, since the events of a second reading have the same ids.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from io import RawIOBase
from pathlib import Path
from typing import Final

import msgspec

from agent.errors import DiskUnusable
from models.durable import make_folder, sync_folder
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

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


@dataclass(frozen=True, slots=True)
class CursorFile:
    """Keeps one cursor at one path. Used by one thread."""

    path: Path

    def load(self) -> Cursor | None:
        """The cursor; None at the first start, or where it cannot be read.

        Raises:
            DiskUnusable: the file is there and its disk does not give it.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Cursor)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _LOG.warning(
                "journal_cursor_unreadable",
                file=str(self.path),
                reason=type(error).__name__,
                effect="the journal is read again from its beginning; nothing is counted twice",
            )
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def save(self, cursor: Cursor) -> None:
        """Replace the cursor; durable on return, and whole at every moment in between.

        Raises:
            DiskUnusable: the disk does not take it; the old cursor stands.
        """
        draft = self.path.with_name(f".{self.path.name}.part")
        try:
            make_folder(self.path.parent)
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(cursor))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> DiskUnusable:
        return DiskUnusable(f"{self.path}: {error.strerror}; free or repair this disk")


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
