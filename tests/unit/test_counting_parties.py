"""Which crossings are one group's, and when that is said."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.counting.settling import SETTLE_S, Settled, Settling
from tests.simulators.passers import Passer
from tests.simulators.strollers import moments, settled, walking

LEFT, RIGHT = -80.0, 80.0
"""Pixels a second; a person is 100 high. Going left is in."""


def groups(said: Sequence[Settled]) -> list[Direction]:
    return [each.crossing.direction for each in said if each.leads]


def test_somebody_alone_is_a_group() -> None:
    assert groups(settled(walking({"x": 600, "y": 300, "dx": LEFT}), 8)) == [Direction.IN]


@pytest.mark.parametrize("fps", [3.5, 5.0, 10.0, 15.0])
def test_a_couple_side_by_side_is_one_group_at_any_rate(fps: float) -> None:
    couple = walking({"x": 600, "y": 300, "dx": LEFT}, {"x": 610, "y": 345, "dx": LEFT})
    assert groups(settled(couple, 8, fps=fps)) == [Direction.IN]


def test_three_in_a_row_are_one_group_by_links() -> None:
    row = walking(*({"x": 600 + 70 * each, "y": 300, "dx": LEFT} for each in range(3)))
    assert groups(settled(row, 9)) == [Direction.IN]


def test_two_who_cross_at_once_far_apart_are_two_groups() -> None:
    apart = walking({"x": 600, "y": 200, "dx": LEFT}, {"x": 600, "y": 450, "dx": LEFT})
    assert groups(settled(apart, 8)) == [Direction.IN, Direction.IN]


def test_two_who_meet_in_the_door_are_two_groups() -> None:
    meeting = walking({"x": 540, "y": 300, "dx": LEFT}, {"x": 60, "y": 345, "dx": RIGHT})
    assert sorted(groups(settled(meeting, 7))) == [Direction.IN, Direction.OUT]


def test_somebody_who_overtakes_somebody_in_the_door_is_nobodys_company() -> None:
    overtaking = walking({"x": 460, "y": 300, "dx": LEFT}, {"x": 600, "y": 345, "dx": 1.9 * LEFT})
    assert groups(settled(overtaking, 7)) == [Direction.IN, Direction.IN]


def test_near_for_long_is_not_enough_for_company() -> None:
    """One passes the other at half a height a second more: never further off than a height."""
    passing = walking({"x": 440, "y": 300, "dx": LEFT}, {"x": 536, "y": 345, "dx": LEFT - 55})
    assert groups(settled(passing, 4.2)) == [Direction.IN, Direction.IN]


def test_one_who_follows_two_seconds_behind_is_a_group_of_their_own() -> None:
    stream = walking({"x": 500, "y": 300, "dx": LEFT}, {"x": 660, "y": 300, "dx": LEFT})
    assert groups(settled(stream, 9)) == [Direction.IN, Direction.IN]


def held_door(at_s: float) -> Sequence[Passer]:
    """Two come together; one goes on over the line, waits, and is followed two seconds later."""
    first = max(600 + LEFT * at_s, 260.0)
    second = max(610 + LEFT * at_s, 330.0) if at_s < 6 else 330 + LEFT * (at_s - 6)
    return [Passer(first, 300), Passer(second, 345)]


def test_a_couple_of_whom_one_holds_the_door_is_one_group() -> None:
    assert groups(settled(held_door, 9)) == [Direction.IN]


def test_a_group_is_told_once_its_first_crossing_is_settled_and_dated_by_it() -> None:
    settling = Settling(["door"])
    first_at_s = said_at_s = None
    for moment in moments(walking({"x": 600, "y": 300, "dx": LEFT}), 8):
        if moment.crossings:
            first_at_s = moment.crossings[0].at_s
        if said := settling.update(moment):
            said_at_s = moment.at_s
            assert [each.crossing.at_s for each in said] == [first_at_s]
    assert first_at_s is not None
    assert said_at_s is not None
    assert SETTLE_S <= said_at_s - first_at_s <= SETTLE_S + 0.2


def test_what_is_held_at_the_end_is_told_at_the_end() -> None:
    settling = Settling(["door"])
    for moment in moments(walking({"x": 400, "y": 300, "dx": LEFT}), 2.5):
        assert settling.update(moment) == []
    assert len(settling.rest()) == 1
    assert settling.rest() == []


def test_two_lines_have_groups_of_their_own() -> None:
    lines = (Line("door", 300, 100, 300, 540), Line("hall", 200, 100, 200, 540))
    couple = walking({"x": 600, "y": 300, "dx": LEFT}, {"x": 610, "y": 345, "dx": LEFT})
    said = settled(couple, 8, *lines)
    assert [each.crossing.line for each in said if each.leads] == ["door", "hall"]


def test_staff_are_in_no_group_and_make_none() -> None:
    couple = walking({"x": 600, "y": 300, "dx": LEFT}, {"x": 610, "y": 345, "dx": LEFT})
    said = settled(couple, 8, staff=lambda _: frozenset({1}))
    assert [(each.crossing.track, each.staff, each.leads) for each in said] == [
        (1, True, False),
        (2, False, True),
    ]


def test_a_hole_in_the_watching_is_no_evidence() -> None:
    """Nobody saw the two walk together: the counter's spans say so."""
    couple = walking({"x": 600, "y": 300, "dx": LEFT}, {"x": 610, "y": 345, "dx": LEFT})
    settling = Settling(["door"])
    said = []
    for moment in moments(couple, 8):
        said += settling.update(replace(moment, span_s=0.0))
    assert groups(said) == [Direction.IN, Direction.IN]


def test_nobody_is_remembered_for_ever() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(600 + LEFT * (at_s % 10), 300)] if at_s % 10 < 7 else []

    settling, sizes = Settling(["door"]), []
    for moment in moments(scene, 90):
        settling.update(moment)
        sizes.append(len(pickle.dumps(settling)))
    assert max(sizes[-100:]) <= max(sizes[:100])
