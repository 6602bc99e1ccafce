"""One picture as a JPEG in memory, small enough for the private socket."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.viewfinder.words import LARGEST_PICTURE

WIDEST: Final = 640
"""Pixels: a line is drawn with a finger, and the network looks at fewer."""

_QUALITIES: Final = (75, 50, 30)


def still(picture: NDArray[np.uint8], largest: int = LARGEST_PICTURE) -> bytes:
    """A JPEG of at most so many bytes; empty where none can be made that small."""
    small = _narrowed(picture)
    for quality in _QUALITIES:
        made, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if made and encoded.nbytes <= largest:
            return encoded.tobytes()
    return b""


def _narrowed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    if width <= WIDEST:
        return picture
    size = (WIDEST, max(1, round(height * WIDEST / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
