"""What the picture's edges hide, and what may be concluded from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from agent.capture.footfall.counting.completion import ASPECT, Completion
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Crossing, Direction, Line
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.detection.detections import Detections, no_detections
from tests.simulators.passers import Passer, Scene, cut_by, seen

SIZE = (768, 576)
NEAR = Line("door", 748, 150, 748, 420)
"""A fifth of a person's height from the right side; downwards, so that leaving there is out."""
LOW = Line("door", 100, 560, 700, 560)
"""0.16 of a person's height above the lower edge; rightwards, so that leaving there is in."""
PACE = 80.0
"""Pixels a second; a person is 100 high."""


def crossings(
    scene: Scene, begin_s: float, end_s: float, fps: float = 10.0, line: Line = NEAR
) -> list[Crossing]:
    counter = Counter([line], SIZE)
    return [
        crossing
        for at_s in np.arange(begin_s, end_s, 1 / fps).tolist()
        for crossing in counter.update(cut_by(seen(scene(at_s)), SIZE), at_s)
    ]


def counted(
    scene: Scene, begin_s: float, end_s: float, fps: float = 10.0, line: Line = NEAR
) -> list[Direction]:
    return [each.direction for each in crossings(scene, begin_s, end_s, fps, line)]


def made_whole(*box: float) -> list[float]:
    found = Sightings(np.array([box], np.float64), np.array([0.9]), np.zeros(1))
    whole: list[float] = Completion(SIZE).complete(found).boxes[0].tolist()
    return whole


def down(at_s: float) -> Passer:
    """Somebody who walks downwards, grows by perspective, and meets ``LOW`` after 4 s."""
    y = 240 + PACE * at_s
    return Passer(400, y, height=100 + (y - 560) / 6)


def up(at_s: float) -> Passer:
    """The same way back, from below the picture: ``LOW`` is met after 6 s."""
    return down(10 - at_s)


def test_a_box_that_a_side_cuts_is_as_wide_as_a_walker_from_the_edge_still_seen() -> None:
    wide = 100 * ASPECT
    assert made_whole(748, 200, 767, 300) == pytest.approx([748, 200, 748 + wide, 300])
    assert made_whole(1, 200, 20, 300) == pytest.approx([20 - wide, 200, 20, 300])


@pytest.mark.parametrize(
    "box", [(300, 200, 310, 300), (700, 200, 768, 300), (745, 200, 764, 300), (0, 10, 768, 5000)]
)
def test_a_box_away_from_the_sides_or_wide_enough_or_cut_by_both_stays(
    box: tuple[float, ...],
) -> None:
    assert made_whole(*box) == list(box)


def test_a_picture_without_anybody_is_none_the_wider() -> None:
    assert len(Completion(SIZE).complete(Sightings.of(no_detections(), 0.1))) == 0


def test_who_leaves_over_a_line_at_the_side_is_counted_though_last_seen_before_it() -> None:
    """Missed from a step before the line on, as where the network is no longer sure."""

    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(400 + PACE * at_s, 300)] if at_s < 4.2 else []

    assert counted(scene, 0, 6) == [Direction.OUT]


def test_who_stops_before_a_line_at_the_side_and_is_missed_has_not_left() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(min(400 + PACE * at_s, 710), 300)] if at_s < 6 else []

    assert counted(scene, 0, 9) == []


def test_who_leaves_and_comes_back_is_counted_both_ways() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(860 - abs(at_s - 5) * PACE, 300)]

    assert counted(scene, 0, 10) == [Direction.OUT, Direction.IN]


def test_who_is_first_seen_at_the_side_has_come_over_it() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        x = 825 - PACE * at_s
        return [Passer(x, 300)] if x < 746 else []

    assert counted(scene, 0, 5) == [Direction.IN]


@pytest.mark.parametrize("gap_s", [0.0, 8.0])
def test_who_is_there_when_watching_begins_or_goes_on_has_not_come(gap_s: float) -> None:
    counter = Counter([NEAR], SIZE)
    if gap_s:
        counter.update(no_detections(), 0.0)
    found = []
    for at_s in np.arange(0, 5, 0.1).tolist():
        picture = cut_by(seen([Passer(745 - PACE * at_s, 300)]), SIZE)
        found += counter.update(picture, gap_s + at_s)
    assert found == []


