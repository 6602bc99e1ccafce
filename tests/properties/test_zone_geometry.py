"""Zones against a slow exact computation with fractions, side by side and point by point."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.zone import Zone
from agent.errors import BadZone
from models.wire.events.footfall import ZoneKind

SIZE = (1000, 1000)
Point = tuple[float, float]

# Quarters of a pixel, clear of the picture's edge, where zones are open.
places = st.integers(80, 3920).map(lambda quarters: quarters / 4)
points = st.tuples(places, places)


def exactly_inside(corners: list[Point], point: Point) -> bool:
    """A ray to the right meets the sides an odd number of times; ends count at their top."""
    x, y = map(Fraction, point)
    met = False
    for number in range(len(corners)):
        (x1, y1), (x2, y2) = (map(Fraction, corners[number - back]) for back in (1, 0))
        if min(y1, y2) <= y < max(y1, y2):
            met ^= x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
    return met


def exact_square(corners: list[Point], point: Point) -> Fraction:
    """The square of the distance to the nearest side."""
    x, y = map(Fraction, point)
    squares = []
    for number in range(len(corners)):
        (x1, y1), (x2, y2) = (map(Fraction, corners[number - back]) for back in (1, 0))
        dx, dy = x2 - x1, y2 - y1
        share = min(
            max(((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy), Fraction(0)), Fraction(1)
        )
        squares.append((x1 + share * dx - x) ** 2 + (y1 + share * dy - y) ** 2)
    return min(squares)


def zone_of(corners: list[Point]) -> Zone:
    try:
        return Zone("zone", ZoneKind.DWELL, tuple(corners))
    except BadZone:
        assume(False)  # no simple polygon
        raise


@st.composite
def stars(draw: st.DrawFn) -> list[Point]:
    """Simple polygons, mostly with notches: corners in the order of their angles."""
    corners = draw(st.lists(points, min_size=3, max_size=16, unique=True))
    x, y = np.mean(corners, axis=0)
    return sorted(corners, key=lambda corner: float(np.arctan2(corner[1] - y, corner[0] - x)))


@given(stars(), st.lists(points, min_size=1, max_size=20))
@settings(deadline=None)
def test_inside_and_depth_are_exact(corners: list[Point], others: list[Point]) -> None:
    outlines = Outlines([zone_of(corners)], SIZE)
    halves = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(corners)]
    asked = [*others, *corners, *halves]
    inside, depth = outlines.inside(np.array(asked))[0], outlines.depth(np.array(asked))[0]
    assert inside.tolist() == [exactly_inside(corners, point) for point in asked]
    wanted = [float(exact_square(corners, point)) ** 0.5 for point in asked]
    np.testing.assert_allclose(np.abs(depth), wanted, atol=1e-6)
    assert all(inside[depth > 0])
    assert not any(inside[depth < 0])


@given(st.lists(points, min_size=1, max_size=30), points, points)
@settings(deadline=None)
def test_zones_with_a_common_side_share_no_point_and_miss_none(
    asked: list[Point], top: Point, bottom: Point
) -> None:
    """Whatever floats the common side runs through."""
    assume(top[1] < bottom[1])
    left = zone_of([(10.5, 10.5), top, bottom, (10.5, 990.5)])
    right = zone_of([top, (990.5, 10.5), (990.5, 990.5), bottom])
    whole = zone_of([(10.5, 10.5), top, (990.5, 10.5), (990.5, 990.5), bottom, (10.5, 990.5)])
    third = [(top[0] + (bottom[0] - top[0]) / 3, top[1] + (bottom[1] - top[1]) / 3)]
    there = Outlines([left, right, whole], SIZE).inside(np.array([*asked, *third]))
    assert (there[0] ^ there[1]).tolist() == there[2].tolist()
    assert not (there[0] & there[1]).any()


@given(stars(), stars(), st.lists(points, min_size=1, max_size=10))
@settings(deadline=None)
def test_a_zone_does_not_depend_on_those_beside_it(
    one: list[Point], other: list[Point], asked: list[Point]
) -> None:
    together = Outlines([zone_of(one), zone_of(other)], SIZE)
    for row, corners in enumerate((one, other)):
        alone = Outlines([zone_of(corners)], SIZE)
        assert np.array_equal(together.depth(np.array(asked))[row], alone.depth(np.array(asked))[0])
