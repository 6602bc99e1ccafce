"""Files of any size, sealed piece by piece, so that a large one never lies in memory as a whole.

A file of one piece is one sealed blob, as it always was. A larger one is a row of such blobs behind
a mark of its own, each sealed for its number in the row and the last for being the last: pieces
that are missing, doubled or in another order do not open.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from models.vault.blob import BlobSealer
from models.vault.errors import SealBroken

PIECE_BYTES: Final = 1024 * 1024
_MAGIC: Final = b"LKP1"
_LENGTH: Final = struct.Struct(">I")


def sealed_pieces(pieces: Iterable[bytes], sealer: BlobSealer, place: str) -> Iterator[bytes]:
    """What to write for a content that comes in pieces of any size."""
    blocks = _blocks(pieces)
    block = next(blocks, b"")
    following = next(blocks, None)
    if following is None:
        yield sealer.seal(block, place)
        return
    yield _MAGIC
    number = 0
    while following is not None:
        yield from _framed(sealer.seal(block, _place(place, number, last=False)))
        block, following, number = following, next(blocks, None), number + 1
    yield from _framed(sealer.seal(block, _place(place, number, last=True)))


def opened_pieces(source: BinaryIO, sealer: BlobSealer, place: str) -> Iterator[bytes]:
    """The content, piece by piece.

    Raises:
        SealBroken: it was moved, changed, cut off, or is not ours.
    """
    beginning = source.read(len(_MAGIC))
    if beginning != _MAGIC:
        yield sealer.open(beginning + source.read(), place)
        return
    number = 0
    sealed = _next_frame(source, place)
    while True:
        following = _next_frame(source, place)
        yield sealer.open(sealed, _place(place, number, last=not following))
        if not following:
            return
        sealed, number = following, number + 1


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    if held:
        yield bytes(held)


def _place(place: str, number: int, *, last: bool) -> str:
    return f"{place}#{number}{'!' if last else ''}"


def _framed(sealed: bytes) -> Iterator[bytes]:
    yield _LENGTH.pack(len(sealed))
    yield sealed


def _next_frame(source: BinaryIO, place: str) -> bytes:
    header = source.read(_LENGTH.size)
    if not header:
        return b""
    if len(header) < _LENGTH.size:
        raise SealBroken(f"{place}: cut off")
    (length,) = _LENGTH.unpack(header)
    return source.read(length)
