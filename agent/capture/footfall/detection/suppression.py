"""One box per person: overlapping boxes give way to the best one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.detections import Detections

MOST: Final = 300
"""Boxes that are compared; the worst of more are dropped, so that a crowd costs no second."""


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
    too_close = _overlaps(boxes) >= overlap
    alive = np.ones(len(order), bool)
    kept = []
    for row in range(len(order)):
        if alive[row]:
            kept.append(row)
            alive &= ~too_close[row]
    return Detections(boxes[kept], scores[kept])


def _overlaps(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = boxes[:, 2:] - boxes[:, :2]
    areas = sides[:, 0] * sides[:, 1]
    begin = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    end = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared_sides = np.maximum(end - begin, 0)
    shared = shared_sides[..., 0] * shared_sides[..., 1]
    union = areas[:, None] + areas[None, :] - shared
    overlaps: NDArray[np.float32] = np.zeros_like(shared)
    np.divide(shared, union, out=overlaps, where=union > 0)
    return overlaps
