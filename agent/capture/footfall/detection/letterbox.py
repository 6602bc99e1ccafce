"""A picture of any size in the shape that a network reads."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.detector import Picture
from models.vision.manifest import Colour, Fit, Input, Layout

_FILL = 114
"""The grey that YOLOX was trained with around its pictures."""

Blob = NDArray[np.float32]
Scale = NDArray[np.float32]


class Letterbox:
    """Fits pictures into one buffer that is kept from one picture to the next.

    Nothing is allocated per picture while pictures keep their size. With ``Fit.LETTERBOX`` a
    picture keeps its proportions and lies at the top left, its size rounded down, as YOLOX does.

    Args:
        wanted: what the network says of its input.

    Attributes:
        blob: float32, of the input's shape with its batch of one; what ``fit`` writes into.
    """

    def __init__(self, wanted: Input) -> None:
        self._wanted = wanted
        plane = (wanted.height, wanted.width)
        planar = wanted.layout is Layout.NCHW
        self.blob: Blob = np.full((1, 3, *plane) if planar else (1, *plane, 3), _FILL, np.float32)
        # Either way seen as planes, so that colours are put in order while they are copied.
        self._planes = self.blob[0] if planar else self.blob[0].transpose(2, 0, 1)
        if wanted.colour is Colour.RGB:
            self._planes = self._planes[::-1]
        self._picture_shape: tuple[int, ...] = ()
        self._scale = np.ones(4, np.float32)

    def fit(self, picture: Picture) -> Scale:
        """Write a picture into ``blob``.

        Returns:
            (4,) float32 for x, y, x, y: divide by it to come from the input's pixels to the
            picture's. The array is the next picture's as well.
        """
        if picture.shape != self._picture_shape:
            self._measure(picture)
        cv2.resize(picture, self._inner_size, dst=self._resized)
        cv2.split(self._resized, self._channels)
        np.copyto(self._inner, self._stacked)
        return self._scale

    def _measure(self, picture: Picture) -> None:
        height, width = picture.shape[:2]
        self._inner_size = self._inner_size_of(width, height)
        inner_width, inner_height = self._inner_size
        self._scale = self._scale_of(width, height)
        self._resized = np.empty((inner_height, inner_width, 3), np.uint8)
        self._stacked = np.empty((3, inner_height, inner_width), np.uint8)
        self._channels = list(self._stacked)
        self.blob.fill(_FILL)
        self._inner = self._planes[:, :inner_height, :inner_width]
        self._picture_shape = picture.shape

    def _inner_size_of(self, width: int, height: int) -> tuple[int, int]:
        if self._wanted.fit is Fit.STRETCH:
            return self._wanted.width, self._wanted.height
        ratio = self._ratio(width, height)
        return max(1, int(width * ratio)), max(1, int(height * ratio))

    def _scale_of(self, width: int, height: int) -> Scale:
        if self._wanted.fit is Fit.STRETCH:
            x, y = self._wanted.width / width, self._wanted.height / height
        else:
            x = y = self._ratio(width, height)
        return np.array((x, y, x, y), np.float32)

    def _ratio(self, width: int, height: int) -> float:
        return min(self._wanted.height / height, self._wanted.width / width)
