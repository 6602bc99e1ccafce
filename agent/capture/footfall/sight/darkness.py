"""Is there light enough to count?"""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.sight.glimpse import Grey
from agent.capture.footfall.sight.tuning import SightTuning


class Darkness:
    """Tells dark from light by level and contrast, with a margin between the two."""

    def __init__(self, tuning: SightTuning) -> None:
        self._tuning = tuning
        self._dark = False

    def found(self, grey: Grey) -> bool:
        """Whether people would be missed in this light."""
        tuning = self._tuning
        margin = tuning.light_again if self._dark else 1.0
        low, high = np.percentile(grey, (5, 95))
        self._dark = bool(
            grey.mean() < tuning.dark_level * margin and high - low < tuning.dark_spread * margin
        )
        return self._dark
