"""What a camera sees when nobody is there: now, and usually.

Both are a running median of small pictures: a look moves every cell by a bounded step, however far
off it is, so people who pass leave no trace. Cells on which somebody is followed are left alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.sight.glimpse import HEIGHT, WIDTH, Grey
from agent.capture.footfall.sight.tuning import SightTuning

Cells = NDArray[np.bool_]


class View:
    """The background of now, and the one remembered."""

    def __init__(self, tuning: SightTuning) -> None:
        self._tuning = tuning
        self._now: Grey | None = None
        self._usual: Grey | None = None
        self._looks = 0

    @property
    def now(self) -> Grey | None:
        """As of the last seconds; None before the first look."""
        return self._now

    @property
    def usual(self) -> Grey | None:
        """As it was learnt; None before it is."""
        return self._usual

    def look(self, grey: Grey, occupied: Cells | None) -> None:
        """Take one small picture."""
        if self._now is None:
            self._now = grey.copy()
            return
        _approach(self._now, grey, self._tuning.view_step, occupied)

    def learn(self) -> None:
        """Remember a little more of what is there now; to be asked only while it is trusted."""
        if self._now is None:
            return
        if self._usual is None:
            self._usual = self._now.copy()
            return
        self._looks += 1
        tuning = self._tuning
        early = self._looks <= tuning.first_looks
        _approach(self._usual, self._now, tuning.first_step if early else tuning.last_step, None)


def occupied_cells(boxes: NDArray[np.floating], size: tuple[int, int]) -> Cells | None:
    """The cells that boxes (n, 4: x1, y1, x2, y2 in pixels) of a picture of this size touch."""
    if not len(boxes):
        return None
    cells: Cells = np.zeros((HEIGHT, WIDTH), np.bool_)
    scale = np.array([WIDTH / size[0], HEIGHT / size[1]] * 2)
    edges = np.clip(boxes * scale, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
    edges[:, :2], edges[:, 2:] = np.floor(edges[:, :2]), np.ceil(edges[:, 2:])
    for left, top, right, bottom in edges.astype(int).tolist():
        cells[top:bottom, left:right] = True
    return cells


def _approach(view: Grey, grey: Grey, step: float, but: Cells | None) -> None:
    change = np.clip(grey - view, -step, step)
    if but is not None:
        change[but] = 0.0
    view += change
