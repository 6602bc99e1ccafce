"""Bytes of a journal to its records, however the bytes were cut on the way here.

A record ends with a line feed; what stands behind the last one waits. Bytes and not characters are
cut, so half a character at the end of what was read waits with the rest. In every encoding that
tills write, no part of a longer character is a line feed, except in UTF-16, where one is two bytes
that stand at an even place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

WIDE: Final = frozenset({"utf-16-le", "utf-16-be"})
_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a journal that may be several files.

    Attributes:
        segment: which file, counted since the reader began.
        offset: in bytes, from the beginning of that file.
        line: from 1.
    """

    segment: int
    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as it stands in the file, without its line end.

    Attributes:
        too_long: the record was longer than allowed; ``data`` is its beginning.
        end: the place behind its line end.
    """

    data: bytes
    begin: Spot
    end: Spot
    too_long: bool = False

    def __repr__(self) -> str:
        """Without the content, which may name a customer."""
        return f"RawRecord({self.begin}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Carried:
    """The beginning of a line that a rotation cut off."""

    begin: Spot
    rest: bytes

    def __repr__(self) -> str:
        """Without the content, which may name a customer."""
        return f"Carried({self.begin}, {len(self.rest)} bytes)"


class LineSplitter:
    """Cuts what it is fed into records. One per file; memory is bounded by the longest record."""

    def __init__(
        self, begin: Spot, encoding: str, longest_bytes: int, carried: Carried | None = None
    ) -> None:
        """Begin at a place; ``carried`` is what another file left of the line that goes on here."""
        wide = encoding in WIDE
        self._unit = 2 if wide else 1
        self._feed = "\n".encode(encoding) if wide else b"\n"
        self._return = "\r".encode(encoding) if wide else b"\r"
        self._longest = longest_bytes
        self._segment = begin.segment
        self._fed_to = begin.offset
        self._begin = begin if carried is None else carried.begin
        self._rest = bytearray() if carried is None else bytearray(carried.rest)
        self._searched = 0
        self._skipped = 0

    @property
    def rest(self) -> bytes:
        """What was read and has no line end yet."""
        return bytes(self._rest)

    @property
    def position(self) -> Spot:
        """Where the record begins that has no line end yet."""
        return self._begin

    def feed(self, data: bytes) -> Iterator[RawRecord]:
        """The records that end in these bytes; take them all before feeding more."""
        self._rest += data
        self._fed_to += len(data)
        while (at := self._find()) >= 0:
            line = bytes(self._rest[:at])
            del self._rest[: at + len(self._feed)]
            yield self._record(line)
        self._searched = len(self._rest) - len(self._rest) % self._unit
        if len(self._rest) > self._longest:
            self._skip()

    def finish(self) -> Iterator[RawRecord]:
        """What is left as a record of its own: nothing more will come in this file."""
        if self._rest or self._skipped:
            line = bytes(self._rest)
            self._rest.clear()
            yield self._record(line)

    def _find(self) -> int:
        at = self._rest.find(self._feed, self._searched)
        while at >= 0 and at % self._unit:
            at = self._rest.find(self._feed, at + 1)
        self._searched = 0 if at >= 0 else self._searched
        return at

    def _skip(self) -> None:
        """Keep the beginning of an endless record, for whoever looks at what was set aside."""
        kept = self._longest // self._unit * self._unit
        surplus = (len(self._rest) - kept) // self._unit * self._unit
        del self._rest[kept : kept + surplus]
        self._skipped += surplus
        self._searched = kept

    def _record(self, line: bytes) -> RawRecord:
        begin = self._begin
        number = begin.line + 1 if begin.segment == self._segment else 2
        end = Spot(self._segment, self._fed_to - len(self._rest), number)
        too_long, self._skipped, self._begin = self._skipped > 0, 0, end
        plain = line.removesuffix(self._return)
        if begin.offset == 0:
            plain = _without_bom(plain)
        return RawRecord(plain, begin, end, too_long or len(plain) > self._longest)


def _without_bom(line: bytes) -> bytes:
    return next((line.removeprefix(bom) for bom in _BOMS if line.startswith(bom)), line)
