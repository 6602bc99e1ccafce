"""Receipts on the disk, from their first byte on: sealed, in pieces, and never half believed.

    folder/open/<name>       the receipt that is being printed: grows as bytes come
    folder/waiting/<name>    over: waits for whoever makes a sale of it

A sheet is a line that names it, then sealed records, each behind its length: a heading, pieces of
what was printed, and at its end a closing that says why it ended and whether anything is missing.
Every piece is on the disk before the next is taken. What a crash leaves has no closing, perhaps a
torn last record, and is read up to there. Moving a sheet to ``waiting`` is one rename.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from io import FileIO
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from agent.capture.pos.escpos.printed import Ending, Settings
from agent.capture.pos.escpos.reading import Occasion, slip
from agent.capture.pos.kinds import sealed_kind
from agent.errors import DiskUnusable, UnreadableInput
from models.durable import make_folder, sync_folder
from models.vault.blob import BlobSealer
from models.vault.errors import SealBroken

SUFFIX: Final = ".print"

_MAGIC: Final = b"LKPRINT1 "
_LENGTH_BYTES: Final = 4
_HEADING: Final = b"H"
_PIECE: Final = b"P"
_CLOSING: Final = b"C"


class Heading(Struct, frozen=True):
    """What is known when a receipt begins.

    Attributes:
        printer: the tap's name for it.
        at: when its first byte came, by the wall clock.
        connection: number of the till's connection since the tap began.
        settings: what the printer had been told before.
        joined: it begins within a receipt, since what came before is lost.
    """

    printer: str
    at: datetime
    connection: int
    settings: Settings
    joined: bool = False


class Closing(Struct, frozen=True):
    """What is known when it is over.

    Attributes:
        lost_bytes: printed behind what is here, and not written down.
    """

    ended: Ending
    at: datetime
    lost_bytes: int = 0


class Sheet(Struct, frozen=True):
    """One receipt, read back.

    Attributes:
        raw: the bytes that the printer was given.
        closing: None where a crash came between.
    """

    heading: Heading
    raw: bytes
    closing: Closing | None

    @property
    def whole(self) -> bool:
        """Whether nothing of it is missing."""
        closed = self.closing is not None and self.closing.lost_bytes == 0
        return closed and not self.heading.joined

    @property
    def occasion(self) -> Occasion:
        """What a reader of the receipt must know."""
        ended = Ending.CRASHED if self.closing is None else self.closing.ended
        heading = self.heading
        return Occasion(heading.printer, heading.at, self.whole, ended, heading.settings)

    def __repr__(self) -> str:
        """Without the content."""
        return f"Sheet({self.heading.at:%FT%T}, {len(self.raw)} bytes, whole={self.whole})"


class OpenSheet:
    """A receipt under way. Every step may be repeated after it failed."""

    def __init__(self, path: Path, file: FileIO, sealer: BlobSealer) -> None:
        self._path = path
        self._file = file
        self._sealer = sealer
        self._good = self._number = 0

    def write(
        self, data: bytes, heading: Heading | None = None, closing: Closing | None = None
    ) -> None:
        """What came, behind the heading and before the closing where these are due.

        Durable on return, all or nothing; raises DiskUnusable.
        """
        plain = [_HEADING + msgspec.json.encode(heading)] if heading is not None else []
        plain += [_PIECE + data] if data else []
        plain += [_CLOSING + msgspec.json.encode(closing)] if closing is not None else []
        line = b"" if self._good else _MAGIC + self._path.name.encode() + b"\n"
        self._append(line + b"".join(map(self._record, plain, count(self._number))))
        self._number += len(plain)

    def hand_over(self, waiting: Path) -> Path:
        """Let it wait for being read; raises DiskUnusable. Returns where it is."""
        target = waiting / self._path.name
        try:
            if self._path.exists():
                self._path.rename(target)
            sync_folder(waiting)
            self._file.close()
        except OSError as error:
            raise _unusable(self._path, error) from error
        return target

    def abandon(self) -> None:
        """Leave it as a crash would."""
        self._file.close()

    def _record(self, plain: bytes, number: int) -> bytes:
        sealed = self._sealer.seal(plain, _place(self._path.name, number))
        return len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed

    def _append(self, content: bytes) -> None:
        """What a full disk took of an earlier attempt is cut off first."""
        try:
            self._file.seek(self._good)
            self._file.truncate()
            left = memoryview(content)
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
            if not self._good:
                sync_folder(self._path.parent)
        except OSError as error:
            raise _unusable(self._path, error) from error
        self._good += len(content)


class SheetFolder:
    """The receipts of one box. Taps write; whoever makes sales takes from ``waiting``.

    Attributes:
        waiting: the folder for a spool.
        kind: what such a spool finds there.
    """

    def __init__(self, folder: Path, sealer: BlobSealer) -> None:
        self._open = folder / "open"
        self.waiting = folder / "waiting"
        self._sealer = sealer
        self.kind = sealed_kind(SUFFIX, self.slip)

    def prepare(self) -> int:
        """Make the folders, and let what a crash has left wait to be read; returns how many.

        Raises:
            DiskUnusable: this folder cannot be used.
        """
        try:
            make_folder(self._open)
            make_folder(self.waiting)
            left = sorted(self._open.glob(f"*{SUFFIX}"))
            for path in left:
                path.rename(self.waiting / path.name)
            sync_folder(self.waiting)
        except OSError as error:
            raise _unusable(self._open, error) from error
        return len(left)

    def begin(self, name: str) -> OpenSheet:
        """A fresh sheet; ``name`` is unique and ends in SUFFIX. Raises DiskUnusable."""
        path = self._open / name
        try:
            file = FileIO(path, "w")
        except OSError as error:
            raise _unusable(path, error) from error
        return OpenSheet(path, file, self._sealer)

    def slip(self, path: Path) -> bytes:
        """A sheet's content for a reader of receipts; the file itself where it cannot be opened.

        Raises:
            OSError: there is no such file, or it cannot be read.
        """
        content = path.read_bytes()
        try:
            sheet = self.read(content, path.name)
        except UnreadableInput:
            return content
        return slip(sheet.raw, sheet.occasion)

    def read(self, content: bytes, file_name: str) -> Sheet:
        """A sheet from its file's bytes; what a crash has torn off is left out.

        Raises:
            UnreadableInput: it is no sheet, or not one that this box sealed under this name.
        """
        head, separator, body = content.partition(b"\n")
        if not (head.startswith(_MAGIC) and separator):
            raise UnreadableInput(f"{file_name}: not a receipt that a tap has written down")
        name = head.removeprefix(_MAGIC).decode("ascii", "replace")
        try:
            records = [
                self._sealer.open(sealed, _place(name, number))
                for number, sealed in enumerate(_records(body))
            ]
            return _sheet(records)
        except (SealBroken, msgspec.DecodeError) as error:
            raise UnreadableInput(f"{file_name}: sealed by another box, or changed") from error
        except LookupError as error:
            raise UnreadableInput(f"{file_name}: a crash left nothing of it") from error


def _sheet(records: list[bytes]) -> Sheet:
    heading = msgspec.json.decode(records[0].removeprefix(_HEADING), type=Heading)
    pieces = [each[1:] for each in records if each.startswith(_PIECE)]
    closings = [each[1:] for each in records if each.startswith(_CLOSING)]
    closing = msgspec.json.decode(closings[-1], type=Closing) if closings else None
    return Sheet(heading, b"".join(pieces), closing)


def _records(body: bytes) -> Iterator[bytes]:
    """Whole records only."""
    position = 0
    while position + _LENGTH_BYTES <= len(body):
        begin = position + _LENGTH_BYTES
        position = begin + int.from_bytes(body[position:begin], "big")
        if position > len(body):
            return
        yield body[begin:position]


def _place(name: str, number: int) -> str:
    return f"{name}/{number}"


def _unusable(path: Path, error: OSError) -> DiskUnusable:
    return DiskUnusable(f"{path}: {error.strerror}; free or repair this disk, printing goes on")