def test_a_trembling_signpost_cut_by_the_side_counts_nothing() -> None:
    rng = np.random.default_rng(5)

    def scene(_: float) -> Sequence[Passer]:
        return [Passer(745 + rng.normal(0, 3), 300)] if rng.random() < 0.8 else []

    assert counted(scene, 0, 60) == []


def test_a_box_that_the_lower_edge_cuts_stays_where_nobody_was_seen_whole() -> None:
    assert made_whole(300, 500, 340, 576) == pytest.approx([300, 500, 340, 576], abs=1e-3)


def test_who_leaves_over_a_line_at_the_lower_edge_is_counted_when_the_foot_met_it() -> None:
    """Only the head and the shoulders are left when it is certain."""
    [crossing] = crossings(lambda at_s: [down(at_s)], 0, 8, line=LOW)
    assert crossing.direction is Direction.IN
    assert crossing.at_s == pytest.approx(4.0, abs=0.15)


def test_who_comes_over_the_lower_edge_head_first_is_counted_when_the_foot_meets_the_line() -> None:
    """The first whom such a camera sees, and one of whom it knows how high people are."""

    def scene(at_s: float) -> Sequence[Passer]:
        return [down(at_s)] if at_s < 8 else [up(at_s - 8)]

    [first] = crossings(lambda at_s: [up(at_s)], 0, 10, line=LOW)
    [_, second] = crossings(scene, 0, 18, line=LOW)
    assert first.direction is second.direction is Direction.OUT
    assert first.at_s == pytest.approx(6.0, abs=0.25)
    assert second.at_s == pytest.approx(14.0, abs=0.15)


def test_who_shows_only_the_head_at_the_lower_edge_and_goes_back_down_has_not_come() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(400, 590 + 60 * abs(at_s - 4) / 4)]

    assert counted(scene, 0, 8, line=LOW) == []


def test_who_turns_round_below_the_picture_is_counted_both_ways() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(400, 610 - PACE * abs(at_s - 4))]

    assert counted(scene, 0, 8, line=LOW) == [Direction.IN, Direction.OUT]


def test_a_line_closer_to_the_lower_edge_than_its_own_band_is_counted() -> None:
    line = Line("door", 0, 573, 767, 573)
    assert counted(lambda at_s: [down(at_s)], 0, 8, line=line) == [Direction.IN]


def test_who_walks_past_the_end_of_a_line_along_the_lower_edge_has_not_crossed_it() -> None:
    line = Line("door", 500, 573, 700, 573)
    assert counted(lambda at_s: [down(at_s)], 0, 8, line=line) == []


def test_a_slanting_line_that_ends_on_the_lower_edge_is_not_crossed_below_the_picture() -> None:
    """Straight on, it would be met 75 pixels below."""
    line = Line("door", 615, 245, 440, 576)

    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(400, 700 - PACE * at_s, height=200)]

    assert counted(scene, 0, 6, line=line) == []


def test_a_trembling_plant_cut_by_the_lower_edge_counts_nothing() -> None:
    rng = np.random.default_rng(5)

    def scene(at_s: float) -> Sequence[Passer]:
        plant = [Passer(250, 610 + rng.normal(0, 3))] if rng.random() < 0.8 else []
        return [*plant, down(at_s % 9)]

    told = crossings(scene, 0, 60, line=LOW)
    assert {each.direction for each in told} == {Direction.IN}
    assert len(told) == 7


def test_a_child_behind_an_adult_is_not_taken_for_one_who_lacks_the_feet() -> None:
    """Its height was guessed from adults; the line is met by its own feet."""

    def scene(at_s: float) -> Sequence[Passer]:
        if at_s < 8:
            return [down(at_s)]
        return [Passer(400, 640 - PACE * (at_s - 8), height=65)]

    [_, child] = crossings(scene, 0, 14, line=LOW)
    assert child.direction is Direction.OUT
    assert child.at_s == pytest.approx(9.0, abs=0.3)
