"""What a picture's left and right sides hide: half of who is leaving, and where those are who left.

A box that a side cuts is narrower than its walker, and its middle lags half a body behind the foot.
So it is made as wide as a walker is, from the edge of it that is still seen. Somebody who walks on
and is expected where nothing of them would be in the picture, and is not found, is there: not being
seen is what such a place looks like. And who is first seen cut by a side has come from beyond it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.counting.tracks import Flags, Floats, Table
from agent.capture.footfall.counting.tuning import Tuning
from agent.capture.footfall.detection.detections import Detections

ASPECT: Final = 0.41
"""How wide a walker's box is, in its heights: the mean of pedestrians in Dollár, Wojek, Schiele and
Perona, "Pedestrian Detection: An Evaluation of the State of the Art" (2012); the median of the
boxes on ``vtest`` that are whole and sure is 0.40, and half of them lie within 0.36 and 0.45."""
TOUCHING: Final = 0.03
"""A box that ends this near to a side, in its heights, is cut by it: a detector's boxes tremble."""


class Sides:
    """The left and the right side of pictures of (width, height)."""

    def __init__(self, size: tuple[int, int], tuning: Tuning) -> None:
        self._width = float(size[0])
        self._tuning = tuning

    def made_whole(self, detections: Detections) -> Detections:
        """The same, those that one side cuts as wide as walkers are; their feet may lie outside."""
        if not len(detections):
            return detections
        left, _, right, _ = boxes = detections.boxes.T
        height = boxes[3] - boxes[1]
        at_left = left < TOUCHING * height
        at_right = right > self._width - TOUCHING * height
        narrow = (at_left != at_right) & (right - left < ASPECT * height)
        if not narrow.any():
            return detections
        whole = boxes.copy()
        whole[0] = np.where(narrow & at_left, right - ASPECT * height, left)
        whole[2] = np.where(narrow & at_right, left + ASPECT * height, right)
        return Detections(np.ascontiguousarray(whole.T), detections.scores)

    def left_by(self, tracks: Table, at_s: float) -> Flags:
        """Who must have left the view: not found, and expected where nothing of them would be."""
        missed = at_s - tracks["seen_at_s"] > self._tuning.weak_patience_s
        if not missed.any():
            return missed
        x, half = tracks["foot"][:, 0], tracks["size"][:, 0] / 2
        gone: Flags = missed & ((x < -half) | (x > self._width + half))
        return gone

    def came_by(self, newcomers: Table, since_s: float) -> Flags:
        """Who of those seen for the first time must have come into view over a side.

        They are cut by it, or were when they are so near that they walked in since the picture
        before, ``since_s`` ago. Who was there when watching began, or after a gap, need not have.
        """
        tuning = self._tuning
        if since_s > tuning.weak_patience_s:
            return np.zeros(len(newcomers), np.bool_)
        x, (width, height) = newcomers["foot"][:, 0], newcomers["size"].T
        reach = width / 2 + (tuning.walking_pace * since_s - TOUCHING) * height
        came: Flags = (x < reach) | (x > self._width - reach)
        return came

    def beyond(self, tracks: Table) -> Floats:
        """(n, 2) the feet of these if they stood just out of view, beyond the nearer side."""
        feet: Floats = tracks["foot"].copy()
        half = tracks["size"][:, 0] / 2
        at_left = feet[:, 0] < self._width / 2
        feet[:, 0] = np.where(at_left, -half, self._width + half)
        return feet
