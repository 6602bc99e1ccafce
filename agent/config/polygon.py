"""When corners make an area: a simple polygon. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Final

FEWEST_CORNERS: Final = 3
MOST_CORNERS: Final = 16

Point = Sequence[float]
Side = tuple[Point, Point]


def why_no_area(corners: Sequence[Point]) -> str:
    """What is wrong with a polygon, in words and with the corners concerned; empty for nothing.

    It needs 3 to 16 corners, all different, and sides that meet in their common corners only.
    """
    if not FEWEST_CORNERS <= len(corners) <= MOST_CORNERS:
        return f"it has {len(corners)} corners; give it {FEWEST_CORNERS} to {MOST_CORNERS}"
    if not all(math.isfinite(value) for corner in corners for value in corner):
        return "its corners must be finite numbers"
    for one, other in combinations(corners, 2):
        if tuple(one) == tuple(other):
            return f"its corner {_shown(one)} is there twice; leave one out"
    return _crossed_sides(corners)


def _crossed_sides(corners: Sequence[Point]) -> str:
    """Two sides that have more in common than a corner where they follow each other."""
    sides = [(corners[n - 1], corners[n]) for n in range(len(corners))]
    for (a, one), (b, other) in combinations(enumerate(sides), 2):
        follow = b - a in (1, len(sides) - 1)
        if _runs_back(one, other) if follow else _meet(one, other):
            return (
                f"its side from {_shown(one[0])} to {_shown(one[1])} meets the one from "
                f"{_shown(other[0])} to {_shown(other[1])}; give the corners in the order in "
                "which one walks round it"
            )
    return ""


def _turn(a: Point, b: Point, c: Point) -> float:
    """Positive, negative or 0: on which side of the way from a to b is c."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _meet(one: Side, other: Side) -> bool:
    """Whether two sides have a point in common."""
    here, there = (_turn(*one, end) for end in other), (_turn(*other, end) for end in one)
    (a, b), (c, d) = here, there
    if a * b < 0 and c * d < 0:
        return True
    ends = ((a, other[0], one), (b, other[1], one), (c, one[0], other), (d, one[1], other))
    return any(turn == 0 and _between(end, side) for turn, end, side in ends)


def _runs_back(one: Side, other: Side) -> bool:
    """Whether two sides that follow each other, in whatever order, lie upon each other."""
    if tuple(one[1]) != tuple(other[0]):
        one, other = other, one
    before, corner, after = one[0], one[1], other[1]
    if _turn(before, corner, after) != 0:
        return False
    return _between(before, (corner, after)) or _between(after, (before, corner))


def _between(point: Point, side: Side) -> bool:
    (x1, y1), (x2, y2) = side
    x, y = point
    return min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)


def _shown(corner: Point) -> str:
    return ",".join(f"{value:g}" for value in corner)
