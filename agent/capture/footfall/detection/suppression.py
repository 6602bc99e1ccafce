"""One box per person: overlapping boxes give way to the best one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.detections import Detections

MOST: Final = 300
"""Boxes that are compared; the worst of more are dropped, so that a crowd costs no second."""

_TINY: Final = np.finfo(np.float32).tiny


def suppress(boxes: NDArray[np.float32], scores: NDArray[np.float32], overlap: float) -> Detections:
    """Greedy non-maximum suppression.

    Args:
        boxes: (n, 4) x1, y1, x2, y2.
        scores: (n,).
        overlap: intersection over union from which the worse box goes.

    Returns:
        What remains, best first; of equal scores the earlier row first.
    """
    order = np.argsort(-scores, kind="stable")[:MOST]
    boxes, scores = boxes[order], scores[order]
    apart = ~(_overlaps(boxes) >= overlap)
    alive = np.ones(len(order), bool)
    kept = []
    for row in range(len(order)):
        if alive[row]:
            kept.append(row)
            alive &= apart[row]
    return Detections(boxes[kept], scores[kept])


def _overlaps(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, n) intersection over union of each two.

    Side by side, column by column: numpy is slow over pairs of coordinates.
    """
    x1, y1, x2, y2 = np.ascontiguousarray(boxes.T)
    areas = (x2 - x1) * (y2 - y1)
    shared = _shared(x1, x2)
    shared *= _shared(y1, y2)
    union = np.add.outer(areas, areas)
    union -= shared
    # Boxes without an area share nothing, and 0 over anything is 0.
    shared /= np.maximum(union, _TINY, out=union)
    return shared


def _shared(begin: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, n) how much two sides of boxes have in common along one axis."""
    length = np.minimum.outer(end, end)
    length -= np.maximum.outer(begin, begin)
    common: NDArray[np.float32] = np.maximum(length, 0, out=length)
    return common
