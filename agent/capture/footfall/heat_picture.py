"""Where visitors stood and walked, laid over what the camera sees when nobody is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.recount import Glance
from models.wire.events.footfall import HEAT_COLUMNS, HEAT_ROWS

_EVERY_S: Final = 1.0
_BRIGHTNESS: Final = 0.45
"""Of what lies below: the heat has to stand out."""


class Backdrop:
    """The mean of many pictures, in which people fade; a spectator of ``recount``.

    It takes a picture a second and keeps their sum alone.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self._sum = np.zeros((height, width, 3), np.float32)
        self._pictures = 0
        self._next_s = -np.inf

    def __call__(self, glance: Glance) -> None:
        """Add the picture, if it is time for one."""
        if glance.frame.at_s >= self._next_s:
            self._next_s = glance.frame.at_s + _EVERY_S
            cv2.accumulate(glance.frame.picture, self._sum)
            self._pictures += 1

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The mean; black where no picture was taken."""
        return (self._sum / max(1, self._pictures)).astype(np.uint8)


def draw_heat(backdrop: NDArray[np.uint8], heat: Sequence[tuple[int, int]]) -> NDArray[np.uint8]:
    """Colour what is warm: from purple over orange to yellow for where feet were longest.

    Args:
        backdrop: what to draw over; left as it is.
        heat: pairs of a cell and milliseconds.
    """
    cells = np.zeros(HEAT_ROWS * HEAT_COLUMNS, np.float32)
    for cell, ms in heat:
        cells[cell] = ms
    height, width = backdrop.shape[:2]
    # The root shows paths beside places where somebody stood for minutes.
    shares = np.sqrt(cells / max(1.0, float(cells.max()))).reshape(HEAT_ROWS, HEAT_COLUMNS)
    smooth = np.clip(cv2.resize(shares, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)
    colours = cv2.applyColorMap((255 * smooth).astype(np.uint8), cv2.COLORMAP_INFERNO)
    weight = smooth[:, :, np.newaxis]
    mixed: NDArray[np.float64] = _BRIGHTNESS * (1 - weight) * backdrop + weight * colours
    return mixed.astype(np.uint8)
