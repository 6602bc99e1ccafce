"""Where feet are, coarsely: cells of a grid over the picture, never a place or a path."""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting.tracks import Floats, Rows
from models.wire.events.footfall import HEAT_COLUMNS, HEAT_ROWS


def cells_of(feet: Floats, size: tuple[int, int]) -> Rows:
    """The cell (n,) of each foot point (n, 2) in a picture of (width, height).

    Feet that the picture's edge cuts off are in the cell next to where they are.
    """
    column = _along(feet[:, 0] * (HEAT_COLUMNS / size[0]), HEAT_COLUMNS)
    cells: Rows = _along(feet[:, 1] * (HEAT_ROWS / size[1]), HEAT_ROWS) * HEAT_COLUMNS + column
    return cells


def _along(places: Floats, cells: int) -> Rows:
    return np.minimum(np.maximum(places, 0.0), cells - 1).astype(np.intp)
