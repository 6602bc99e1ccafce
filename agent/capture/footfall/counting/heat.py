"""Where feet are, coarsely: cells of a grid over the picture, never a place or a path."""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.counting.tracks import Floats, Rows
from models.wire.events.footfall import HEAT_COLUMNS, HEAT_ROWS

_LAST: Final = (HEAT_COLUMNS - 1, HEAT_ROWS - 1)


def cells_of(feet: Floats, size: tuple[int, int]) -> Rows:
    """The cell (n,) of each foot point (n, 2) in a picture of (width, height).

    Feet that the picture's edge cuts off are in the cell next to where they are.
    """
    places = feet * (HEAT_COLUMNS / size[0], HEAT_ROWS / size[1])
    column, row = np.clip(places, 0, _LAST).astype(np.intp).T
    cells: Rows = row * HEAT_COLUMNS + column
    return cells
