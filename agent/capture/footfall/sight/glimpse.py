"""A picture made small enough to be looked at for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.detector import Picture

WIDTH: Final = 64
HEIGHT: Final = 36
"""Cells of a small picture, whatever the shape of the large one."""

_FINER: Final = 4
"""So many pixels of the large picture stand for a cell's width and height."""

_GREEN: Final = 1
"""Of BGR; close to brightness, and there without any arithmetic."""

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is kept of a picture for one look.

    Attributes:
        pixels: some of its own, as they came; the same in two pictures only if nothing changed.
        grey: (HEIGHT, WIDTH) float32, 0-255.
    """

    pixels: Picture
    grey: Grey


def glimpse(picture: Picture) -> Glimpse:
    """Take every n-th pixel of every n-th row, and average those to cells."""
    height, width = picture.shape[:2]
    step = max(1, min(height // (HEIGHT * _FINER), width // (WIDTH * _FINER)))
    pixels = np.ascontiguousarray(picture[::step, ::step, _GREEN])
    cells = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return Glimpse(pixels, cells.astype(np.float32))
