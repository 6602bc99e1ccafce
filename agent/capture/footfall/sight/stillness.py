"""Does the stream stand still? Only a picture that is the same to the last bit tells."""

from __future__ import annotations

import math

import numpy as np

from agent.capture.footfall.detection.detector import Picture
from agent.capture.footfall.sight.tuning import SightTuning


class Stillness:
    """Since when the picture has not changed.

    A still scene does change: a sensor is noisy, and a codec that leaves out what stands still
    begins anew every few seconds. A camera's own times that stand still are no evidence alone,
    since some cameras send none; together with the same picture they are stronger.
    """

    def __init__(self, tuning: SightTuning) -> None:
        self._tuning = tuning
        self._pixels: Picture | None = None
        self._since_s = 0.0
        self._told_s = math.nan
        self._looked_s = -math.inf

    def found(self, pixels: Picture, at_s: float, told_s: float) -> float | None:
        """Since when it stands still, where that is long enough to be believed.

        Args:
            pixels: some of the picture's, always the same ones.
            at_s: when it came.
            told_s: when it was taken, as the camera says; not a number where it says nothing.
        """
        hole = at_s - self._looked_s > self._tuning.hole_s
        self._looked_s = at_s
        if hole or self._pixels is None or not np.array_equal(pixels, self._pixels):
            self._pixels, self._since_s, self._told_s = pixels, at_s, told_s
            return None
        stamped = told_s == self._told_s  # never where the camera says nothing
        tuning = self._tuning
        enough_s = tuning.frozen_stamped_after_s if stamped else tuning.frozen_after_s
        return self._since_s if at_s - self._since_s >= enough_s else None
