"""What is within a zone, and how far from its border."""

from __future__ import annotations

import numpy as np
import pytest

from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.zone import Zone
from models.wire.events.footfall import ZoneKind

SIZE = (640, 480)


def zone(name: str, *corners: tuple[float, float]) -> Zone:
    return Zone(name, ZoneKind.DWELL, corners)


SQUARE = zone("square", (100, 100), (300, 100), (300, 300), (100, 300))
ARROW = zone("arrow", (400, 100), (600, 200), (400, 300), (500, 200))


def test_each_zone_has_a_row_and_each_point_a_column() -> None:
    inside = Outlines([SQUARE, ARROW], SIZE).inside(np.array([(200.0, 200.0), (550.0, 200.0)]))
    assert inside.tolist() == [[True, False], [False, True]]


def test_the_notch_of_a_zone_is_outside() -> None:
    assert Outlines([ARROW], SIZE).inside(np.array([(450.0, 200.0)])).tolist() == [[False]]


@pytest.mark.parametrize(
    ("point", "within"),
    [
        ((100.0, 200.0), True),
        ((200.0, 100.0), True),
        ((100.0, 100.0), True),
        ((300.0, 200.0), False),
        ((200.0, 300.0), False),
        ((300.0, 300.0), False),
    ],
)
def test_of_its_border_a_zone_has_the_left_and_the_upper_part(
    point: tuple[float, float], within: bool
) -> None:
    assert Outlines([SQUARE], SIZE).inside(np.array([point])).tolist() == [[within]]


@pytest.mark.parametrize(
    ("point", "depth"),
    [
        ((200.0, 200.0), 100.0),
        ((110.0, 250.0), 10.0),
        ((90.0, 250.0), -10.0),
        ((97.0, 96.0), -5.0),
        ((100.0, 150.0), 0.0),
    ],
)
def test_the_depth_is_the_distance_to_the_border(point: tuple[float, float], depth: float) -> None:
    assert Outlines([SQUARE], SIZE).depth(np.array([point])).item() == pytest.approx(depth)


def test_a_side_on_the_pictures_edge_is_open() -> None:
    """The feet of somebody whom the lower edge cuts off are estimated below it."""
    low = Outlines([zone("low", (100, 300), (300, 300), (300, 480), (100, 480))], SIZE)
    assert low.inside(np.array([(200.0, 530.0), (350.0, 530.0)])).tolist() == [[True, False]]
    assert low.depth(np.array([(200.0, 479.0)])).item() == pytest.approx(100.0)


def test_a_zone_over_the_whole_picture_has_everybody() -> None:
    whole = Outlines([zone("all", (0, 0), (640, 0), (640, 480), (0, 480))], SIZE)
    points = np.array([(0.0, 0.0), (639.0, 479.0), (320.0, 700.0), (-50.0, 200.0), (660.0, 200.0)])
    assert whole.inside(points).all()


def test_without_zones_or_people_there_is_nothing_to_say() -> None:
    nobody, someone = np.zeros((0, 2)), np.zeros((3, 2))
    assert Outlines([], SIZE).inside(someone).shape == (0, 3)
    assert Outlines([], SIZE).depth(someone).shape == (0, 3)
    assert Outlines([SQUARE], SIZE).inside(nobody).shape == (1, 0)
    assert Outlines([SQUARE, ARROW], SIZE).depth(nobody).shape == (2, 0)
