"""Input of any size, masked on its way to where it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from agent.capture.pos.sensitive.raw import Whitelist, mask_raw

_PIECE_BYTES: Final = 256 * 1024
_LONGEST_PIECE: Final = 4 * 1024 * 1024
_CUTS: Final = (b"Transaction>", b"<", b"\n")
"""Where a piece may end: no card number and no field lies across one of these."""


def masked_pieces(source: BinaryIO, whitelist: Whitelist = ()) -> Iterator[bytes]:
    """The bytes of a stream from where it stands, masked as ``mask_raw`` does."""
    held = b""
    while fresh := source.read(_PIECE_BYTES):
        held += fresh
        cut = _cut(held)
        if cut:
            yield mask_raw(held[:cut], whitelist)
            held = held[cut:]
    if held:
        yield mask_raw(held, whitelist)


def _cut(held: bytes) -> int:
    for mark in _CUTS:
        found = held.rfind(mark)
        if found > 0:
            return found + (len(mark) if mark.endswith(b">") else 0)
    return len(held) if len(held) >= _LONGEST_PIECE else 0
