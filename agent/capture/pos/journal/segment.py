"""One file of a journal while it is read.

It is held open, so it can be read to its end whatever becomes of its name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from agent.capture.pos.journal.cursor import Mark, bytes_at, is_at, mark_at
from agent.capture.pos.journal.lines import Carried, LineSplitter, RawRecord, Spot


@dataclass(frozen=True, slots=True)
class Layout:
    """What must be known to find a file's records.

    Attributes:
        encoding: of the text.
        longest_bytes: a longer record is cut.
        lines_may_span: whether a line may go on in the next file.
    """

    encoding: str
    longest_bytes: int
    lines_may_span: bool = False


class Segment:
    """An open file and how far it was read. Used by one thread.

    Attributes:
        number: which file of the journal, counted since the reader began.
        path: what it was called when it was opened.
    """

    def __init__(
        self,
        number: int,
        path: Path,
        layout: Layout,
        begin: Mark | None = None,
        carried: Carried | None = None,
    ) -> None:
        """Open a file, to be read from a mark or from its beginning; raises OSError."""
        self.number = number
        self.path = path
        self._file = path.open("rb", buffering=0)
        offset, line = (begin.offset, begin.line) if begin is not None else (0, 1)
        spot = Spot(number, offset, line)
        self._lines = LineSplitter(spot, layout.encoding, layout.longest_bytes, carried)
        self._read_to = offset
        self._mark = mark_at(self._file, offset, line)
        self._began_empty = offset == 0 and self.unread_bytes == 0

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        stat = os.fstat(self._file.fileno())
        return stat.st_dev, stat.st_ino

    @property
    def mtime_ns(self) -> int:
        """When the file was last changed."""
        return os.fstat(self._file.fileno()).st_mtime_ns

    @property
    def read_to(self) -> int:
        """Up to which offset its bytes were read."""
        return self._read_to

    @property
    def unread_bytes(self) -> int:
        """How much stands behind what was read."""
        return max(0, os.fstat(self._file.fileno()).st_size - self._read_to)

    @property
    def may_have_been_passed_by(self) -> bool:
        """Whether it was empty when it was opened and nothing was read yet.

        Nothing stands in it by which it could be known, so a copy-truncate goes unnoticed.
        """
        return self._began_empty and self._read_to == 0

    @property
    def began_at_ns(self) -> int:
        """When the file had last been changed before it was first looked at."""
        return self._mark.mtime_ns

    @property
    def position(self) -> Spot:
        """Where the record begins that has no line end yet."""
        return self._lines.position

    @property
    def carried(self) -> Carried:
        """What stands behind the last line end."""
        return Carried(self._lines.position, self._lines.rest)

    def is_intact(self) -> bool:
        """Whether what was read is still there; not so after a truncation or a replacement."""
        return is_at(self._file, self._mark)

    def holds(self, mark: Mark) -> bool:
        """Whether the bytes up to a mark are in this file."""
        return is_at(self._file, mark)

    def read(self, most_bytes: int) -> tuple[list[RawRecord], bool]:
        """The records in the next bytes, and whether the end was reached; raises OSError."""
        data = bytes_at(self._file, self._read_to, most_bytes)
        if not data:
            return [], True
        records = list(self._lines.feed(data))
        self._read_to += len(data)
        self._mark = mark_at(self._file, self._read_to, 0)
        return records, len(data) < most_bytes

    def finish(self) -> list[RawRecord]:
        """What stands behind the last line end, as a record."""
        return list(self._lines.finish())

    def mark(self, spot: Spot) -> Mark:
        """A mark at a place in this file; raises OSError."""
        return mark_at(self._file, spot.offset, spot.line)

    def is_copied_to(self, path: Path) -> bool:
        """Whether another file holds all that was read here; if so, it is read instead from now.

        Raises:
            OSError: it cannot be opened or read.
        """
        copy = path.open("rb", buffering=0)
        if not is_at(copy, self._mark):
            copy.close()
            return False
        self._file.close()
        self._file, self.path = copy, path
        return True

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
