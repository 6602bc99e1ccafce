"""Where those are whom a picture's edges hide, and where those came from who were hidden.

Somebody who walks on and is expected where nothing of them would be in the picture, and is not
found, is there: not being seen is what such a place looks like. And who is first seen cut by a side
or by the lower edge has come from beyond it. (The upper edge hides heads, and what is counted is
feet. Of whom it cuts nothing is concluded: a camera may be hung so that it cuts everybody.)
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.counting.tracks import Flags, Floats, Table
from agent.capture.footfall.counting.tuning import Tuning

TOUCHING: Final = 0.03
"""A box that ends this near to an edge, in its heights, is cut by it: a detector's boxes tremble."""


class Edges:
    """The left, the right and the lower edge of pictures of (width, height)."""

    def __init__(self, size: tuple[int, int], tuning: Tuning) -> None:
        self._width, self._height = map(float, size)
        self._tuning = tuning

    def left_by(self, tracks: Table, at_s: float) -> Flags:
        """Who must have left the view: not found, and expected where nothing of them would be."""
        missed = at_s - tracks["seen_at_s"] > self._tuning.weak_patience_s
        if not missed.any():
            return missed
        x, half = tracks["foot"][:, 0], tracks["size"][:, 0] / 2
        gone: Flags = missed & ((x < -half) | (x > self._width + half))
        return gone

    def came_from(self, newcomers: Table, since_s: float) -> Floats:
        """(n, 2) where those seen for the first time were before they came into view.

        That is where they are now, but for those who must have come over an edge: just beyond it.
        They are cut by it, or were when they are so near that they walked in since the picture
        before, ``since_s`` ago. Who was there when watching began, or after a gap, need not have.
        """
        feet: Floats = newcomers["foot"].copy()
        tuning = self._tuning
        if since_s > tuning.weak_patience_s:
            return feet
        (x, y), (width, height) = newcomers["foot"].T, newcomers["size"].T
        step = (tuning.walking_pace * since_s - TOUCHING) * height
        beside = np.where(x < self._width / 2, -width / 2, self._width + width / 2)
        feet[:, 0] = np.where(np.abs(beside - x) < width + step, beside, x)
        feet[:, 1] = np.where(y > self._height - step, self._height + height, y)
        return feet
