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
    over = _overlaps(boxes) >= overlap
    kept: list[int] = []
    gone: set[int] = set()
    for row in range(len(order)):
        if row not in gone:
            kept.append(row)
            gone.update(over[row].nonzero()[0].tolist())
    return Detections(boxes[kept], scores[kept])


def _overlaps(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, n) intersection over union of each two.

    Both axes at once, as rows: numpy is slow over pairs of coordinates, and what a call of it costs
    does not depend on so few boxes.
    """
    sides = np.ascontiguousarray(boxes.T)
    begin, end = sides[:2], sides[2:]
    lengths = np.minimum(end[:, :, None], end[:, None])
    lengths -= np.maximum(begin[:, :, None], begin[:, None])
    np.maximum(lengths, 0, out=lengths)
    shared: NDArray[np.float32] = np.multiply(lengths[0], lengths[1])
    across, down = end - begin
    areas = np.multiply(across, down)
    union = np.add(areas[:, None], areas)
    union -= shared
    # Boxes without an area share nothing, and 0 over anything is 0.
    shared /= np.maximum(union, _TINY, out=union)
    return shared
