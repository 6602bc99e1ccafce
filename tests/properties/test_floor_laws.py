"""What holds of zones whatever the rate of sampling: on simulated shop floors of known truth.

Scenes are short here, so the bounds are wide; ``tests/bench/floor_trial.py`` has the figures.
"""

from __future__ import annotations

from functools import cache

import pytest

from agent.capture.footfall.counting.facts import Presence, Stay, Warmth
from tests.simulators.floor_trial import Figures, moments, told
from tests.simulators.shop_floor import Crowd, ShopFloor

RATES = (3.5, 10.0)


@cache
def queue() -> ShopFloor:
    return ShopFloor.queue(31, minutes=4.0, crowd=Crowd(hidden_a_minute=2.0))


@cache
def table() -> ShopFloor:
    return ShopFloor.browsing(32, minutes=2.5, crowd=Crowd(a_minute=5.0))


@pytest.mark.parametrize("fps", RATES)
def test_a_queue_is_as_long_as_it_is_and_people_wait_as_long_as_they_do(fps: float) -> None:
    figures = Figures()
    figures.add(queue(), told(queue(), moments(queue().samples(fps))))
    assert len(figures.true_stays) >= 5
    assert figures.length_error == pytest.approx(0, abs=0.08)
    assert figures.stay_error(0.5) == pytest.approx(0, abs=0.15)
    assert abs(len(figures.stays) - len(figures.true_stays)) <= 2


@pytest.mark.parametrize("fps", RATES)
def test_people_at_a_table_are_as_many_and_stay_as_long_as_they_do(fps: float) -> None:
    figures = Figures()
    figures.add(table(), told(table(), moments(table().samples(fps))))
    assert len(figures.true_stays) >= 5
    assert figures.length_error == pytest.approx(0, abs=0.08)
    assert figures.stay_error(0.5) == pytest.approx(0, abs=0.15)


def test_people_who_only_pass_do_not_queue() -> None:
    crowd = Crowd(a_minute=0.001, passing=10.0)
    scene = ShopFloor.queue(33, minutes=2.0, crowd=crowd)
    facts = told(scene, moments(scene.samples(5.0)))
    assert not [fact for fact in facts if isinstance(fact, Stay)]
    present_s = sum(fact.person_s for fact in facts if isinstance(fact, Presence))
    seen_s = sum(fact.seconds for fact in facts if isinstance(fact, Warmth))
    assert present_s < 0.02 * seen_s
