"""What counts as a crossing, and what does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Direction, Line
from agent.errors import BadLine
from tests.simulators.passers import Passer, Scene, show

SIZE = (768, 576)
DOOR = Line("door", 300, 150, 300, 420)
PACE = 80.0
"""Pixels a second; a person is 100 high."""


def counted(scene: Scene, seconds: float, *lines: Line, fps: float = 5.0) -> list[Direction]:
    counter = Counter(lines or (DOOR,), SIZE)
    return [crossing.direction for crossing in show(counter, scene, seconds, fps)]


def path(*corners: tuple[float, float, float]) -> Scene:
    """One passer through corners of (second, x, y)."""

    def scene(at_s: float) -> Sequence[Passer]:
        for (t1, x1, y1), (t2, x2, y2) in pairwise(corners):
            if t1 <= at_s < t2:
                share = (at_s - t1) / (t2 - t1)
                return [Passer(x1 + share * (x2 - x1), y1 + share * (y2 - y1))]
        return []

    return scene


def leftwards(at_s: float) -> list[Passer]:
    return [Passer(500 - PACE * at_s, 300)]


def rightwards(at_s: float) -> list[Passer]:
    return [Passer(100 + PACE * at_s, 300)]


def test_right_to_left_over_a_line_drawn_downwards_is_in() -> None:
    assert counted(leftwards, 5) == [Direction.IN]


def test_left_to_right_over_a_line_drawn_downwards_is_out() -> None:
    assert counted(rightwards, 5) == [Direction.OUT]


def test_downwards_over_a_line_drawn_to_the_right_is_in() -> None:
    scene = path((0, 300, 150), (4, 300, 450))
    assert counted(scene, 4, Line("door", 150, 300, 450, 300)) == [Direction.IN]


@pytest.mark.parametrize("fps", [1.0, 2.0, 3.5, 5.0, 10.0, 30.0, 60.0])
def test_one_walker_is_one_crossing_at_any_rate(fps: float) -> None:
    assert counted(leftwards, 5, fps=fps) == [Direction.IN]


def test_the_time_is_when_the_foot_met_the_line_between_samples() -> None:
    (crossing,) = show(Counter([DOOR], SIZE), leftwards, 5, fps=3.5)
    assert crossing.at_s == pytest.approx((500 - 300) / PACE, abs=0.05)


def test_who_turns_round_within_the_band_counts_nothing() -> None:
    assert counted(path((0, 500, 300), (2.5, 296, 300), (5, 500, 300)), 5) == []


def test_who_goes_through_and_comes_back_counts_both_ways() -> None:
    scene = path((0, 500, 300), (3, 260, 300), (6, 500, 300))
    assert counted(scene, 6) == [Direction.IN, Direction.OUT]


def test_who_passes_by_beyond_the_lines_end_counts_nothing() -> None:
    assert counted(path((0, 500, 460), (5, 100, 460)), 5) == []


def test_who_walks_round_the_lines_end_and_back_through_it_counts_once() -> None:
    scene = path((0, 450, 460), (4, 150, 460), (5, 150, 350), (9, 450, 350))
    assert counted(scene, 9) == [Direction.OUT]


def test_a_line_that_ends_at_the_pictures_edge_has_no_end_there() -> None:
    """The feet of somebody cut off by the lower edge are estimated below it."""
    scene = path((0, 500, 590), (5, 100, 590))
    assert counted(scene, 5, Line("door", 300, 0, 300, 576)) == [Direction.IN]


def test_who_is_never_seen_beyond_the_line_has_not_crossed() -> None:
    assert counted(path((0, 500, 300), (2.4, 308, 300)), 6) == []


def test_who_is_hidden_while_crossing_counts_when_seen_again() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [] if 2.0 < at_s < 3.0 else leftwards(at_s)

    assert counted(scene, 5) == [Direction.IN]


def test_who_appears_on_the_line_and_leaves_has_not_crossed() -> None:
    assert counted(path((0, 300, 300), (3, 60, 300)), 3) == []


def test_who_leaves_the_picture_soon_after_the_line_counts() -> None:
    line = Line("door", 40, 0, 40, 576)
    assert counted(path((0, 300, 300), (3.6, 12, 300)), 5, line) == [Direction.IN]


def test_who_lingers_on_the_line_and_leaves_as_they_came_counts_nothing() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        if at_s < 2.5:
            return leftwards(at_s)
        if at_s < 30:
            return [Passer(303 + 5 * math.sin(2 * at_s), 300)]
        return [Passer(303 + PACE * (at_s - 30), 300)]

    assert counted(scene, 34) == []


def test_who_lingers_before_the_line_and_then_goes_through_counts_once() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        if at_s < 2.3:
            return leftwards(at_s)
        if at_s < 40:
            return [Passer(316 + 5 * math.sin(2 * at_s), 300)]
        return [Passer(316 - PACE * (at_s - 40), 300)]

    assert counted(scene, 44) == [Direction.IN]


def standing(beyond_px: float, *, leaves_at_s: float, pace: float) -> Scene:
    """Somebody comes from the right ever more slowly, stands so far beyond the line, and leaves."""

    def scene(at_s: float) -> Sequence[Passer]:
        stood_s = min(at_s, leaves_at_s)
        x = 300 - beyond_px + 200 * math.exp(-stood_s / 1.5) + 2 * math.sin(2 * stood_s)
        return [Passer(x + pace * (at_s - stood_s), 300)]

    return scene


@pytest.mark.parametrize("fps", [3.5, 5.0, 7.0, 10.0, 15.0])
def test_who_stands_within_the_band_beyond_the_line_and_goes_back_counts_both_ways(
    fps: float,
) -> None:
    scene = standing(6, leaves_at_s=20, pace=PACE)
    assert counted(scene, 24, fps=fps) == [Direction.IN, Direction.OUT]


def test_who_stands_within_the_band_beyond_the_line_and_goes_on_counts_once() -> None:
    assert counted(standing(6, leaves_at_s=20, pace=-PACE), 22) == [Direction.IN]


def test_who_stands_beyond_the_line_is_told_while_they_stand() -> None:
    (crossing,) = show(Counter([DOOR], SIZE), standing(6, leaves_at_s=20, pace=0), 15)
    assert crossing.at_s == pytest.approx(1.5 * math.log(200 / 6), abs=1.0)


def test_a_signpost_trembling_on_the_line_never_counts() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(300 + 12 * math.sin(7 * at_s), 300 + 4 * math.cos(5 * at_s), 60, 0.5)]

    assert counted(scene, 120) == []


def test_people_passing_a_signpost_on_the_line_all_count() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        walker = Passer(500 - PACE * (at_s % 6), 306)
        post = Passer(298, 296, 80, 0.5)
        return [walker] if abs(walker.x - post.x) < 18 else [walker, post]

    assert counted(scene, 60) == [Direction.IN] * 10


def test_two_lines_count_for_themselves() -> None:
    counter = Counter([DOOR, Line("second", 200, 150, 200, 420)], SIZE)
    crossings = show(counter, leftwards, 5)
    assert [(c.line, c.direction) for c in crossings] == [("door", "in"), ("second", "in")]


def test_lines_need_names_of_their_own() -> None:
    with pytest.raises(BadLine, match="its own name"):
        Counter([DOOR, Line("door", 1, 2, 3, 4)], SIZE)


def test_a_line_outside_the_picture_is_refused_at_once() -> None:
    with pytest.raises(BadLine, match="outside the picture"):
        Counter([Line("door", 300, 150, 300, 577)], SIZE)
