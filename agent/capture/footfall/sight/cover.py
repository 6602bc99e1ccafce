"""Is something before the lens? Then the texture of the scene vanishes nearly everywhere.

Texture is measured relative to brightness, so that a scene that is dimmed keeps its texture and a
hand, a bag or a coat of paint takes it away. Whoever stands close to the camera covers some tiles,
not most of them.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.sight.glimpse import Grey
from agent.capture.footfall.sight.tuning import SightTuning

_TILES: Final = (8, 4)
"""Across and down."""

_BLACK: Final = 10.0
"""Grey levels added to a brightness before anything is divided by it: noise is no texture."""


class Cover:
    """Compares the texture of now with that of the scene."""

    def __init__(self, tuning: SightTuning) -> None:
        self._tuning = tuning

    def found(self, now: Grey, scene: Grey | None, *, peopled: bool) -> bool | None:
        """Whether the lens is covered; None where that cannot be told.

        Args:
            now: the small picture, averaged over a second or two against noise.
            scene: what the camera usually sees, where it is known.
            peopled: whether anybody was ever seen: then a bare picture is a bare floor.
        """
        tuning = self._tuning
        if now.mean() < tuning.black_level:
            return None
        slopes = _slopes(now)
        bare = bool(slopes.mean() < tuning.bare_slope)
        if scene is None:
            return bare and not peopled
        usual = _slopes(scene)
        textured = usual > tuning.textured_slope
        if np.count_nonzero(textured) < tuning.fewest_tiles:
            return bare and not peopled
        kept = (slopes / (now.mean() + _BLACK)) / (usual / (scene.mean() + _BLACK) + 1e-6)
        return bool((kept[textured] < tuning.lost_share).mean() >= tuning.lost_tiles)


def _slopes(grey: Grey) -> NDArray[np.float32]:
    """(4, 8): by how much neighbouring cells of each tile differ on average."""
    across = cv2.absdiff(grey[:, 1:], grey[:, :-1])[:-1]
    down = cv2.absdiff(grey[1:], grey[:-1])[:, :-1]
    tiles: NDArray[np.float32] = cv2.resize(
        across + down, _TILES, interpolation=cv2.INTER_AREA
    ).astype(np.float32)
    return tiles
