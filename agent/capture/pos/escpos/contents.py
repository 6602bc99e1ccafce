"""What a scanner reads from a printed code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agent.capture.pos.escpos.printed import Code, CodeKind

_KINDS: Final = (
    CodeKind.UPC_A,
    CodeKind.UPC_E,
    CodeKind.EAN_13,
    CodeKind.EAN_8,
    CodeKind.CODE_39,
    CodeKind.ITF,
    CodeKind.CODABAR,
    CodeKind.CODE_93,
    CodeKind.CODE_128,
    CodeKind.GS1_128,
    CodeKind.DATABAR,
    CodeKind.DATABAR,
    CodeKind.DATABAR,
    CodeKind.DATABAR,
    CodeKind.CODE_128,
)
"""``GS k`` 65 to 79; 0 to 6 are the first seven of them."""

_COUNTED_FROM: Final = 65
_ENDED_KINDS: Final = 7
_BRACED: Final = frozenset({CodeKind.CODE_128, CodeKind.GS1_128})
_SYMBOLS: Final[Mapping[int, CodeKind]] = MappingProxyType(
    {
        48: CodeKind.PDF_417,
        49: CodeKind.QR,
        50: CodeKind.MAXI_CODE,
        51: CodeKind.DATABAR,
        52: CodeKind.COMPOSITE,
        53: CodeKind.AZTEC,
        54: CodeKind.DATA_MATRIX,
    }
)
_PAIRS: Final = ord("C")
_BRACE: Final = ord("{")


def barcode(number: int, data: bytes) -> Code:
    """A ``GS k`` code by its number in the command."""
    kind = barcode_kind(number)
    content = code_128_text(data) if kind in _BRACED and data[:1] == b"{" else data
    return Code(kind, readable(content))


def barcode_kind(number: int) -> CodeKind:
    """What ``GS k`` calls so."""
    if number < _ENDED_KINDS:
        return _KINDS[number]
    place = number - _COUNTED_FROM
    return _KINDS[place] if 0 <= place < len(_KINDS) else CodeKind.OTHER


def symbol_kind(number: int) -> CodeKind:
    """What ``GS ( k`` calls so."""
    return _SYMBOLS.get(number, CodeKind.OTHER)


def readable(data: bytes) -> str:
    """UTF-8, or else Latin-1, which is what the byte mode of these codes is by their standards."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def code_128_text(data: bytes) -> bytes:
    """Without the braces by which a till chooses code sets; pairs of set C are spelled out."""
    text, pairs, at = bytearray(), False, 0
    while at < len(data):
        if data[at] == _BRACE and at + 1 < len(data):
            pairs = _follow(data[at + 1], text, pairs=pairs)
            at += 2
            continue
        text += b"%02d" % data[at] if pairs else data[at : at + 1]
        at += 1
    return bytes(text)


def _follow(selector: int, text: bytearray, *, pairs: bool) -> bool:
    """Whether pairs follow; a doubled brace is one that is meant."""
    if selector == _BRACE:
        text.append(_BRACE)
    elif selector in b"ABC":
        return selector == _PAIRS
    return pairs
