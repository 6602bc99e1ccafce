"""Commands that have more than operands of a fixed length: finding where they end.

Nothing is remembered here. What is not complete is asked for again with more bytes; payloads that
nobody looks at are stepped over by their length, so they need not be here at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, assert_never

from msgspec import Struct

from agent.capture.pos.escpos.effects import Command
from agent.capture.pos.escpos.grammar import Entry
from agent.capture.pos.escpos.head import PrintHead
from agent.capture.pos.escpos.layouts import Branch, Fixed, Series, Sized, Until
from agent.capture.pos.escpos.printed import Thing

_PREFIXES: Final = b"\x10\x1b\x1c\x1d"
_PRINTABLE: Final = re.compile(rb"[^\x00-\x1f]*")
_NUL: Final = b"\x00"
_FEW: Final = 4
"""So much is looked at of a payload that is longer than its table says is of interest."""


class PartsLeft(Struct):
    """A series under way: parts with heads of their own."""

    layout: Series
    head: bytes
    left: int

    def next_part(self, data: bytes, position: int) -> tuple[int, int] | None:
        """Where the next part's payload begins, and its size; None where more bytes are needed."""
        stop = position + self.layout.part_head
        if stop > len(data):
            return None
        self.left -= 1
        return stop, self.layout.part_size(self.head + data[position:stop])


class Found(Struct, frozen=True):
    """One command.

    Attributes:
        code: its opcode.
        stop: where reading goes on; beyond the data where a payload is yet to come.
        entry: what the table says of it; None for one that nobody knows.
        command: its payload, where it has one.
        operands: where it has none.
        parts: what follows as a series.
        unknown: whether its opcode is not in the table; its length may be known all the same.
    """

    code: bytes
    stop: int
    entry: Entry | None = None
    command: Command | None = None
    operands: bytes = b""
    parts: PartsLeft | None = None
    unknown: bool = False

    def take_effect(self, head: PrintHead) -> Thing | None:
        """Change the print head, or say what is printed."""
        if self.entry is None:
            return None
        if self.command is not None:
            reads = self.entry.payload_effect
            return reads(head, self.command) if reads is not None else None
        restyle, effect = self.entry.restyle, self.entry.effect
        if restyle is not None:
            head.bits = head.bits & restyle.keeps | restyle.sets[self.operands[0]]
        return effect(head, self.operands) if effect is not None else None


class Commands:
    """The commands of one printer."""

    def __init__(self, entries: Mapping[bytes, Entry]) -> None:
        self._entries = entries

    def at(self, data: bytes, position: int) -> Found | None:
        """The command at a position that holds a control character; None: more bytes needed."""
        length = 2 if data[position] in _PREFIXES else 1
        code = data[position : position + length]
        entry = self._entries.get(code)
        if entry is not None and isinstance(entry.layout, Branch):
            length += 1
            code = data[position : position + length]
            branch, entry = entry, self._entries.get(code)
            if entry is None and len(code) == length:
                return self._of_branch(branch, code, data, position + length)
        if len(code) < length:
            return None
        start = position + length
        return (
            Found(code, start, unknown=True) if entry is None else _read(entry, code, data, start)
        )

    def text_behind(self, held: bytes) -> bytes:
        """What may be text in a command that never ended: behind a code's opcode."""
        entry = self._entries.get(held[:2])
        if entry is None or not isinstance(entry.layout, Branch):
            return b""
        layout = self._entries[held[:3]].layout if held[:3] in self._entries else entry.layout.other
        return held[3:] if isinstance(layout, Until) else b""

    @staticmethod
    def _of_branch(branch: Entry, code: bytes, data: bytes, start: int) -> Found | None:
        """An unknown third byte: by the layout that all of the branch have, if any."""
        assert isinstance(branch.layout, Branch)
        if branch.layout.other is None:
            return Found(code, start, unknown=True)
        whole = Entry(branch.layout.other, None, None, branch.payload_effect, branch.vendor)
        found = _read(whole, code, data, start)
        return None if found is None else _as_unknown(found)


def _as_unknown(found: Found) -> Found:
    return Found(found.code, found.stop, found.entry, found.command, unknown=True)


def _read(entry: Entry, code: bytes, data: bytes, start: int) -> Found | None:
    layout = entry.layout
    match layout:
        case Fixed(count):
            stop = start + count
            operands = data[start:stop]
            return Found(code, stop, entry, operands=operands) if stop <= len(data) else None
        case Sized():
            return _read_sized(entry, layout, code, data, start)
        case Until():
            return _read_until(entry, layout, code, data, start)
        case Series(head, count):
            stop = start + head
            if stop > len(data):
                return None
            operands = data[start:stop]
            return Found(code, stop, entry, parts=PartsLeft(layout, operands, count(operands)))
        case Branch():
            raise AssertionError(f"{code!r} branches twice")
        case _:
            assert_never(layout)


def _read_sized(entry: Entry, layout: Sized, code: bytes, data: bytes, start: int) -> Found | None:
    begin = start + layout.head
    if begin > len(data):
        return None
    size = layout.size(data[start:begin])
    looked_at = size if size <= layout.peek else min(layout.peek, _FEW)
    if begin + looked_at > len(data):
        return None
    command = Command(code, data[begin : begin + looked_at], size)
    return Found(code, begin + size, entry, command)


def _read_until(entry: Entry, layout: Until, code: bytes, data: bytes, start: int) -> Found | None:
    longest = start + layout.limit
    if not layout.text:
        return _read_rising(entry, code, data, start, longest)
    run = _PRINTABLE.match(data, start, longest + 1)
    stop = run.end() if run is not None else start
    if stop > longest or (stop < len(data) and data[stop : stop + 1] != _NUL):
        return Found(code, start, unknown=True)
    if stop == len(data):
        return None
    return Found(code, stop + 1, entry, Command(code, data[start:stop], stop - start))


def _read_rising(entry: Entry, code: bytes, data: bytes, start: int, longest: int) -> Found | None:
    """Tab stops rise; the first byte that does not ends them, and is taken where it is the NUL."""
    stop = start
    while stop < longest and stop < len(data) and (stop == start or data[stop] > data[stop - 1]):
        if data[stop : stop + 1] == _NUL:
            break
        stop += 1
    if stop == len(data) and stop < longest:
        return None
    behind = stop + (data[stop : stop + 1] == _NUL)
    return Found(code, behind, entry, Command(code, data[start:stop], stop - start))
