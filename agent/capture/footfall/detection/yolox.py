"""Reading the answer of a YOLOX network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.decoding import Answer, Candidates
from models.vision.manifest import Network

_STRIDES: Final = (8, 16, 32)
_OBJECTNESS: Final = 4
_CLASSES: Final = 5


class YoloxDecoder:
    """Decodes the rows that may be a person, and no others.

    A row is a cell of a grid: centre = (xy + cell) * stride, size = exp(wh) * stride, score =
    objectness * class, which the network has put through the sigmoid already.

    Args:
        network: a manifest's entry whose decoder is ``yolox``.
    """

    def __init__(self, network: Network) -> None:
        self._person = _CLASSES + network.labels.person
        self._cells = np.concatenate(
            [_cells(network.input.width, network.input.height, each) for each in _STRIDES]
        )
        self.shapes: tuple[tuple[int, ...], ...] = (
            (1, len(self._cells), _CLASSES + network.labels.columns),
        )

    def decode(self, answers: Sequence[Answer], floor: float) -> Candidates:
        """People with a score of ``floor`` or more, in the input's pixels, overlaps included."""
        rows = answers[0][0]
        # Objectness is at least the score: few rows pass, and only those are worth reading.
        likely = (rows[:, _OBJECTNESS] >= floor).nonzero()[0]
        read = rows.take(likely, axis=0)
        scores = read[:, _OBJECTNESS] * read[:, self._person]
        sure = (scores >= floor).nonzero()[0]
        if len(sure) < len(likely):
            likely, read, scores = likely[sure], read[sure], scores[sure]
        return _boxes(read, self._cells.take(likely, axis=0)), scores


def _boxes(read: NDArray[np.float32], cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 4) x1, y1, x2, y2, of rows and their cells."""
    strides = cells[:, 2:3]
    centres = read[:, :2] + cells[:, :2]
    centres *= strides
    halves = np.exp(read[:, 2:4])
    halves *= cells[:, 3:4]
    boxes = np.empty((len(read), 4), np.float32)
    np.subtract(centres, halves, out=boxes[:, :2])
    np.add(centres, halves, out=boxes[:, 2:])
    return boxes


def _cells(width: int, height: int, stride: int) -> NDArray[np.float32]:
    """(n, 4): column and row of each cell, its stride, and half of that."""
    rows, columns = np.mgrid[: height // stride, : width // stride]
    strides = np.full(rows.size, stride)
    return np.stack([columns.ravel(), rows.ravel(), strides, strides / 2], axis=1).astype(
        np.float32
    )
