"""Who came in again: by an identity that is still believed, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.counting.returns import Returns, ReturnTuning
from tests.simulators.passers import Passer, Scene
from tests.simulators.strollers import moments, settled

DOOR = Line("door", 300, 100, 300, 540)
INSIDE, OUTSIDE = 120.0, 460.0
"""Going left is in."""


def path(*corners: tuple[float, float]) -> Scene:
    """Somebody who is at x at each second, and in between on the way."""

    def scene(at_s: float) -> Sequence[Passer]:
        for (t1, x1), (t2, x2) in pairwise(corners):
            if t1 <= at_s < t2:
                return [Passer(x1 + (at_s - t1) / (t2 - t1) * (x2 - x1), 300)]
        return []

    return scene


STEPS_OUT = path((0, INSIDE), (4, OUTSIDE), (9, OUTSIDE), (13, INSIDE))


def returned(scene: Scene, seconds: float, *lines: Line) -> list[Direction]:
    return [each.crossing.direction for each in settled(scene, seconds, *lines) if each.again]


def test_somebody_who_steps_out_and_turns_round_in_view_came_again() -> None:
    assert returned(STEPS_OUT, 18) == [Direction.IN]


def test_whoever_comes_in_first_did_not_come_again() -> None:
    assert returned(path((0, OUTSIDE), (4, INSIDE), (6, INSIDE)), 10) == []


def test_coming_in_going_out_and_coming_in_is_one_return() -> None:
    scene = path((0, OUTSIDE), (4, INSIDE), (8, OUTSIDE), (12, INSIDE), (14, INSIDE))
    assert returned(scene, 18) == [Direction.IN]


def test_a_return_after_the_window_is_a_new_visit() -> None:
    returns = Returns(["door"], ReturnTuning(window_s=5.0))
    assert [each for moment in moments(STEPS_OUT, 18) for each in returns.update(moment)] == []


def test_lines_that_are_no_entrance_have_no_returns() -> None:
    returns = Returns(["another"])
    assert [each for moment in moments(STEPS_OUT, 18) for each in returns.update(moment)] == []


def test_out_by_one_entrance_and_in_by_another_is_a_return() -> None:
    side = Line("side", 250, 100, 250, 540)
    found = [
        (each.crossing.line, each.crossing.direction)
        for each in settled(
            path((0, 270), (3, OUTSIDE), (6, OUTSIDE), (12, INSIDE)), 16, DOOR, side
        )
        if each.again
    ]
    assert ("door", Direction.IN) in found


def test_whoever_was_out_of_sight_may_be_somebody_else() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [] if 5 <= at_s < 6.5 else STEPS_OUT(at_s)

    assert returned(scene, 18) == []


def test_whoever_was_within_somebody_else_may_be_that_one() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        stranger = Passer(700 - 60 * at_s, 305)
        return [*STEPS_OUT(at_s), stranger] if at_s < 9 else STEPS_OUT(at_s)

    assert returned(scene, 18) == []


def test_staff_who_return_are_staff() -> None:
    said = settled(STEPS_OUT, 18, staff=lambda _: frozenset({1}))
    assert [(each.staff, each.again, each.leads) for each in said] == [(True, False, False)] * 2
