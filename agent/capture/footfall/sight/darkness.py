"""Is there light enough to count?"""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.sight.glimpse import HEIGHT, WIDTH, Grey
from agent.capture.footfall.sight.tuning import SightTuning

_LOW: Final = HEIGHT * WIDTH // 20
_HIGH: Final = HEIGHT * WIDTH - 1 - _LOW
"""Cells in order of their brightness: a twentieth is darker, a twentieth lighter."""


class Darkness:
    """Tells dark from light by level and contrast, with a margin between the two."""

    def __init__(self, tuning: SightTuning) -> None:
        self._tuning = tuning
        self._dark = False

    def found(self, grey: Grey) -> bool:
        """Whether people would be missed in this light."""
        tuning = self._tuning
        margin = tuning.light_again if self._dark else 1.0
        ordered = np.partition(grey, (_LOW, _HIGH), axis=None)
        spread = ordered[_HIGH] - ordered[_LOW]
        self._dark = bool(
            grey.mean() < tuning.dark_level * margin and spread < tuning.dark_spread * margin
        )
        return self._dark
