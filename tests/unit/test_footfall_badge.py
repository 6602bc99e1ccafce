"""Whether a badge is worn: by the colour of the upper body, where it can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from agent.capture.footfall.badge import BadgeReader
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.detection.detector import Picture
from agent.config.staffing import BadgeSettings

SIZE = (640, 480)
GREEN, RED, DARK_RED, BLUE = (40, 200, 40), (30, 30, 220), (40, 0, 220), (220, 60, 20)
"""Blue, green, red, as OpenCV has them."""
WEARS_GREEN = BadgeSettings(hue=(90.0, 150.0))
WEARS_RED = BadgeSettings(hue=(340.0, 20.0))
ALL = np.array([0])


def standing(*feet: tuple[float, float], height: float = 200.0) -> Moment:
    count = len(feet)
    places = np.array(feet, np.float64)
    yes = np.ones(count, np.bool_)
    return Moment(
        at_s=1.0,
        span_s=0.2,
        size=SIZE,
        ids=np.arange(1, count + 1),
        feet=places,
        heights=np.full(count, height),
        widths=np.full(count, 0.4 * height),
        birthplaces=places,
        seen=yes,
        proven=yes,
        standing=~yes,
        staff=~yes,
    )


def picture(*shirts: tuple[int, int, tuple[int, int, int]]) -> Picture:
    """Grey, with shirts at (middle x, top y)."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    for x, y, colour in shirts:
        pixels[y : y + 70, x - 40 : x + 40] = colour
    return pixels


def test_a_green_shirt_is_the_green_badge_and_a_blue_one_is_not() -> None:
    reader = BadgeReader(WEARS_GREEN)
    moment = standing((300, 400))
    assert reader.votes(picture((300, 230, GREEN)), moment, ALL) == {1: True}
    assert reader.votes(picture((300, 230, BLUE)), moment, ALL) == {1: False}


@pytest.mark.parametrize("colour", [RED, DARK_RED])
def test_red_lies_on_both_sides_of_the_circles_end(colour: tuple[int, int, int]) -> None:
    assert BadgeReader(WEARS_RED).votes(picture((300, 230, colour)), standing((300, 400)), ALL) == {
        1: True
    }


def test_grey_and_black_have_no_colour() -> None:
    reader = BadgeReader(BadgeSettings(hue=(0.0, 360.0)))
    for shade in (0, 128, 255):
        shirt = picture((300, 230, (shade, shade, shade)))
        assert reader.votes(shirt, standing((300, 400)), ALL) == {1: False}


def test_trousers_of_the_colour_are_no_badge() -> None:
    assert BadgeReader(WEARS_GREEN).votes(
        picture((300, 310, GREEN)), standing((300, 400)), ALL
    ) == {1: False}


def test_whose_upper_body_is_hidden_by_somebody_nearer_is_not_judged() -> None:
    shirts = picture((300, 230, GREEN), (310, 270, BLUE))
    moment = standing((300, 400), (310, 440))
    assert BadgeReader(WEARS_GREEN).votes(shirts, moment, np.array([0, 1])) == {2: False}


def test_somebody_behind_hides_nobody() -> None:
    moment = standing((300, 400), (310, 380))
    assert BadgeReader(WEARS_GREEN).votes(picture((300, 230, GREEN)), moment, ALL) == {1: True}


def test_somebody_too_small_or_outside_the_picture_is_not_judged() -> None:
    reader = BadgeReader(WEARS_GREEN)
    assert reader.votes(picture(), standing((300, 400), height=8.0), ALL) == {}
    assert reader.votes(picture(), standing((300, -200)), ALL) == {}
    assert reader.votes(picture(), standing((3000, 400)), ALL) == {}


def test_the_picture_is_left_as_it_is() -> None:
    shown = picture((300, 230, GREEN))
    before = shown.copy()
    BadgeReader(WEARS_GREEN).votes(shown, standing((300, 400)), ALL)
    assert np.array_equal(shown, before)
