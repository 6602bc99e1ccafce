"""Where feet are, seen from several zones at once: within or not, and how far from the border.

A point belongs to a zone if a ray from it to the right meets the zone's sides an odd number of
times. Of its own border a zone has the sides on its left and at its top: of two zones with a
common side, a point on it is in exactly one.

A side along the picture's edge is open, as a line's end is: the feet of somebody whom the edge
cuts off are estimated beyond it, and have not left the zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from agent.capture.footfall.counting.crossing import EDGE
from agent.capture.footfall.counting.tracks import Flags, Floats
from agent.capture.footfall.counting.zone import Zone

Corner = tuple[float, float]

_BORDERS: Final = ((0, -1), (0, 1), (1, -1), (1, 1))
"""Left, right, top, bottom: along which axis, and which way is out."""


class Outlines:
    """The borders of zones over a picture of (width, height), ready for many points.

    Every answer has a row per zone, in the order given, and a column per point.
    """

    def __init__(self, zones: Sequence[Zone], size: tuple[int, int]) -> None:
        sides = [list(_sides(zone.corners, size)) for zone in zones]
        lengths = [len(each) for each in sides]
        self._first = np.cumsum([0, *lengths[:-1]]) if zones else np.zeros(0, np.intp)
        # From the top down: a common side is computed alike for both zones, whatever way round.
        downwards = [sorted(side, key=lambda end: end[::-1]) for each in sides for side in each]
        ends = np.array(downwards, np.float64).reshape(-1, 2, 2)
        # Columns (sides, 1), for numpy is slow over pairs of coordinates.
        self._x1, self._y1, self._x2, self._y2 = ends.reshape(-1, 4).T[..., np.newaxis].copy()
        self._wide, self._high = self._x2 - self._x1, self._y2 - self._y1
        self._squared = self._wide * self._wide + self._high * self._high

    def __len__(self) -> int:
        return len(self._first)

    @property
    def around(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom of the smallest box around all of them."""
        x, y = np.concatenate([self._x1, self._x2]), np.concatenate([self._y1, self._y2])
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def inside(self, points: Floats) -> Flags:
        """Which zones these points (n, 2) are in: (z, n)."""
        if not len(self) or not len(points):
            return np.zeros((len(self), len(points)), np.bool_)
        x, y = points.T
        return self._odd(y, self._beside(x - self._x1, y - self._y1))

    def depth(self, points: Floats) -> Floats:
        """How far within the zones these points (n, 2) are, in pixels: (z, n); outside below 0."""
        if not len(self) or not len(points):
            return np.zeros((len(self), len(points)))
        x, y = points.T
        off_x, off_y = x - self._x1, y - self._y1
        beside = self._beside(off_x, off_y)
        along = (off_x * self._wide + off_y * self._high) / self._squared
        beyond = along - np.minimum(np.maximum(along, 0.0), 1.0)
        squares = beside * beside / self._squared + beyond * beyond * self._squared
        nearest: Floats = np.sqrt(np.minimum.reduceat(squares, self._first, axis=0))
        return np.where(self._odd(y, beside), nearest, -nearest)

    def _beside(self, off_x: Floats, off_y: Floats) -> Floats:
        """(sides, n) positive where a side, on its own straight line, lies to the right."""
        beside: Floats = self._wide * off_y - self._high * off_x
        return beside

    def _odd(self, y: Floats, beside: Floats) -> Flags:
        met = (self._y1 <= y) & (y < self._y2) & (beside > 0)
        odd: Flags = np.logical_xor.reduceat(met, self._first, axis=0)
        return odd


def _sides(corners: Sequence[Corner], size: tuple[int, int]) -> Iterator[tuple[Corner, Corner]]:
    """The sides, with a detour of a picture's length where one runs along the picture's edge."""
    for one, other in zip(corners, [*corners[1:], corners[0]], strict=True):
        way = [one, other]
        for axis, out in _BORDERS:
            if all(_on_border(end[axis], size[axis], out) for end in (one, other)):
                way[1:1] = [_moved(end, axis, out * size[axis]) for end in (one, other)]
                break
        yield from pairwise(way)


def _on_border(at: float, length: int, out: int) -> bool:
    return at <= EDGE * length if out < 0 else at >= (1 - EDGE) * length


def _moved(corner: Corner, axis: int, by: float) -> Corner:
    x, y = corner
    return (x + by, y) if axis == 0 else (x, y + by)
