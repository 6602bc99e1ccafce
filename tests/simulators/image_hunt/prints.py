"""Finger prints of pixels: short runs out of pictures that a camera really saw.

Each picture leaves a run of 24 values from every tile of 48 pixels, in each form that the pipeline
holds it in: BGR, RGB, grey, I420, and the letterbox as bytes and as float32, interleaved and in
planes. Runs with fewer than ten different values are left out: a flat wall is found in any file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

RUN: Final = 24
"""Values in a run; eight pixels of BGR."""

TILE: Final = 48
FEWEST_DIFFERENT: Final = 10

Picture = NDArray[np.uint8]
Pixels = NDArray[Any]

_BITS: Final = 22
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_WORD: Final = 8


class PixelPrints:
    """The runs to look for, and a search that reads each byte once.

    A table of 2^22 flags, addressed by a hash of a run's first eight bytes, rules out nearly every
    offset; the rest are compared in full.
    """

    def __init__(self, runs: Iterable[tuple[str, bytes]]) -> None:
        self._kinds = {run: kind for kind, run in runs}
        self._lengths = sorted({len(run) for run in self._kinds})
        self._flags = np.zeros(1 << _BITS, dtype=np.bool_)
        if self._kinds:
            heads = np.frombuffer(b"".join(run[:_WORD] for run in self._kinds), "<u8")
            self._flags[_slots(heads)] = True

    @classmethod
    def of(
        cls, pictures: Iterable[Picture], letterbox: Callable[[Picture], Pixels] | None = None
    ) -> Self:
        """The prints of pictures; ``letterbox`` makes of one what the network is shown."""
        return cls(run for picture in pictures for run in _runs_of(picture, letterbox))

    def __len__(self) -> int:
        return len(self._kinds)

    def find(self, content: bytes) -> Iterator[tuple[str, int]]:
        """Form and offset of each form's first run in these bytes."""
        told: set[str] = set()
        for offset in self._candidates(content):
            for length in self._lengths:
                kind = self._kinds.get(content[offset : offset + length])
                if kind is not None and kind not in told:
                    told.add(kind)
                    yield kind, offset

    def _candidates(self, content: bytes) -> Iterator[int]:
        for shift in range(_WORD):
            words = (len(content) - shift) // _WORD
            if words > 0:
                heads = np.frombuffer(content, "<u8", words, shift)
                for hit in np.flatnonzero(self._flags[_slots(heads)]):
                    yield shift + _WORD * int(hit)


def _slots(heads: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (heads * _MIX) >> np.uint64(64 - _BITS)


def _runs_of(
    picture: Picture, letterbox: Callable[[Picture], Pixels] | None
) -> Iterator[tuple[str, bytes]]:
    for kind, rows in _forms(picture, letterbox):
        for run in _telling_runs(rows):
            yield kind, run


def _forms(
    picture: Picture, letterbox: Callable[[Picture], Pixels] | None
) -> Iterator[tuple[str, Pixels]]:
    """Every form as rows of values, as they lie in memory."""
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    yield "BGR", picture.reshape(len(picture), -1)
    yield "RGB", picture[..., ::-1].reshape(len(picture), -1)
    yield "grey", grey
    yield "BGR planes", picture.transpose(2, 0, 1).reshape(-1, picture.shape[1])
    even = np.ascontiguousarray(picture[:height, :width])
    yield "I420", cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420)[:height]
    if letterbox is not None:
        boxed = letterbox(picture)
        planes = boxed.transpose(2, 0, 1).reshape(-1, boxed.shape[1])
        yield "letterbox", boxed.reshape(len(boxed), -1)
        yield "letterbox planes", planes
        yield "letterbox float32", boxed.reshape(len(boxed), -1).astype(np.float32)
        yield "letterbox float32 planes", planes.astype(np.float32)


def _telling_runs(rows: Pixels) -> Iterator[bytes]:
    """One run out of each tile, where its values differ enough to be nobody else's."""
    height, width = rows.shape
    if width < RUN:
        return
    ys, xs = np.arange(0, height, TILE), np.arange(0, width - RUN + 1, TILE)
    windows = np.lib.stride_tricks.sliding_window_view(rows, RUN, axis=1)[np.ix_(ys, xs)]
    runs = np.ascontiguousarray(windows.reshape(-1, RUN))
    in_order = np.sort(runs, axis=1)
    different = 1 + np.count_nonzero(np.diff(in_order, axis=1), axis=1)
    for run in runs[different >= FEWEST_DIFFERENT]:
        yield run.tobytes()
