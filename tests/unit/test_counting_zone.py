"""Zones: what is one, what is none and why, and that nobody is looked at in an excluded one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.mask import Mask
from agent.capture.footfall.counting.zone import Zone
from agent.config.polygon import why_no_area
from agent.errors import BadLine, BadZone
from models.wire.events.footfall import LineKind, ZoneKind
from tests.simulators.passers import Passer, seen, show

SIZE = (400, 300)
RIGHT = ((200.0, 0.0), (400.0, 0.0), (400.0, 300.0), (200.0, 300.0))


def excluded(corners: tuple[tuple[float, float], ...] = RIGHT) -> Zone:
    return Zone("screen", ZoneKind.EXCLUDED, corners)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("shelf=0,0,10,0,10,10", ZoneKind.DWELL),
        ("till:queue=0,0,10,0,10,10", ZoneKind.QUEUE),
        (" till:excluded=0, 0, 10, 0, 10.5, 1e1 ", ZoneKind.EXCLUDED),
    ],
)
def test_a_zone_is_read_as_written(written: str, kind: ZoneKind) -> None:
    zone = Zone.parse(written)
    assert (zone.kind, len(zone.corners)) == (kind, 3)
    assert zone.name in ("shelf", "till")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("shelf", "write NAME[:KIND]="),
        ("=0,0,10,0,10,10", "has no name"),
        ("shelf:dwelling=0,0,10,0,10,10", "'dwelling' is no kind of zone; there are dwell, queue"),
        ("shelf=0,0,10,0,10", "it has 5 numbers"),
        ("shelf=0,0,10,0,x,10", "is not all numbers"),
        ("shelf=0,0,10,0", "it has 2 corners"),
        ("shelf=0,0,10,0,nan,10", "finite"),
        ("shelf=0,0,10,10,10,0,0,10", "meets the one"),
    ],
)
def test_what_is_no_zone_is_refused_in_words(written: str, says: str) -> None:
    with pytest.raises(BadZone) as refused:
        Zone.parse(written)
    assert says in str(refused.value)


def test_a_corner_outside_the_picture_is_refused_with_the_pictures_size() -> None:
    excluded().check_within(SIZE)
    with pytest.raises(BadZone, match="its corner 400,0 lies outside the picture, which is 300"):
        excluded().check_within((300, 300))


def test_a_line_may_be_across_the_way_past_the_shop() -> None:
    assert Line.parse("street:passing=1,2,3,4").kind is LineKind.PASSING
    assert Line.parse("street:entrance=1,2,3,4").kind is LineKind.ENTRANCE
    assert Line.parse("street=1,2,3,4").kind is LineKind.ENTRANCE
    assert Line.parse("a:b=1,2,3,4").name == "a:b"
    with pytest.raises(BadLine):
        Line.parse("street:passing=1,2,3")


@given(st.integers(3, 16), st.integers(0, 2**32 - 1))
def test_corners_round_a_point_are_an_area_wherever_one_begins_and_whichever_way_round(
    count: int, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    angles = 2 * np.pi * (np.arange(count) + chance.uniform(0, 0.5, count)) / count
    reach = chance.uniform(0.5, 1.0, count)
    star = np.stack([reach * np.cos(angles), reach * np.sin(angles)], axis=1).tolist()
    begin = int(chance.integers(count))
    turned = star[begin:] + star[:begin]
    assert why_no_area(turned) == ""
    assert why_no_area(turned[::-1]) == ""


@given(st.integers(0, 2**32 - 1))
def test_two_corners_exchanged_make_sides_that_meet(seed: int) -> None:
    chance = np.random.default_rng(seed)
    angles = 2 * np.pi * (np.arange(6) + chance.uniform(0, 0.5, 6)) / 6
    hexagon = np.stack([np.cos(angles), np.sin(angles)], axis=1).tolist()
    hexagon[1], hexagon[2] = hexagon[2], hexagon[1]
    assert "meets the one" in why_no_area(hexagon)


def test_whose_foot_is_in_an_excluded_zone_is_not_looked_at() -> None:
    people = seen([Passer(100, 200), Passer(300, 200, score=0.8), Passer(190, 250, score=0.2)])
    kept, left_out = Mask([excluded()], SIZE).split(people)
    assert left_out.scores.tolist() == pytest.approx([0.8])
    assert kept.scores.tolist() == pytest.approx([0.9, 0.2])
    assert len(kept.boxes) == 2


def test_other_zones_hide_nobody() -> None:
    people = seen([Passer(300, 200)])
    others = [Zone("z", kind, RIGHT) for kind in ZoneKind if kind is not ZoneKind.EXCLUDED]
    kept, left_out = Mask(others, SIZE).split(people)
    assert kept is people
    assert len(left_out) == 0


def test_nobody_is_counted_on_a_screen_that_shows_people_walking() -> None:
    def on_screen(at_s: float) -> list[Passer]:
        return [Passer(220 + 40 * at_s, 200)]

    line = Line("screen", 300, 0, 300, 300)
    assert len(show(Counter([line], SIZE), on_screen, 4.0)) == 1
    masked = Counter([line], SIZE, zones=[excluded()])
    assert show(masked, on_screen, 4.0) == []
    assert len(masked.tracks.ids) == 0
