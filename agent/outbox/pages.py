"""A SQLite file read page by page, for the day on which SQLite itself cannot read it.

A table's rows lie in leaf pages that describe themselves: with the schema, the root or any inner
page destroyed, the leaves that are whole can still be read one by one. The write-ahead log lies
over the file: of each page its last frame counts, also behind a broken frame, where SQLite stops.
The formats are those of https://www.sqlite.org/fileformat2.html (pages and records, sections 1
and 2; the log, section 4); they are promised until 2050.

Nothing here judges what a row means, and nothing raises for damage: what is not whole is skipped.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

Value = int | float | str | bytes | None
Row = tuple[int, list[Value]]
"""A row's number (SQLite's rowid) and its columns, as stored."""

OUR_PAGE_SIZE: Final = 4096
"""What every outbox is made with; believed where the header is destroyed."""

_SMALLEST, _LARGEST = 512, 1 << 16
LOG_HEADER: Final = 32
FRAME_HEADER: Final = 24
_LOG_MAGIC: Final = (bytes.fromhex("377f0682"), bytes.fromhex("377f0683"))
_LEAF: Final = 0x0D
_FIXED: Final = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}
_REAL: Final = 7
_FIRST_STRING: Final = 12
_FAULTS: Final = (IndexError, ValueError, struct.error)


class Pages:
    """The pages of a database and its log. Use it as a context manager.

    Attributes:
        frames: the log's frames in order: page number, offset in the log, whether it commits.
        numbers: the pages that file or log hold, in order. Those of the log are what its frames
            say, so a torn one may name page four thousand million: never count up to the last.
    """

    def __init__(self, path: Path) -> None:
        self._file = _open(path)
        self._log = _open(path.with_name(f"{path.name}-wal"))
        self.size = self._page_size()
        self.frames = list(self._frames())
        self._latest = {page: offset for page, offset, _ in self.frames}
        self.numbers = sorted({*range(1, self._pages_in_file() + 1), *self._latest})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in (self._file, self._log):
            if file is not None:
                os.close(file)

    def read(self, number: int) -> bytes:
        """One page as the log or else the file has it; empty where it cannot be read."""
        if number in self._latest:
            return self.frame(self._latest[number])
        return _pread(self._file, self.size, (number - 1) * self.size)

    def frame(self, offset: int) -> bytes:
        """The page that a frame of the log holds."""
        return _pread(self._log, self.size, offset + FRAME_HEADER)

    def rows(self) -> Iterator[Row]:
        """Every row of every table whose leaf page is whole, in the order of pages."""
        for number in self.numbers:
            yield from self.rows_of(self.read(number), 100 if number == 1 else 0)

    def rows_of(self, page: bytes, start: int = 0) -> Iterator[Row]:
        """The rows of one page; none unless it is a table's leaf."""
        if len(page) < self.size or page[start] != _LEAF:
            return
        (cells,) = struct.unpack_from(">H", page, start + 3)
        for cell in range(cells):
            with suppress(*_FAULTS):
                (at,) = struct.unpack_from(">H", page, start + 8 + 2 * cell)
                yield self._row(page, at)

    def _row(self, page: bytes, at: int) -> Row:
        length, at = _varint(page, at)
        number, at = _varint(page, at)
        if not 0 < length <= len(self.numbers) * self.size:
            raise ValueError(length)
        local = self._local(length)
        payload = page[at : at + local]
        if local < length:
            (chain,) = struct.unpack_from(">I", page, at + local)
            payload = self._with_overflow(payload, length, chain)
        return number, _record(payload)

    def _local(self, length: int) -> int:
        """How much of a payload lies in the leaf itself (section 1.6 of the format)."""
        most, least = self.size - 35, (self.size - 12) * 32 // 255 - 23
        if length <= most:
            return length
        fitting = least + (length - least) % (self.size - 4)
        return fitting if fitting <= most else least

    def _with_overflow(self, payload: bytes, length: int, chain: int) -> bytes:
        parts, missing = [payload], length - len(payload)
        while missing > 0:
            page = self.read(chain) if chain > 0 else b""
            (chain,) = struct.unpack_from(">I", page)  # struct.error where the chain breaks
            parts.append(page[4 : 4 + missing])
            missing -= len(parts[-1])
        return b"".join(parts)

    def _page_size(self) -> int:
        for file, offset, form in ((self._file, 16, ">H"), (self._log, 8, ">I")):
            told = _pread(file, struct.calcsize(form), offset)
            size = struct.unpack(form, told)[0] if len(told) == struct.calcsize(form) else 0
            size = _LARGEST if size == 1 else size
            if _SMALLEST <= size <= _LARGEST and size & (size - 1) == 0:
                return int(size)
        return OUR_PAGE_SIZE

    def _pages_in_file(self) -> int:
        return -(-_length(self._file) // self.size)

    def _frames(self) -> Iterator[tuple[int, int, bool]]:
        """Frames of the log's present life: those whose salts are its header's (section 4.1).

        Where the header is destroyed, the first frame tells the salts.
        """
        sound = _pread(self._log, 4, 0) in _LOG_MAGIC
        salts = _pread(self._log, 8, 16 if sound else LOG_HEADER + 8)
        offset = LOG_HEADER
        while len(header := _pread(self._log, FRAME_HEADER, offset)) == FRAME_HEADER:
            page, pages_after_commit = struct.unpack_from(">II", header)
            if header[8:16] == salts and page > 0:
                yield page, offset, pages_after_commit != 0
            offset += FRAME_HEADER + self.size


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return None


def _length(file: int | None) -> int:
    return 0 if file is None else os.fstat(file).st_size


def _pread(file: int | None, length: int, offset: int) -> bytes:
    """Bytes as far as the disk gives them: one bad sector must not hide its neighbours."""
    if file is None:
        return b""
    try:
        os.lseek(file, offset, os.SEEK_SET)
        return os.read(file, length)
    except OSError:
        return b""


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """SQLite's big-endian integer of one to nine bytes, and where the next thing begins."""
    value = 0
    for used in range(8):
        byte = data[at + used]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the format's continuation bit
            return value, at + used + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) if value >> 63 else value, at + 9


def _record(payload: bytes) -> list[Value]:
    """The columns of a record (section 2.1)."""
    end, at = _varint(payload, 0)
    kinds: list[int] = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        value, at = _value(payload, kind, at)
        values.append(value)
    return values


def _value(payload: bytes, kind: int, at: int) -> tuple[Value, int]:
    if kind >= _FIRST_STRING:
        length = (kind - _FIRST_STRING) // 2
        raw = payload[at : at + length]
        if len(raw) != length:
            raise ValueError(length)
        return (raw.decode() if kind % 2 else raw), at + length
    if kind == _REAL:
        return struct.unpack_from(">d", payload, at)[0], at + 8
    length = _FIXED.get(kind, -1)
    if length < 0:
        raise ValueError(kind)
    if length == 0:
        return {0: None, 8: 0, 9: 1}[kind], at
    return int.from_bytes(payload[at : at + length], "big", signed=True), at + length
