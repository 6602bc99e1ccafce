"""How encoded pictures are cut into RTP payloads: Motion JPEG (RFC 2435) and H.264 (RFC 6184)."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_PIECE_BYTES = 1_400

# Motion JPEG
_HALVED_BOTH_WAYS = 1  # RFC 2435's type for 4:2:0, which is how OpenCV writes JPEG
_TABLES_IN_BAND = 255
_QUANTISATION, _FRAME, _SCAN = 0xDB, 0xC0, 0xDA

# H.264
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_FRAGMENT = 28
_FIRST, _LAST = 0x80, 0x40


@dataclass(frozen=True)
class Packing:
    """One way to send pictures.

    Attributes:
        payload_type: RTP's number for it.
        description: lines of the SDP that tell a viewer what comes.
        payloads: cuts one picture.
    """

    payload_type: int
    description: tuple[str, ...]
    payloads: Callable[[bytes], Iterator[bytes]]


def _jpeg_payloads(jpeg: bytes) -> Iterator[bytes]:
    width, height, tables, scan = _parts(jpeg)
    tables_header = struct.pack(">BBH", 0, 0, len(tables)) + tables
    what = struct.pack(">BBBB", _HALVED_BOTH_WAYS, _TABLES_IN_BAND, width // 8, height // 8)
    for offset in range(0, len(scan), _PIECE_BYTES):
        where = struct.pack(">I", offset)  # its highest byte is the type-specific one, 0
        first = b"" if offset else tables_header
        yield where + what + first + scan[offset : offset + _PIECE_BYTES]


def _parts(jpeg: bytes) -> tuple[int, int, bytes, bytes]:
    """Width, height, quantisation tables and entropy-coded scan of a baseline JPEG."""
    place, tables, width, height = 2, b"", 0, 0
    while True:
        marker = jpeg[place + 1]
        length = int.from_bytes(jpeg[place + 2 : place + 4], "big")
        segment = jpeg[place + 4 : place + 2 + length]
        place += 2 + length
        if marker == _QUANTISATION:
            tables += b"".join(segment[at + 1 : at + 65] for at in range(0, len(segment), 65))
        elif marker == _FRAME:
            height, width = struct.unpack(">HH", segment[1:5])
        elif marker == _SCAN:
            return width, height, tables, jpeg[place:-2]


def _h264_payloads(unit: bytes) -> Iterator[bytes]:
    for nal in filter(None, _START_CODE.split(unit)):
        if len(nal) <= _PIECE_BYTES:
            yield nal
        else:
            yield from _fragments(nal)


def _fragments(nal: bytes) -> Iterator[bytes]:
    indicator, kind, body = (nal[0] & 0xE0) | _FRAGMENT, nal[0] & 0x1F, nal[1:]
    for offset in range(0, len(body), _PIECE_BYTES):
        piece = body[offset : offset + _PIECE_BYTES]
        first = 0 if offset else _FIRST
        last = _LAST if offset + len(piece) == len(body) else 0
        yield bytes((indicator, first | last | kind)) + piece


MOTION_JPEG = Packing(26, (), _jpeg_payloads)
H264 = Packing(96, ("a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1"), _h264_payloads)
