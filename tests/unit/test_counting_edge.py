"""What the picture's sides hide, and what may be concluded from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.edge import ASPECT, Sides
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.counting.tuning import DEFAULTS
from agent.capture.footfall.detection.detections import Detections, no_detections
from tests.simulators.passers import Passer, Scene, cut_by, seen

SIZE = (768, 576)
NEAR = Line("door", 748, 150, 748, 420)
"""A fifth of a person's height from the right side; downwards, so that leaving there is out."""
PACE = 80.0
"""Pixels a second; a person is 100 high."""


def counted(scene: Scene, begin_s: float, end_s: float, fps: float = 10.0) -> list[Direction]:
    counter = Counter([NEAR], SIZE)
    return [
        crossing.direction
        for at_s in np.arange(begin_s, end_s, 1 / fps).tolist()
        for crossing in counter.update(cut_by(seen(scene(at_s)), SIZE), at_s)
    ]


def made_whole(*box: float) -> list[float]:
    found = Detections(np.array([box], np.float32), np.array([0.9], np.float32))
    whole: list[float] = Sides(SIZE, DEFAULTS).made_whole(found).boxes[0].tolist()
    return whole


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
    assert len(Sides(SIZE, DEFAULTS).made_whole(no_detections())) == 0


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
