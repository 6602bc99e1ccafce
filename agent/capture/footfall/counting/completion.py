"""Boxes that a picture's edge cuts, made as large as their walkers are.

A box that the left or right side cuts is narrower than its walker, and its middle lags half a body
behind the foot. So it is made as wide as a walker is, from the edge of it that is still seen. A box
that the lower edge cuts ends above the feet: its end is a bound, and no measurement. So it is made
as high as walkers there are (``perspective``), from the head down. Where nobody was seen whole yet
it stays as it is: a camera that looks down steeply shows shoulders too wide to tell a height by.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from agent.capture.footfall.counting.edge import TOUCHING
from agent.capture.footfall.counting.perspective import Perspective
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.tracks import Flags, Floats, Table

ASPECT: Final = 0.41
"""How wide a walker's box is, in its heights: the mean of pedestrians in Dollár, Wojek, Schiele and
Perona, "Pedestrian Detection: An Evaluation of the State of the Art" (2012); the median of the
boxes on ``vtest`` that are whole and sure is 0.40, and half of them lie within 0.36 and 0.45."""
LOW: Final = 0.1
"""A box that ends this near to the lower edge, in its heights, may be cut by it: of those whose
feet are hidden, a detector's boxes end now at the edge, now above it."""


class Completion:
    """Completes what pictures of (width, height) show of people, and learns from who is whole."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._width, self._height = map(float, size)
        self._perspective = Perspective(self._height)

    def complete(self, sightings: Sightings) -> Sightings:
        """The same, those that an edge cuts as large as walkers are; their feet may lie outside."""
        left, top, right, bottom = sightings.boxes.T
        shown, room = bottom - top, self._height - bottom
        near = TOUCHING * shown
        at_left, at_right = left < near, right > self._width - near
        beside = at_left | at_right
        low = (room < LOW * shown) & (top > near)
        if not (beside | low).any():
            return sightings
        height = shown.copy()
        if low.any():
            self._raise(height, low, top)
        width = ASPECT * height
        narrow = (at_left != at_right) & (right - left < width)
        whole = sightings.boxes.copy()
        np.copyto(whole[:, 0], right - width, where=narrow & at_left)
        np.copyto(whole[:, 2], left + width, where=narrow & at_right)
        np.copyto(whole[:, 3], top + height, where=low)
        return replace(sightings, boxes=whole, guessed=height - shown)

    def learn(self, tracks: Table, at_s: float) -> None:
        """Look at who is whole, certain and walks, for how high people are here."""
        if not self._perspective.is_due(at_s):
            return
        foot, height = tracks["foot"][:, 1], tracks["size"][:, 1]
        head, room = foot - height, self._height - foot
        certain = tracks["seen"] & tracks["proven"] & tracks["whole"] & ~tracks["standing"]
        whole = certain & (room > LOW * height) & (head > TOUCHING * height)
        self._perspective.learn(head[whole], height[whole], at_s)

    def _raise(self, height: Floats, low: Flags, top: Floats) -> None:
        """Let those of whom the lower edge may hide something be as high as they may be."""
        guess = self._perspective.heights(top)
        np.copyto(height, np.maximum(guess, height * (1 + 1e-6)), where=low)
