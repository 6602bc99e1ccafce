"""Bytes of a printer to printed things: a push parser that takes them in any pieces.

    parser = Parser(profile)
    things = parser.feed(chunk)     # as often as bytes come
    things += parser.tear()         # the paper is torn off: what was begun is given up

What it promises: the same things whatever the pieces; no exception whatever the bytes; memory of
some kilobytes whatever a command announces (payloads are counted and let go); and text behind an
unknown command is never eaten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from agent.capture.pos.escpos.commands import Commands, PartsLeft
from agent.capture.pos.escpos.grammar import TEXT, make_grammar
from agent.capture.pos.escpos.head import PrintHead
from agent.capture.pos.escpos.opcodes import name_of
from agent.capture.pos.escpos.printed import Line, Oddity, Piece, Settings, Thing, Torn
from agent.capture.pos.escpos.profile import PrinterProfile
from agent.capture.pos.escpos.styles import STYLES

LINE_BYTES: Final = 4096
"""A longer line is handed on in pieces; receipts have 32 to 64 columns."""

_RUN: Final = re.compile(TEXT)
_PADDING: Final = re.compile(rb"\x00+")
# Control characters that begin nothing, so behind an unknown command they are its operands.
_STRAY: Final = bytes(set(range(0x20)) - set(b"\t\n\f\r\x10\x18\x1b\x1c\x1d"))
_STRAYS: Final = 8
_NOWHERE: Final = -1


class Parser:
    """Reads one stream of one printer. Used by one thread."""

    def __init__(self, profile: PrinterProfile, settings: Settings | None = None) -> None:
        """``settings``: what the printer was told before the stream begins."""
        grammar = make_grammar(profile.vendors)
        self._head = PrintHead(profile, settings)
        self._grammar = grammar
        self._commands = Commands(grammar.entries)
        self._fed = 0
        self._base = 0  # the stream's offset of what is read now
        self._held = b""
        self._skip = 0
        self._parts: PartsLeft | None = None
        self._stray_at, self._strays_left = _NOWHERE, 0

    @property
    def settings(self) -> Settings:
        """What the printer has been told so far."""
        return self._head.settings

    @property
    def pending(self) -> bool:
        """Whether something was begun and is not complete: a line, or a command."""
        return bool(self._held) or self._skip > 0 or self._parts is not None

    def feed(self, chunk: bytes) -> list[Thing]:
        """What these bytes complete, in order."""
        data = self._held + chunk if self._held else chunk
        self._base = self._fed - len(self._held)
        self._fed += len(chunk)
        things: list[Thing] = []
        self._held = data[self._read(data, things) :]
        return things

    def tear(self) -> list[Thing]:
        """Give up what was begun, and hand on a line without an end. Settings stay in force."""
        things: list[Thing] = []
        while self.pending:
            held, self._base = self._held, self._fed - len(self._held)
            if _RUN.match(held):
                self._text(held, self._base, things)
                self._held = b""
                continue
            things.append(Torn(self._skip))
            self._skip, self._parts = 0, None
            rest = self._commands.text_behind(held)
            self._base = self._fed - len(rest)
            self._held = rest[self._read(rest, things) :]
        return things

    def _read(self, data: bytes, things: list[Thing]) -> int:
        """Read as far as it is complete; returns how far that was."""
        position, end = 0, len(data)
        while True:
            step = min(self._skip, end - position)
            self._skip -= step
            position += step
            if self._skip:
                return position
            if self._parts is not None:
                part = self._parts.next_part(data, position)
                if part is None:
                    return position
                position, self._skip = part
                self._parts = self._parts if self._parts.left else None
                continue
            position = self._walk(data, position, things)
            if position > end:
                self._skip, position = position - end, end
            if self._parts is None:
                return position

    def _walk(self, data: bytes, position: int, things: list[Thing]) -> int:
        """Text and commands, up to a series or to what is not complete.

        Returns where reading goes on: beyond the data where a payload is yet to come.
        """
        end, base, head, grammar = len(data), self._base, self._head, self._grammar
        token_at, restyle_of, effect_of = (
            grammar.token.match,
            grammar.restyles.get,
            grammar.effects.get,
        )
        while position < end:
            token = token_at(data, position)
            assert token is not None  # both of its parts may be empty
            run, command = token.groups()
            if run:
                if position + len(run) == end:
                    return self._open_line(data, position, things)
                self._text(run, base + position, things)
            position = token.end()
            if not command:
                stop = self._long(data, position, things)
                if stop == _NOWHERE:
                    return position
                position = stop
                if self._parts is not None:
                    return position
                continue
            restyle = restyle_of(command)
            if restyle is not None:
                head.bits = head.bits & restyle[0] | restyle[1]
                continue
            known = effect_of(command[:2]) or effect_of(command[:3])
            if known is not None:
                effect, length = known
                head.offset = base + position
                thing = effect(head, command[length:])
                if thing is not None:
                    things.append(thing)
        return position

    def _long(self, data: bytes, position: int, things: list[Thing]) -> int:
        """A command with a payload, of a vendor, or unknown; where it ends, or NOWHERE yet."""
        at = self._base + position
        if self._is_stray(data[position], at):
            return position + 1
        padding = _PADDING.match(data, position)
        if padding is not None:
            return padding.end()
        found = self._commands.at(data, position)
        if found is None:
            return _NOWHERE
        vendor = found.entry.vendor if found.entry is not None else ""
        if found.unknown or vendor:
            things.append(Oddity(name_of(found.code), at, vendor))
        if found.unknown and found.command is None:
            self._stray_at, self._strays_left = self._base + found.stop, _STRAYS
        self._parts = found.parts if found.parts is not None and found.parts.left else None
        self._head.offset = self._base + found.stop
        thing = found.take_effect(self._head)
        if thing is not None:
            things.append(thing)
        return found.stop

    def _is_stray(self, byte: int, at: int) -> bool:
        """Whether this is one more operand of the unknown command right before it."""
        if at != self._stray_at or byte not in _STRAY or not self._strays_left:
            return False
        self._stray_at, self._strays_left = at + 1, self._strays_left - 1
        return True

    def _open_line(self, data: bytes, position: int, things: list[Thing]) -> int:
        """Keep the last line back: it may go on in the next chunk, within a character even."""
        begin = data.rfind(b"\n", position) + 1
        if begin > position:
            self._text(data[position:begin], self._base + position, things)
            position = begin
        while len(data) - position >= LINE_BYTES:
            piece = data[position : position + LINE_BYTES]
            self._text(piece, self._base + position, things)
            position += LINE_BYTES
        return position

    def _text(self, run: bytes, at: int, things: list[Thing]) -> None:
        """Hand on a run of text, line by line."""
        head, first = self._head, len(things)
        if not head.prints:
            return
        style = STYLES[head.bits]
        for piece in (run,) if len(run) <= LINE_BYTES else _pieces(run):
            *lines, rest = head.read(piece).split("\n")
            things += [Line(line, style) for line in lines]
            if rest:
                things.append(Piece(rest, style))
        if at == self._stray_at:
            things[first : first + 1] = [_doubted(each) for each in things[first : first + 1]]


def _pieces(run: bytes) -> Iterator[bytes]:
    """Lines, cut where they are too long: the same cuts that a line gets that comes slowly."""
    *lines, last = run.split(b"\n")
    for line in lines:
        yield from _cut(line + b"\n")
    yield from _cut(last)


def _cut(line: bytes) -> Iterator[bytes]:
    yield from (line[at : at + LINE_BYTES] for at in range(0, len(line), LINE_BYTES))


def _doubted(thing: Thing) -> Thing:
    assert isinstance(thing, (Line, Piece))
    return replace(thing, doubtful=True)
