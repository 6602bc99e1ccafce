"""The port that finds people in pictures."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.detections import Detections

FLOOR: Final = 0.1
"""Detections below this score are nobody's: even a tracker's second stage does not want them."""

Picture = NDArray[np.uint8]
"""A picture: (height, width, 3), BGR, as OpenCV decodes it."""


class Detector(Protocol):
    """Finds people. Used by one thread; it may keep buffers from one picture to the next."""

    def detect(self, picture: Picture) -> Detections:
        """Everybody with a score of FLOOR or more, one box each; the picture is left as it is."""
        ...
