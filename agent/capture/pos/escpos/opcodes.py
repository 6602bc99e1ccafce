"""The commands of receipt printers, as a table: name, layout, what it does to a receipt.

Lengths are facts from the makers' public command references (Epson's ESC/POS reference above all,
with its obsolete commands, since old tills outlive printers). A command without a meaning here
moves dots, bells or memory that no reader of a receipt needs: its length is what counts.

A name spells its bytes: ``ESC``, ``FS``, ``GS``, ``DLE`` and the other control characters, single
characters, and hexadecimal bytes such as ``F9h``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from agent.capture.pos.escpos.layouts import (
    Branch,
    Layout,
    Series,
    Sized,
    Until,
    characters,
    dots_of_band,
    less,
    little,
    product,
    times,
)

CONTENT_BYTES: Final = 8192
"""The largest QR code holds 7,089 digits; what is longer is no code and is let go unread."""


class Does(Enum):
    """What a command means for the reader of a receipt."""

    NOTHING = auto()
    INITIALISE = auto()
    CUT = auto()
    PULSE = auto()
    STATUS = auto()
    FEED = auto()
    NEW_LINE = auto()
    PRINT_MODE = auto()
    SIZE = auto()
    EMPHASIS = auto()
    FONT = auto()
    JUSTIFY = auto()
    PERIPHERAL = auto()
    PAGE = auto()
    NATION = auto()
    ENCODING = auto()
    DOUBLE_BYTE_ON = auto()
    DOUBLE_BYTE_OFF = auto()
    MOVE_TO = auto()
    MOVE_BY = auto()
    TABS = auto()
    BARCODE = auto()
    SYMBOL = auto()
    PICTURE = auto()
    GRAPHICS = auto()
    STORED_PICTURE = auto()
    QR_AFTER_LEVEL = auto()
    QR = auto()
    WIDE_ON = auto()
    WIDE_OFF = auto()


Row = tuple[str, int | Layout, Does]

_COUNTED: Final = Sized(2, little(0))
_STRIPE: Final = Sized(5, product(little(1), little(3)))
_CONTENT: Final = Sized(2, little(0), CONTENT_BYTES)
_BITMAP_HEAD: Final = 6  # "BM" and the file's size
_NUL_TEXT: Final = Until(CONTENT_BYTES)

CONTROLS: Final[tuple[Row, ...]] = (
    ("NUL", 0, Does.NOTHING),
    ("FF", 0, Does.NEW_LINE),
    ("CAN", 0, Does.NOTHING),
)

STANDARD: Final[tuple[Row, ...]] = (
    ("DLE EOT", Branch(), Does.STATUS),
    *((f"DLE EOT {n:02X}h", 0, Does.STATUS) for n in (1, 2, 3, 4)),
    *((f"DLE EOT {n:02X}h", 1, Does.STATUS) for n in (7, 8, 18)),
    ("DLE ENQ", 1, Does.NOTHING),
    ("DLE DC4", Branch(), Does.NOTHING),
    ("DLE DC4 01h", 2, Does.PULSE),
    ("DLE DC4 02h", 2, Does.NOTHING),
    ("DLE DC4 03h", 5, Does.NOTHING),
    ("DLE DC4 07h", 1, Does.STATUS),
    ("DLE DC4 08h", 7, Does.NOTHING),
    ("ESC FF", 0, Does.NEW_LINE),
    ("ESC SP", 1, Does.NOTHING),
    ("ESC !", 1, Does.PRINT_MODE),
    ("ESC $", 2, Does.MOVE_TO),
    ("ESC %", 1, Does.NOTHING),
    (
        "ESC &",
        Series(3, characters, 1, product(little(0, 1), little(3, 1))),
        Does.NOTHING,
    ),
    ("ESC (", Branch(_COUNTED), Does.NOTHING),
    ("ESC ( A", _COUNTED, Does.NOTHING),
    ("ESC ( Y", _COUNTED, Does.NOTHING),
    ("ESC *", Sized(3, dots_of_band), Does.PICTURE),
    ("ESC -", 1, Does.NOTHING),
    ("ESC 2", 0, Does.NOTHING),
    ("ESC 3", 1, Does.NOTHING),
    ("ESC <", 0, Does.NOTHING),
    ("ESC =", 1, Does.PERIPHERAL),
    ("ESC ?", 1, Does.NOTHING),
    ("ESC @", 0, Does.INITIALISE),
    ("ESC D", Until(33, text=False), Does.TABS),
    ("ESC E", 1, Does.EMPHASIS),
    ("ESC G", 1, Does.EMPHASIS),
    ("ESC J", 1, Does.NEW_LINE),
    ("ESC K", 1, Does.NEW_LINE),
    ("ESC L", 0, Does.NOTHING),
    ("ESC M", 1, Does.FONT),
    ("ESC R", 1, Does.NATION),
    ("ESC S", 0, Does.NOTHING),
    ("ESC T", 1, Does.NOTHING),
    ("ESC U", 1, Does.NOTHING),
    ("ESC V", 1, Does.NOTHING),
    ("ESC W", 8, Does.NOTHING),
    ("ESC \\", 2, Does.MOVE_BY),
    ("ESC a", 1, Does.JUSTIFY),
    ("ESC c", Branch(), Does.NOTHING),
    *((f"ESC c {n}", 1, Does.NOTHING) for n in "01345"),
    ("ESC d", 1, Does.FEED),
    ("ESC e", 1, Does.NEW_LINE),
    ("ESC f", 2, Does.NOTHING),
    ("ESC i", 0, Does.CUT),
    ("ESC m", 0, Does.CUT),
    ("ESC o", 0, Does.NOTHING),
    ("ESC p", 3, Does.PULSE),
    ("ESC r", 1, Does.NOTHING),
    ("ESC t", 1, Does.PAGE),
    ("ESC u", 1, Does.STATUS),
    ("ESC v", 0, Does.STATUS),
    ("ESC {", 1, Does.NOTHING),
    ("FS !", 1, Does.NOTHING),
    ("FS &", 0, Does.DOUBLE_BYTE_ON),
    ("FS .", 0, Does.DOUBLE_BYTE_OFF),
    ("FS (", Branch(_COUNTED), Does.NOTHING),
    ("FS ( A", _COUNTED, Does.NOTHING),
    ("FS ( C", Sized(2, little(0), 2), Does.ENCODING),
    ("FS ( E", _COUNTED, Does.NOTHING),
    ("FS ( L", _COUNTED, Does.NOTHING),
    ("FS ( e", _COUNTED, Does.NOTHING),
    ("FS -", 1, Does.NOTHING),
    ("FS 2", Sized(2, lambda _head: 72), Does.NOTHING),
    ("FS ?", 2, Does.NOTHING),
    ("FS C", 1, Does.NOTHING),
    ("FS S", 2, Does.NOTHING),
    ("FS W", 1, Does.NOTHING),
    ("FS g", Branch(), Does.NOTHING),
    ("FS g 1", Sized(7, little(5)), Does.NOTHING),
    ("FS g 2", 7, Does.NOTHING),
    ("FS p", 2, Does.STORED_PICTURE),
    (
        "FS q",
        Series(1, little(0, 1), 4, times(8, product(little(1), little(3)))),
        Does.NOTHING,
    ),
    ("GS !", 1, Does.SIZE),
    ("GS $", 2, Does.NEW_LINE),
    ("GS (", Branch(_COUNTED), Does.NOTHING),
    *((f"GS ( {n}", _COUNTED, Does.NOTHING) for n in "ABCDEFHIJKMNPQVYZz"),
    ("GS ( L", Sized(2, little(0), 2), Does.GRAPHICS),
    ("GS ( k", _CONTENT, Does.SYMBOL),
    ("GS *", Sized(2, times(8, product(little(0, 1), little(1, 1)))), Does.NOTHING),
    ("GS /", 1, Does.STORED_PICTURE),
    ("GS 8", Branch(), Does.NOTHING),
    ("GS 8 L", Sized(4, little(0, 4), 2), Does.GRAPHICS),
    ("GS :", 0, Does.NOTHING),
    ("GS A", 2, Does.NOTHING),
    ("GS B", 1, Does.NOTHING),
    ("GS C", Branch(), Does.NOTHING),
    ("GS C 0", 2, Does.NOTHING),
    ("GS C 1", 6, Does.NOTHING),
    ("GS C 2", 2, Does.NOTHING),
    ("GS D", Sized(7 + _BITMAP_HEAD, less(_BITMAP_HEAD, little(9, 4))), Does.NOTHING),
    ("GS E", 1, Does.NOTHING),
    ("GS H", 1, Does.NOTHING),
    ("GS I", 1, Does.STATUS),
    ("GS L", 2, Does.NOTHING),
    ("GS P", 2, Does.NOTHING),
    ("GS Q", Branch(), Does.NOTHING),
    ("GS Q 0", _STRIPE, Does.PICTURE),
    ("GS T", 1, Does.NEW_LINE),
    ("GS V", Branch(), Does.NOTHING),
    *((f"GS V {n:02X}h", 0, Does.CUT) for n in (0, 1, 48, 49)),
    *((f"GS V {n:02X}h", 1, Does.CUT) for n in (65, 66, 97, 98, 103, 104)),
    ("GS W", 2, Does.NOTHING),
    ("GS \\", 2, Does.NEW_LINE),
    ("GS ^", 3, Does.NOTHING),
    ("GS a", 1, Does.STATUS),
    ("GS b", 1, Does.NOTHING),
    ("GS c", 0, Does.NOTHING),
    ("GS f", 1, Does.NOTHING),
    ("GS g", Branch(), Does.NOTHING),
    ("GS g 0", 3, Does.NOTHING),
    ("GS g 2", 3, Does.STATUS),
    ("GS h", 1, Does.NOTHING),
    ("GS j", 1, Does.STATUS),
    ("GS k", Branch(_NUL_TEXT), Does.BARCODE),
    *((f"GS k {n:02X}h", _NUL_TEXT, Does.BARCODE) for n in range(7)),
    *((f"GS k {n:02X}h", Sized(1, little(0, 1), 255), Does.BARCODE) for n in range(65, 80)),
    ("GS r", 1, Does.STATUS),
    ("GS v", Branch(), Does.NOTHING),
    ("GS v 0", _STRIPE, Does.PICTURE),
    ("GS w", 1, Does.NOTHING),
    ("GS x", 1, Does.NOTHING),
    ("GS z", Branch(), Does.NOTHING),
    ("GS z 0", 2, Does.NOTHING),
)

VENDORS: Final[Mapping[str, tuple[Row, ...]]] = MappingProxyType(
    {
        # Brazil: Bematech MP in ESC/POS mode, Daruma DR, Elgin and Vox.
        "bematech": (
            ("GS F9h", 2, Does.NOTHING),
            ("GS k Q", Sized(6, little(4), CONTENT_BYTES), Does.QR),
        ),
        "daruma": (
            ("ESC j", 1, Does.JUSTIFY),
            ("ESC w", 1, Does.NOTHING),
            ("SO", 0, Does.WIDE_ON),
            ("DC4", 0, Does.WIDE_OFF),
        ),
        "elgin": (
            ("GS o", 4, Does.NOTHING),
            ("GS k 0Bh", _NUL_TEXT, Does.QR_AFTER_LEVEL),
        ),
        # China: Gprinter, Xprinter, Zjiang and many printers under other names.
        "chinese": (
            ("ESC B", 2, Does.NOTHING),
            ("ESC C", 3, Does.NOTHING),
            ("ESC Z", Sized(5, little(3), CONTENT_BYTES), Does.QR),
            ("GS Z", 1, Does.NOTHING),
            ("GS k a", Sized(4, little(2), CONTENT_BYTES), Does.QR),
        ),
    }
)

_NAMES: Final[tuple[str, ...]] = (
    *("NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR"),
    *("SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB"),
    *("ESC", "FS", "GS", "RS", "US", "SP"),
)
_HEX_CHARS: Final = 3
_DEL: Final = 0x7F


def code_of(name: str) -> bytes:
    """The bytes that a name spells; raises ValueError where it spells none."""
    return bytes(_byte_of(part) for part in name.split())


def name_of(code: bytes) -> str:
    """The name of some bytes; only ever called with an opcode."""
    return " ".join(_part_of(byte) for byte in code)


def _byte_of(part: str) -> int:
    if part in _NAMES:
        return _NAMES.index(part)
    if len(part) == 1:
        return ord(part)
    if len(part) == _HEX_CHARS and part.endswith("h"):
        return int(part[:2], 16)
    raise ValueError(f"{part!r} is no byte: use a control's name, one character, or two digits + h")


def _part_of(byte: int) -> str:
    if byte < len(_NAMES):
        return _NAMES[byte]
    return chr(byte) if byte < _DEL else f"{byte:02X}h"
