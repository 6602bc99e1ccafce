"""What holds of counts whatever the crowd: on simulated doorways whose truth is known."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Crossing, Direction, Line
from agent.capture.footfall.detection.detections import Detections
from tests.simulators.doorway import SIZE, Doorway, Event, Visit
from tests.simulators.erring_detector import Errors
from tests.simulators.passers import Passer, cut_by, seen

RATES = (3.5, 7.0, 15.0)
SCENES = ((21, 0.0), (22, 0.6), (23, 1.57), (24, -0.8))
SAMPLED = 5.0
"""Samples a second, where the rate does not matter."""

Boxes = NDArray[np.float32]
Reshape = Callable[[Boxes], Boxes]


@cache
def scene(seed: int, angle: float) -> Doorway:
    return Doorway.of(seed, minutes=1.75, angle=angle)


@cache
def sampled(seed: int, angle: float) -> tuple[tuple[float, Detections], ...]:
    return tuple(scene(seed, angle).samples(SAMPLED))


def counted(
    samples: Sequence[tuple[float, Detections]],
    line: Line,
    size: tuple[int, int] = SIZE,
    reshape: Reshape = np.asarray,
    later_s: float = 0.0,
) -> list[Crossing]:
    counter = Counter([line], size)
    return [
        crossing
        for at_s, found in samples
        for crossing in counter.update(
            Detections(reshape(found.boxes), found.scores), at_s + later_s
        )
    ]


def in_a_mirror(boxes: Boxes) -> Boxes:
    return np.stack(
        [SIZE[0] - boxes[:, 2], boxes[:, 1], SIZE[0] - boxes[:, 0], boxes[:, 3]], axis=1
    )


def tally(crossings: Sequence[Crossing] | Sequence[Event]) -> Tally[tuple[int, Direction]]:
    """How many a minute and direction."""
    return Tally((int(c.at_s // 60), c.direction) for c in crossings)


def error(counts: Tally[tuple[int, Direction]], truth: Tally[tuple[int, Direction]]) -> int:
    return sum(abs(counts[key] - truth[key]) for key in counts.keys() | truth.keys())


@pytest.mark.parametrize("fps", RATES)
def test_counts_are_right_at_any_rate(fps: float) -> None:
    """The absolute error a minute and direction, over all that crossed: at most 6 %."""
    wrong = people = 0
    for seed, angle in SCENES:
        doorway = scene(seed, angle)
        truth = tally(doorway.truth)
        wrong += error(tally(counted(list(doorway.samples(fps)), doorway.line)), truth)
        people += truth.total()
    assert people > 40
    assert wrong / people <= 0.06


@pytest.mark.parametrize("fps", [3.5, 10.0])
def test_counts_are_right_at_a_line_close_to_the_side(fps: float) -> None:
    """0.1 to 0.4 heights from it: at most 15 % wrong. Half was, before sides were known of."""
    wrong = people = 0
    for inset in (-0.1, 0.2, -0.4):
        doorway = Doorway.at_the_edge(26, 2, inset)
        truth = tally(doorway.truth)
        wrong += error(tally(counted(list(doorway.samples(fps)), doorway.line)), truth)
        people += truth.total()
    assert people > 40
    assert wrong / people <= 0.15


@pytest.mark.parametrize("fps", [3.5, 10.0])
def test_counts_are_right_at_a_line_close_to_the_lower_edge(fps: float) -> None:
    """0.05 to 0.4 heights from it: at most 8 % wrong. A quarter was, while feet ended there."""
    wrong = people = 0
    for inset in (0.05, 0.2, 0.4):
        doorway = Doorway.at_the_lower_edge(34, 4, inset)
        truth = tally(doorway.truth)
        wrong += error(tally(counted(list(doorway.samples(fps)), doorway.line)), truth)
        people += truth.total()
    assert people > 100
    assert wrong / people <= 0.08


@pytest.mark.parametrize("phase_s", [0.05, 0.11, 0.23])
def test_counts_do_not_depend_on_when_sampling_begins(phase_s: float) -> None:
    doorway = scene(*SCENES[0])
    samples = list(doorway.samples(3.5, phase_s))
    assert error(tally(counted(samples, doorway.line)), tally(doorway.truth)) <= 2


@pytest.mark.parametrize("which", SCENES[:2])
def test_a_mirrored_clip_counts_the_other_way(which: tuple[int, float]) -> None:
    line = scene(*which).line
    mirrored = Line("door", SIZE[0] - line.x1, line.y1, SIZE[0] - line.x2, line.y2)

    plain = counted(sampled(*which), line)
    other = counted(sampled(*which), mirrored, reshape=in_a_mirror)
    assert [c.direction for c in plain] == [
        Direction.OUT if c.direction is Direction.IN else Direction.IN for c in other
    ]


@pytest.mark.parametrize("inset", [0.1, 0.3, 0.6])
def test_a_line_at_the_side_counts_as_its_mirror_image_does(inset: float) -> None:
    scene = Doorway.at_the_edge(25, 1.75, inset)
    line, samples = scene.line, list(scene.samples(SAMPLED))
    mirrored = Line("door", SIZE[0] - line.x1, line.y1, SIZE[0] - line.x2, line.y2)
    plain, other = counted(samples, line), counted(samples, mirrored, reshape=in_a_mirror)
    assert len(plain) > 5
    assert [(c.track, c.direction) for c in plain] == [
        (c.track, Direction.OUT if c.direction is Direction.IN else Direction.IN) for c in other
    ]


def test_a_line_at_the_lower_edge_counts_as_its_mirror_image_does() -> None:
    scene = Doorway.at_the_lower_edge(25, 1.75, 0.2)
    line, samples = scene.line, list(scene.samples(SAMPLED))
    mirrored = Line("door", SIZE[0] - line.x1, line.y1, SIZE[0] - line.x2, line.y2)
    plain, other = counted(samples, line), counted(samples, mirrored, reshape=in_a_mirror)
    assert len(plain) > 5
    assert [(c.track, c.direction) for c in plain] == [
        (c.track, Direction.OUT if c.direction is Direction.IN else Direction.IN) for c in other
    ]


@pytest.mark.parametrize("factor", [0.5, 4.0])
def test_a_bigger_picture_with_a_line_at_its_lower_edge_counts_the_same(factor: float) -> None:
    scene = Doorway.at_the_lower_edge(25, 1.75, 0.2)
    line, samples = scene.line, list(scene.samples(SAMPLED))
    scaled = Line("door", factor * line.x1, factor * line.y1, factor * line.x2, factor * line.y2)
    size = (int(factor * SIZE[0]), int(factor * SIZE[1]))
    plain = counted(samples, line)
    bigger = counted(samples, scaled, size, lambda boxes: boxes * np.float32(factor))
    assert [(c.track, c.direction) for c in plain] == [(c.track, c.direction) for c in bigger]


@pytest.mark.parametrize("which", SCENES[2:])
def test_a_line_drawn_the_other_way_round_swaps_in_and_out(which: tuple[int, float]) -> None:
    line = scene(*which).line
    turned = Line("door", line.x2, line.y2, line.x1, line.y1)
    plain, other = counted(sampled(*which), line), counted(sampled(*which), turned)
    assert [(c.track, c.direction is Direction.IN) for c in plain] == [
        (c.track, c.direction is Direction.OUT) for c in other
    ]


@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0, 8.0])
def test_a_bigger_picture_of_the_same_counts_the_same(factor: float) -> None:
    which = SCENES[1]
    line = scene(*which).line
    scaled = Line("door", factor * line.x1, factor * line.y1, factor * line.x2, factor * line.y2)
    size = (int(factor * SIZE[0]), int(factor * SIZE[1]))
    plain = counted(sampled(*which), line)
    bigger = counted(sampled(*which), scaled, size, lambda boxes: boxes * np.float32(factor))
    assert [(c.track, c.direction) for c in plain] == [(c.track, c.direction) for c in bigger]


@pytest.mark.parametrize("later_s", [1, 4096])
def test_counts_do_not_depend_on_what_the_clock_says(later_s: int) -> None:
    which = SCENES[2]
    plain = counted(sampled(*which), scene(*which).line)
    later = counted(sampled(*which), scene(*which).line, later_s=float(later_s))
    assert [(c.track, c.direction) for c in plain] == [(c.track, c.direction) for c in later]
    assert [c.at_s + later_s for c in plain] == pytest.approx([c.at_s for c in later])


def test_the_same_pictures_count_the_same() -> None:
    which = SCENES[3]
    line = scene(*which).line
    assert counted(sampled(*which), line) == counted(sampled(*which), line)


def test_those_who_linger_and_turn_back_count_nothing() -> None:
    visits = (Visit.TURNING_BEFORE, Visit.PASSING_BY)
    doorway = Doorway.of(31, minutes=3, a_minute=6, visits=visits)
    assert doorway.truth == []
    assert len(counted(list(doorway.samples(SAMPLED)), doorway.line)) <= 1


def test_lingering_before_the_line_counts_who_goes_on_alone() -> None:
    doorway = Doorway.of(32, minutes=8, a_minute=2, visits=(Visit.LINGERING,))
    counts = [c.direction for c in counted(list(doorway.samples(3.5)), doorway.line)]
    truth = [event.direction for event in doorway.truth]
    assert len(truth) >= 5
    assert sum(abs(counts.count(way) - truth.count(way)) for way in Direction) <= 1


def test_an_empty_doorway_with_a_signpost_and_phantoms_counts_nothing() -> None:
    doorway = Doorway.of(33, 5, a_minute=0.001, errors=Errors(phantoms_a_minute=20))
    assert counted(list(doorway.samples(SAMPLED)), doorway.line) == []


walks = st.lists(st.floats(60, 580), min_size=2, max_size=5)


@given(walks, st.sampled_from([3.5, 5.0, 10.0, 30.0]))
@settings(max_examples=30, deadline=None)
def test_in_less_out_is_where_the_walker_ended(corners: list[float], fps: float) -> None:
    """Whatever way somebody takes, crossings alternate and add up to the side they end on.

    Unless they turn so suddenly that the tracker takes them for somebody else from there on: then
    they alternate for each that they are taken for.
    """
    line = Line("door", 320, 0, 320, 480)
    counter = Counter([line], (640, 480))
    found: list[Crossing] = []
    taken_for: set[int] = set()
    at_s, x = 0.0, corners[0]
    for goal in corners[1:]:
        steps = max(1, int(abs(goal - x) / 80 * fps))
        for place in np.linspace(x, goal, steps).tolist():
            found += counter.update(seen([Passer(place, 300)]), at_s)
            taken_for.update(counter.tracks.ids.tolist())
            at_s += 1 / fps
        x = goal
    for one in taken_for:
        ways = [c.direction for c in found if c.track == one]
        assert all(way is not after for way, after in pairwise(ways))
    signs = [1 if c.direction is Direction.IN else -1 for c in found]
    if abs(corners[0] - 320) > 20 and abs(corners[-1] - 320) > 60 and len(taken_for) == 1:
        ended = (corners[0] > 320) - (corners[-1] > 320)
        assert sum(signs) == ended


@given(
    inset=st.floats(0.1, 0.6),
    pace=st.floats(0.5, 0.9),
    fps=st.sampled_from([3.5, 5.0, 10.0, 30.0]),
    phase_s=st.floats(0, 0.3),
    at_left=st.booleans(),
    enters=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whoever_walks_straight_over_a_line_at_the_side_is_counted(
    *, inset: float, pace: float, fps: float, phase_s: float, at_left: bool, enters: bool
) -> None:
    """People are 100 high, the line as many of that from the side, and they are cut by the side."""
    size, height = (640, 480), 100.0
    side = 0.0 if at_left else float(size[0])
    inwards = 1 if at_left else -1
    line = Line("door", side + inwards * inset * height, 0, side + inwards * inset * height, 480)
    counter = Counter([line], size)
    found: list[Crossing] = []
    for at_s in np.arange(phase_s, 4 / pace + 2, 1 / fps).tolist():
        way = pace * at_s - 1 if enters else 3 - pace * at_s
        passer = Passer(side + inwards * way * height, 300)
        found += counter.update(cut_by(seen([passer]), size), at_s)
    # Over a line drawn downwards, to the right is out.
    assert [c.direction for c in found] == [Direction.OUT if at_left == enters else Direction.IN]
