"""Bytes of a POSLog in an encoding that the parser knows.

expat reads UTF-8, UTF-16 and single-byte encodings. Tills in East Asia write others; their text is
turned into UTF-8 on the way. A byte that means nothing in the declared encoding becomes a character
that XML forbids, so that the one transaction in which it stands is refused and no other.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO, Final

CHUNK_BYTES: Final = 64 * 1024
_HEAD_BYTES: Final = 256
_DECLARED: Final = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_FORBIDDEN: Final = "\x01"
# GB 18030 is a superset of the other two.
_MULTI_BYTE: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030")
    | {name: name for name in ("big5", "shift_jis", "euc-jp", "euc-kr")}
)


def transcoded(source: BinaryIO) -> tuple[Iterator[bytes], bool]:
    """The pieces of a stream for the parser, and whether they are not its own bytes any more."""
    first = source.read(CHUNK_BYTES)
    declared = _DECLARED.match(first[:_HEAD_BYTES])
    codec = _MULTI_BYTE.get(declared[1].decode().lower()) if declared else None
    if declared is None or codec is None:
        return _pieces(first, source), False
    beginning = b'<?xml version="1.0" encoding="UTF-8"?>'
    return _in_utf8(beginning, first[declared.end() :], source, codec), True


def _pieces(first: bytes, source: BinaryIO) -> Iterator[bytes]:
    while first:
        yield first
        first = source.read(CHUNK_BYTES)


def _in_utf8(beginning: bytes, first: bytes, source: BinaryIO, codec: str) -> Iterator[bytes]:
    yield beginning
    decoder = codecs.getincrementaldecoder(codec)()
    for piece in _pieces(first, source):
        yield _decoded(decoder, piece, final=False).encode()
    yield _decoded(decoder, b"", final=True).encode()


def _decoded(decoder: codecs.IncrementalDecoder, data: bytes, *, final: bool) -> str:
    text = ""
    while True:
        held = decoder.getstate()[0]
        try:
            return text + decoder.decode(data, final)
        except UnicodeDecodeError as error:
            whole = held + data
            decoder.reset()
            text += decoder.decode(whole[: error.start], final=True) + _FORBIDDEN
            data = whole[error.end :]
