"""How high walkers look, by where their heads are: learnt from those who are seen whole.

On a level floor the height of people of one stature is a linear function of where their feet are,
and so of where their heads are, in a camera's picture. The heads of those whose feet the picture's
lower edge hides are seen; what people who were whole have shown tells where the feet are.

The picture is cut into level bands. A band keeps the last few heights of heads in it, and says
their median: a child, or somebody half hidden, does not bend it. What bands say is joined by a
straight line. Where people were seen at hardly more than one distance, no slope is believed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.counting.tracks import Floats

BANDS: Final = 16
KEPT: Final = 16
"""So many heights are kept of each band."""
ENOUGH: Final = 3
"""Of fewer heights in all nothing is concluded."""
EVERY_S: Final = 0.5
"""Nobody is asked more often: the same person a moment later says the same."""
STEEPEST: Final = 1.0
"""Heads a pixel lower belong to walkers at most this many pixels higher: more is an error."""
LEVEL: Final = 0.25
"""Heads spread no further than this share of their walkers' height show half of a slope."""


class Perspective:
    """What whole people have shown of a picture of this height in pixels."""

    def __init__(self, picture_height: float) -> None:
        self._band_height = picture_height / BANDS
        self._shown = np.full((BANDS, KEPT, 2), np.nan)  # head's place, height
        self._taken = np.zeros(BANDS, np.intp)
        self._asked_s = -np.inf
        self._fitted: tuple[float, float, float] | None = None

    def is_due(self, at_s: float) -> bool:
        """Whether it is worth asking again."""
        return at_s - self._asked_s >= EVERY_S

    def learn(self, heads: Floats, heights: Floats, at_s: float) -> None:
        """Take in whole walkers: where the tops of their heads are, and how high they are."""
        self._asked_s = at_s
        for head, height in zip(heads.tolist(), heights.tolist(), strict=True):
            band = min(max(int(head / self._band_height), 0), BANDS - 1)
            self._shown[band, self._taken[band] % KEPT] = head, height
            self._taken[band] += 1
            self._fitted = None

    def heights(self, heads: Floats) -> Floats:
        """How high the walkers of these heads (n,) are in the picture; 0 where nobody knows."""
        if self._taken.sum() < ENOUGH:
            return np.zeros_like(heads)
        if self._fitted is None:
            self._fitted = self._fit()
        head, height, slope = self._fitted
        return np.maximum(height + slope * (heads - head), 0.0)

    def _fit(self) -> tuple[float, float, float]:
        """The mean head, the height there, and the slope of the straight line."""
        known = self._taken > 0
        weight = np.minimum(self._taken[known], KEPT)
        heads, heights = np.nanmedian(self._shown[known], axis=1).T
        head, height = np.average([heads, heights], axis=1, weights=weight).tolist()
        off = weight * (heads - head)
        spread = off @ (heads - head) + weight.sum() * (LEVEL * height) ** 2
        slope = float(np.clip(off @ (heights - height) / spread, -STEEPEST, STEEPEST))
        return head, height, slope
