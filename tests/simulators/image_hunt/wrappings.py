"""What bytes may be wrapped in: compression, encodings for text, escapes.

Each unwrapping is tried everywhere in the content and yields what comes out, as far as it comes: a
stream that breaks off or a run that is cut gives its beginning.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import zstandard

DEEPEST: Final = 4
"""Wrappings within wrappings: a PNG in base64 in JSON in a zstd batch needs three."""

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one unwrapped stream, so that a bomb does not end the hunt."""

_PIECE: Final = 64 * 1024
_ZSTD: Final = re.compile(rb"\x28\xb5\x2f\xfd")
_GZIP: Final = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_ZLIB: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_ZIP: Final = re.compile(rb"PK\x03\x04.{4}\x08\x00.{20}", re.DOTALL)
_ZIP_HEADER_BYTES: Final = 30

_BASE64: Final = re.compile(rb"(?:[A-Za-z0-9+/_=\-]|\\?[\r\n]|\\[nr/]){40,}")
_BASE64_SEAMS: Final = re.compile(rb"\\[nr](?![a-z]{8})|\\(?=/)|[\\\r\n=]")
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2}[ :\r\n]?){24,}")
_NOT_HEX: Final = re.compile(rb"[^0-9a-fA-F]")
_NUMBERS: Final = re.compile(rb"(?:\d{1,3}(?:\.0?)?[\s,;\[\]()]{1,8}){24,}")
_NUMBER: Final = re.compile(rb"\d+(?:\.0?)?")
_ESCAPE: Final = re.compile(rb"\\+(?:x|u00)([0-9a-fA-F]{2})|%([0-9A-F]{2})|\\+([nrt0\"'\\])")
_ESCAPED: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0"}
_ASCII: Final = re.compile(rb"[\t\n\r\x20-\x7e]{64,}")
_LATIN: Final = re.compile(rb"(?:[\x00-\x7f]|[\xc2\xc3][\x80-\xbf]){64,}")
_FEW: Final = 16


def unwrapped(content: bytes) -> Iterator[tuple[str, bytes]]:
    """How something was wrapped, and what it is."""
    yield from _compressed(content)
    for run in _BASE64.finditer(content):
        yield from (("base64", piece) for piece in _from_base64(run[0]))
    for run in _HEX.finditer(content):
        digits = _NOT_HEX.sub(b"", run[0])
        yield from (("hex", bytes.fromhex(_even(digits[skip:]).decode())) for skip in (0, 1))
    for run in _NUMBERS.finditer(content):
        values = (int(float(number)) for number in _NUMBER.findall(run[0]))
        yield "numbers", bytes(value for value in values if value <= 0xFF)
    for run in _ASCII.finditer(content):
        plain, escapes = _ESCAPE.subn(_unescape, run[0])
        if escapes >= _FEW:
            yield "escapes", plain
    for run in _LATIN.finditer(content):
        if not run[0].isascii():  # bytes that somebody read as Latin-1 and wrote as UTF-8
            yield "text", run[0].decode().encode("latin-1")


def layers(
    content: bytes, wrapped: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """The content, and whatever it wraps, however deep; with what it was wrapped in."""
    yield wrapped, content
    if len(wrapped) < DEEPEST:
        for how, inner in unwrapped(content):
            yield from layers(inner, (*wrapped, how))


def _compressed(content: bytes) -> Iterator[tuple[str, bytes]]:
    for found in _ZSTD.finditer(content):
        feed = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj().decompress
        yield from _named("zstd", content[found.start() :], feed)
    for found in _GZIP.finditer(content):
        yield from _named("gzip", content[found.start() :], zlib.decompressobj(31).decompress)
    for found in _ZLIB.finditer(content):
        yield from _named("zlib", content[found.start() :], zlib.decompressobj(15).decompress)
    for found in _ZIP.finditer(content):
        names = sum(int.from_bytes(found[0][at : at + 2], "little") for at in (26, 28))
        begin = found.start() + _ZIP_HEADER_BYTES + names
        yield from _named("zip", content[begin:], zlib.decompressobj(-15).decompress)


def _named(kind: str, stream: bytes, feed: Callable[[bytes], bytes]) -> Iterator[tuple[str, bytes]]:
    if out := _as_far_as_it_goes(stream, feed):
        yield kind, out


def _as_far_as_it_goes(stream: bytes, feed: Callable[[bytes], bytes]) -> bytes:
    out = bytearray()
    for begin in range(0, len(stream), _PIECE):
        try:
            out += feed(stream[begin : begin + _PIECE])
        except (zlib.error, zstandard.ZstdError, EOFError):
            break
        if len(out) > MOST_BYTES:
            break
    return bytes(out)


def _from_base64(run: bytes) -> Iterator[bytes]:
    """At each of the four places where a group may begin: the run may have swallowed a word."""
    plain = _BASE64_SEAMS.sub(b"", run).translate(bytes.maketrans(b"-_", b"+/"))
    for skip in range(4):
        rest = len(plain[skip:]) % 4
        whole = plain[skip : len(plain) - (rest == 1)]  # one letter alone holds no byte
        yield base64.b64decode(whole + b"=" * (-len(whole) % 4))


def _even(digits: bytes) -> bytes:
    return digits[: len(digits) // 2 * 2]


def _unescape(found: re.Match[bytes]) -> bytes:
    if found[3] is not None:
        return _ESCAPED.get(found[3], found[3])
    return bytes.fromhex((found[1] or found[2]).decode())
