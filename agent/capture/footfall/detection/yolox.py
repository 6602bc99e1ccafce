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
        cells = [_cells(network.input.width, network.input.height, each) for each in _STRIDES]
        self._corners = np.concatenate([corners for corners, _ in cells])
        self._strides = np.concatenate([strides for _, strides in cells])
        self.shapes: tuple[tuple[int, ...], ...] = (
            (1, len(self._corners), _CLASSES + network.labels.columns),
        )

    def decode(self, answers: Sequence[Answer], floor: float) -> Candidates:
        """People with a score of ``floor`` or more, in the input's pixels, overlaps included."""
        rows = answers[0][0]
        # Objectness is at least the score: few rows pass, and only those are worth reading.
        likely = (rows[:, _OBJECTNESS] >= floor).nonzero()[0]
        read = rows[likely, : self._person + 1]
        scores = read[:, _OBJECTNESS] * read[:, self._person]
        sure = scores >= floor
        chosen, read = likely[sure], read[sure]
        strides = self._strides[chosen]
        centres = (read[:, :2] + self._corners[chosen]) * strides
        halves = np.exp(read[:, 2:4]) * (strides / 2)
        boxes = np.empty((len(chosen), 4), np.float32)
        np.subtract(centres, halves, out=boxes[:, :2])
        np.add(centres, halves, out=boxes[:, 2:])
        return boxes, scores[sure]


def _cells(width: int, height: int, stride: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rows, columns = np.mgrid[: height // stride, : width // stride]
    corners = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)
    return corners, np.full((len(corners), 1), stride, np.float32)
