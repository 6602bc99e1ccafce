"""Where people are in one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Detections:
    """People in one picture, best first.

    Attributes:
        boxes: (n, 4) float32, x1, y1, x2, y2 in pixels of the picture; a box of somebody who is
            half outside reaches over the picture's edge.
        scores: (n,) float32, 0-1, falling.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)


def no_detections() -> Detections:
    """An empty picture."""
    return Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32))
