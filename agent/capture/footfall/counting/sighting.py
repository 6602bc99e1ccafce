"""The boxes of one picture, as the tracker takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from agent.capture.footfall.counting.tracks import Flags, Floats, Rows
from agent.capture.footfall.detection.detections import Detections


@dataclass(frozen=True, slots=True)
class Sightings:
    """People in one picture, best first; rows belong together.

    Attributes:
        boxes: (m, 4) x1, y1, x2, y2 in pixels.
        scores: (m,)
        guessed: (m,) how much of a box, at its lower end, nobody saw: the picture ends above it.
    """

    boxes: Floats
    scores: Floats
    guessed: Floats

    @classmethod
    def of(cls, detections: Detections, least_score: float) -> Self:
        """Take what scores enough and has an area."""
        boxes = detections.boxes.astype(np.float64)
        scores = detections.scores.astype(np.float64)
        usable = (scores >= least_score) & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        if not usable.all():
            boxes, scores = boxes[usable], scores[usable]
        return cls(boxes, scores, np.zeros(len(scores)))

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: Rows) -> Sightings:
        """Some of them."""
        return Sightings(
            self.boxes.take(rows, axis=0), self.scores.take(rows), self.guessed.take(rows)
        )

    @property
    def sizes(self) -> Floats:
        """Widths and heights, (m, 2)."""
        return self.boxes[:, 2:] - self.boxes[:, :2]

    @property
    def feet(self) -> Floats:
        """The middles of the bottom edges, (m, 2)."""
        feet = self.boxes[:, 2:].copy()
        feet[:, 0] = (self.boxes[:, 0] + self.boxes[:, 2]) / 2
        return feet
