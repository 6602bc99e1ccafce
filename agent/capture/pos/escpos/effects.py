"""What a command does: from its operands to a change of the print head, a printed thing, or none.

Operands may be anything; no effect raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from agent.capture.pos.escpos.contents import barcode, readable, symbol_kind
from agent.capture.pos.escpos.head import PrintHead
from agent.capture.pos.escpos.opcodes import Does
from agent.capture.pos.escpos.printed import (
    Code,
    CodeKind,
    Cut,
    Feed,
    Initialised,
    Move,
    Pulse,
    Raster,
    StatusRequest,
    Tabs,
    Thing,
)
from agent.capture.pos.escpos.styles import (
    EMPHASIS,
    FONT,
    JUSTIFY,
    PRINT_MODE,
    SIZE,
    Restyle,
    widened,
)


class Command(Struct, frozen=True):
    """A command with a payload.

    Attributes:
        opcode: its two or three bytes.
        payload: what is looked at of it.
        size: all of it.
    """

    opcode: bytes
    payload: bytes
    size: int

    @property
    def whole(self) -> bool:
        """Whether the payload is all here."""
        return len(self.payload) == self.size


Effect = Callable[[PrintHead, bytes], Thing | None]
PayloadEffect = Callable[[PrintHead, Command], Thing | None]

_STORE: Final = 80
_PRINT: Final = 81
_SYMBOL_HEAD: Final = 3  # kind, function, and a byte without a meaning
_PICTURE_FUNCTIONS: Final = (b"p", b"q")  # store raster or column data for printing
_UTF8: Final = (b"\x02", b"2")


def _initialise(head: PrintHead, _operands: bytes) -> Thing:
    head.initialise()
    return Initialised(head.offset, head.settings)


def _cut(head: PrintHead, _operands: bytes) -> Thing:
    return Cut(head.offset, head.settings)


def _pulse(_head: PrintHead, _operands: bytes) -> Thing:
    return Pulse()


def _status(_head: PrintHead, _operands: bytes) -> Thing:
    return StatusRequest()


def _feed(_head: PrintHead, operands: bytes) -> Thing:
    return Feed(operands[0])


def _new_line(_head: PrintHead, _operands: bytes) -> Thing:
    return Feed(0)


def _peripheral(head: PrintHead, operands: bytes) -> None:
    head.prints = bool(operands[0] & 0x01)


def _page(head: PrintHead, operands: bytes) -> None:
    head.turn_page(operands[0])


def _nation(head: PrintHead, operands: bytes) -> None:
    head.choose_nation(operands[0])


def _double_byte_on(head: PrintHead, _operands: bytes) -> None:
    head.choose_double_byte(on=True)


def _double_byte_off(head: PrintHead, _operands: bytes) -> None:
    head.choose_double_byte(on=False)


def _move_to(_head: PrintHead, operands: bytes) -> Thing:
    return Move(int.from_bytes(operands, "little"), relative=False)


def _move_by(_head: PrintHead, operands: bytes) -> Thing:
    return Move(int.from_bytes(operands, "little", signed=True), relative=True)


def _wide_on(head: PrintHead, _operands: bytes) -> None:
    head.bits = widened(head.bits, 2)


def _wide_off(head: PrintHead, _operands: bytes) -> None:
    head.bits = widened(head.bits, 1)


def _stored_picture(_head: PrintHead, _operands: bytes) -> Thing:
    return Raster(0)


def _encoding(head: PrintHead, command: Command) -> None:
    """``FS ( C`` function 48 chooses an encoding; 60, font priority, is of no interest."""
    if command.payload[:1] == b"0":
        head.choose_utf8(on=command.payload[1:] in _UTF8)


def _tabs(_head: PrintHead, command: Command) -> Thing:
    return Tabs(tuple(sorted(set(command.payload))))


def _barcode(_head: PrintHead, command: Command) -> Thing:
    return barcode(command.opcode[2], command.payload)


def _symbol(head: PrintHead, command: Command) -> Thing | None:
    """``GS ( k``: data is stored by one command and printed by another, any number of times."""
    payload = command.payload
    if len(payload) < _SYMBOL_HEAD or not command.whole:
        return None
    kind, function = payload[0], payload[1]
    if function == _STORE:
        head.store_symbol(kind, payload[_SYMBOL_HEAD:])
    stored = head.symbol(kind)
    if function == _PRINT and stored is not None:
        return Code(symbol_kind(kind), readable(stored))
    return None


def _picture(_head: PrintHead, command: Command) -> Thing:
    return Raster(command.size)


def _graphics(_head: PrintHead, command: Command) -> Thing | None:
    """``GS ( L``, ``GS 8 L``: some functions bring a picture, others set or print what is there."""
    function = command.payload[1:2]
    return Raster(command.size) if function in _PICTURE_FUNCTIONS else None


def _qr_after_level(_head: PrintHead, command: Command) -> Thing:
    """Elgin's ``GS k 11``: error correction, mode, a comma, then the content."""
    payload = command.payload
    return Code(CodeKind.QR, readable(payload[3:] if payload[2:3] == b"," else payload))


def _qr(_head: PrintHead, command: Command) -> Thing | None:
    return Code(CodeKind.QR, readable(command.payload)) if command.whole else None


RESTYLES: Final[Mapping[Does, Restyle]] = MappingProxyType(
    {
        Does.PRINT_MODE: PRINT_MODE,
        Does.SIZE: SIZE,
        Does.EMPHASIS: EMPHASIS,
        Does.FONT: FONT,
        Does.JUSTIFY: JUSTIFY,
    }
)
"""Of commands whose one operand changes the style and nothing else."""

EFFECTS: Final[Mapping[Does, Effect]] = MappingProxyType(
    {
        Does.INITIALISE: _initialise,
        Does.CUT: _cut,
        Does.PULSE: _pulse,
        Does.STATUS: _status,
        Does.FEED: _feed,
        Does.NEW_LINE: _new_line,
        Does.PERIPHERAL: _peripheral,
        Does.PAGE: _page,
        Does.NATION: _nation,
        Does.DOUBLE_BYTE_ON: _double_byte_on,
        Does.DOUBLE_BYTE_OFF: _double_byte_off,
        Does.MOVE_TO: _move_to,
        Does.MOVE_BY: _move_by,
        Does.STORED_PICTURE: _stored_picture,
        Does.WIDE_ON: _wide_on,
        Does.WIDE_OFF: _wide_off,
    }
)
"""Of commands with operands only; those that do NOTHING are stepped over."""

PAYLOAD_EFFECTS: Final[Mapping[Does, PayloadEffect]] = MappingProxyType(
    {
        Does.ENCODING: _encoding,
        Does.TABS: _tabs,
        Does.BARCODE: _barcode,
        Does.SYMBOL: _symbol,
        Does.PICTURE: _picture,
        Does.GRAPHICS: _graphics,
        Does.QR_AFTER_LEVEL: _qr_after_level,
        Does.QR: _qr,
    }
)
"""Of commands with a payload."""
