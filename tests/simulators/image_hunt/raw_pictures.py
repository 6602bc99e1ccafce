"""Pictures out of bare bytes, of which nobody knows how wide they are.

Each row of a picture is much like the one above it, so that the bytes resemble themselves most when
they are shifted by the length of a row. That length is read off the autocorrelation of each piece
of the content; text, compressed and encrypted bytes have none that stands out. The picture's left
edge stays unknown: every row is shown twice, followed by the next one, so that whatever the edge
cuts is whole somewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

PIECE: Final = 32 * 1024
"""A head with its surroundings, 100 by 100 pixels in three channels, is as large."""

LONGEST_ROW: Final = 3840 * 3
SHORTEST_ROW: Final = 40
_ALIKE: Final = 0.3
_PEAKS: Final = 3
_APART: Final = 16
_TALLEST: Final = 1024
_OVERLAP: Final = 256
_FEWEST_ROWS: Final = 24
_ORDERS: Final = {3: ((0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1), (2, 0, 1), (1, 0, 2)),
                  1: ((0, 0, 0),), 2: ((0, 0, 0), (1, 1, 1))}  # fmt: skip
"""By bytes a pixel, which of them may be blue, green and red: the first byte may be any of them."""

_TEXT_SHARE: Final = 0.97
_FLOATS: Final = 4096


@dataclass(frozen=True, slots=True)
class Raw:
    """A picture as it was read out of bytes.

    Attributes:
        how: such as ``rows of 2304 bytes, 3 a pixel``.
        picture: (height, width, 3), blue, green and red in one of the orders that they may have.
    """

    how: str
    picture: Picture


def raw_pictures(content: bytes) -> Iterator[Raw]:
    """Whatever these bytes may show, if they are pixels: as bytes, or as float32."""
    floats = [run for offset in range(4) for run in _float_runs(content, offset)]
    for run in floats:
        yield from _of_bytes(run, " of float32")
    if 4 * max(map(len, floats), default=0) < len(content) // 2:
        yield from _of_bytes(np.frombuffer(content, np.uint8), "")


def _of_bytes(values: NDArray[np.uint8], kind: str) -> Iterator[Raw]:
    for row, (begin, end) in _rows(values).items():
        for channels, orders in _ORDERS.items():
            if row % channels == 0 and row // channels >= SHORTEST_ROW:
                how = f"rows of {row} bytes, {channels} a pixel{kind}"
                for part in _cut(values[begin:end], row, channels):
                    yield from (Raw(how, part[..., list(order)]) for order in orders)


def _rows(values: NDArray[np.uint8]) -> dict[int, tuple[int, int]]:
    """Lengths of rows that stand out somewhere, and from where to where they do."""
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (len(values), 0))
    for begin in range(0, max(1, len(values) - PIECE // 2), PIECE // 2):
        piece = values[begin : begin + PIECE]
        for row in _rows_of(piece):
            first, last = found[row]
            found[row] = min(first, begin), max(last, begin + len(piece))
    return dict(found)


def _rows_of(piece: NDArray[np.uint8]) -> Iterator[int]:
    longest = min(LONGEST_ROW, len(piece) // 2)
    if longest <= SHORTEST_ROW or _is_text(piece):
        return
    likeness = _autocorrelation(piece, longest)
    likeness[:SHORTEST_ROW] = 0.0
    for _ in range(_PEAKS):
        row = int(likeness.argmax())
        if likeness[row] < _ALIKE:
            return
        yield row
        likeness[max(0, row - _APART) : row + _APART] = 0.0


def _is_text(piece: NDArray[np.uint8]) -> bool:
    """Text, zeros and other runs of one value are no pixels."""
    printable = ((piece >= 0x20) & (piece < 0x7F)) | (piece == 0x0A) | (piece == piece[0])
    return bool(printable.mean() > _TEXT_SHARE)


def _autocorrelation(piece: NDArray[np.uint8], longest: int) -> NDArray[np.float64]:
    """How alike the bytes are to themselves, 0-1, by how far they are shifted."""
    steps = np.diff(piece.astype(np.float64))
    steps -= steps.mean()
    spectrum = np.fft.rfft(steps, 2 * len(steps))
    power = np.fft.irfft(np.abs(spectrum) ** 2)[:longest]
    shares = np.arange(len(steps), len(steps) - longest, -1) / len(steps)
    return np.asarray(power / shares / max(power[0], 1e-9), np.float64)


def _cut(values: NDArray[np.uint8], row: int, channels: int) -> Iterator[Picture]:
    rows = len(values) // row - 1
    for top in range(0, max(1, rows - _OVERLAP), _TALLEST - _OVERLAP):
        height = min(_TALLEST, rows - top)
        if height < _FEWEST_ROWS:
            return
        part = values[top * row : (top + height + 1) * row].reshape(height + 1, -1, channels)
        yield np.concatenate([part[:-1], part[1:]], axis=1)


def _float_runs(content: bytes, offset: int) -> Iterator[NDArray[np.uint8]]:
    """Stretches of floats as pixels have them, in 0-255 or 0-1, as bytes."""
    count = (len(content) - offset) // 4
    if count < _FLOATS:
        return
    with np.errstate(invalid="ignore"):
        floats = np.frombuffer(content, "<f4", count, offset)
        fits = (floats == 0) | ((floats >= 1e-3) & (floats <= 255.0))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], fits, [False]]).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2):
        if end - begin >= _FLOATS and (most := float(floats[begin:end].max())) > 0:
            scale = 255.0 if most <= 1.0 else 1.0
            yield (floats[begin:end] * scale).astype(np.uint8)
