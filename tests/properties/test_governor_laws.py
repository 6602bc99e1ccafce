"""The rate at which pictures are looked at: within its bounds, affordable, and steady."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.governor import HIGHEST_FPS, LOWEST_FPS, Effort, Governor

Cost = Callable[[float], float]


class Box:
    """A processor on which a picture costs so much, and all else a share of every second."""

    def __init__(self, picture_s: Cost, rest: float) -> None:
        self._picture_s = picture_s
        self._rest = rest

    def run(self, governor: Governor, seconds: int) -> list[float]:
        """The rate of every second."""
        looking_s = rest_s = pictures = 0.0
        rates = []
        for now_s in range(seconds):
            fps = governor.account(Effort(now_s, looking_s, looking_s + rest_s, int(pictures)))
            rates.append(fps)
            pictures += fps
            looking_s += fps * self._picture_s(now_s)
            rest_s += self._rest
        return rates


def changes(rates: Sequence[float]) -> int:
    return sum(before != after for before, after in pairwise(rates))


costs = st.floats(0.001, 0.5)
shares = st.floats(0.05, 1.0)


@given(costs, st.floats(0, 0.6), shares)
def test_a_steady_load_ends_at_one_rate_that_is_as_high_as_the_share_allows(
    picture_s: float, rest: float, share: float
) -> None:
    rates = Box(lambda _: picture_s, rest).run(Governor(share), 400)
    assert all(LOWEST_FPS <= each <= HIGHEST_FPS for each in rates)
    assert changes(rates[200:]) == 0
    last = rates[-1]
    assert last == LOWEST_FPS or rest + last * picture_s <= share * 1.02
    if last < HIGHEST_FPS:
        assert rest + (last + 0.5) * picture_s > share / 1.12


@given(costs, shares, st.integers(0, 1_000))
def test_a_noisy_load_does_not_make_it_swing(picture_s: float, share: float, seed: int) -> None:
    chance = Random(seed)

    def noisy(_now_s: float) -> float:
        return picture_s * chance.uniform(0.9, 1.1)

    rates = Box(noisy, 0.05).run(Governor(share), 1_000)
    assert all(LOWEST_FPS <= each <= HIGHEST_FPS for each in rates)
    assert changes(rates[200:]) <= 8


@given(costs, shares)
def test_another_load_is_answered_within_a_minute(picture_s: float, share: float) -> None:
    governor = Governor(share)
    Box(lambda _: 0.01, 0.0).run(governor, 200)
    for_good = Governor(share)
    box = Box(lambda now_s: 0.01 if now_s < 200 else picture_s, 0.0)
    rates = box.run(for_good, 300)
    assert rates[-1] == LOWEST_FPS or rates[-1] * picture_s <= share * 1.05


@given(st.lists(st.tuples(*[st.floats(0, 1e6)] * 3, st.integers(0, 1000)), max_size=40), shares)
def test_no_account_however_odd_leaves_the_bounds(
    accounts: list[tuple[float, float, float, int]], share: float
) -> None:
    governor = Governor(share)
    for account in accounts:
        assert LOWEST_FPS <= governor.account(Effort(*account)) <= HIGHEST_FPS


@pytest.mark.parametrize(("picture_s", "fps"), [(0.02, 7.0), (0.075, 5.5), (0.12, 3.5), (0.5, 3.5)])
def test_a_weak_box_looks_less_often(picture_s: float, fps: float) -> None:
    assert Box(lambda _: picture_s, 0.02).run(Governor(0.5), 300)[-1] == fps
