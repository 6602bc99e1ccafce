"""How high walkers look where: learnt from those seen whole."""

from __future__ import annotations

import numpy as np
import pytest

from agent.capture.footfall.counting.perspective import Perspective

HIGH = 576.0


def heights(heads: list[float], perspective: Perspective) -> list[float]:
    told: list[float] = perspective.heights(np.array(heads)).tolist()
    return told


def height_at(head: float) -> float:
    """On a level floor."""
    return 60 + head / 5


def taught(heads: list[float], stature: float = 1.0, pictures: int = 8) -> Perspective:
    perspective = Perspective(HIGH)
    whole = np.array(heads)
    for second in range(pictures):
        perspective.learn(whole, stature * (60 + whole / 5), float(second))
    return perspective


def test_nothing_is_known_before_somebody_was_seen_whole() -> None:
    assert heights([100.0, 500.0], Perspective(HIGH)) == [0.0, 0.0]


def test_people_further_down_are_higher_as_the_floor_has_it() -> None:
    told = heights([500.0], taught([50.0, 150.0, 250.0, 350.0]))
    assert told == pytest.approx([height_at(500)], rel=0.03)


def test_people_at_one_distance_teach_a_height_and_hardly_a_slope() -> None:
    assert heights([420.0, 560.0], taught([400.0, 405.0])) == pytest.approx([140, 140], rel=0.05)


def test_a_few_who_are_half_as_high_bend_nothing() -> None:
    perspective = taught([50.0, 150.0, 250.0, 350.0])
    perspective.learn(np.array([150.0, 350.0]), np.array([40.0, 60.0]), 20.0)
    assert heights([500.0], perspective) == pytest.approx([height_at(500)], rel=0.03)


def test_what_was_learnt_long_ago_is_forgotten() -> None:
    perspective = taught([50.0, 150.0, 250.0, 350.0], stature=0.5)
    whole = np.array([50.0, 150.0, 250.0, 350.0])
    for second in range(30):
        perspective.learn(whole, 60 + whole / 5, 100.0 + second)
    assert heights([500.0], perspective) == pytest.approx([height_at(500)], rel=0.03)


def test_nobody_is_asked_twice_in_a_moment() -> None:
    perspective = Perspective(HIGH)
    perspective.learn(np.array([100.0]), np.array([80.0]), 3.0)
    assert not perspective.is_due(3.2)
    assert perspective.is_due(3.6)


def test_heads_outside_the_picture_are_taken_at_its_edge() -> None:
    perspective = Perspective(HIGH)
    outside = np.array([-20.0, 700.0, 300.0])
    perspective.learn(outside, np.array([80.0, 80.0, 80.0]), 0.0)
    assert heights([300.0], perspective) == pytest.approx([80.0])
