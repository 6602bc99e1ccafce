"""Reading the answer of an SSD network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.capture.footfall.detection.decoding import Answer, Candidates
from models.vision.manifest import Network

_ANY = -1


class SsdDecoder:
    """Takes the person's column and turns shares of the picture into the input's pixels.

    Args:
        network: a manifest's entry whose decoder is ``ssd``; its outputs are boxes and scores.
    """

    def __init__(self, network: Network) -> None:
        self._person = network.labels.person
        wide, high = network.input.width, network.input.height
        self._size = np.array((wide, high, wide, high), np.float32)
        self.shapes: tuple[tuple[int, ...], ...] = (
            (1, _ANY, 1, 4),
            (1, _ANY, network.labels.columns),
        )

    def decode(self, answers: Sequence[Answer], floor: float) -> Candidates:
        """People with a score of ``floor`` or more, in the input's pixels, overlaps included."""
        boxes, scores = answers
        persons = scores[0, :, self._person]
        chosen = np.flatnonzero(persons >= floor)
        y1_x1_y2_x2 = boxes[0, chosen, 0]
        return y1_x1_y2_x2[:, (1, 0, 3, 2)] * self._size, persons[chosen]
