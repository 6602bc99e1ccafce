"""When frames were taken and which are looked at, whatever a container says."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.camera.sampling import Sampler
from agent.capture.footfall.camera.timeline import Timeline


def timed(told_s: Iterable[float], fps: float = 10.0, *, dated: bool = False) -> list[float]:
    timeline = Timeline(fps, dated=dated)
    return [round(timeline.at_s(each), 6) for each in told_s]


def picked(fps: float, sample_fps: float, frames: int) -> list[int]:
    sampler = Sampler(sample_fps, 1 / fps)
    return [number for number in range(frames) if sampler.picks(number / fps)]


def test_honest_times_are_kept_as_they_are() -> None:
    assert timed([0.0, 0.1, 0.2, 0.35, 2.0]) == [0.0, 0.1, 0.2, 0.35, 2.0]


def test_a_clip_that_begins_late_keeps_its_own_time() -> None:
    assert timed([1.4, 1.5]) == [1.4, 1.5]


def test_a_clip_without_times_is_timed_by_its_index() -> None:
    assert timed([0.0] * 5) == [0.0, 0.05, 0.15, 0.25, 0.35]


def test_one_wrong_time_moves_none_of_the_later_ones() -> None:
    assert timed([0.0, 0.1, 5000.0, 0.3, 0.4]) == [0.0, 0.1, 0.15, 0.3, 0.4]
    assert timed([0.0, 0.1, 0.02, 0.3, 0.4]) == [0.0, 0.1, 0.15, 0.3, 0.4]
    assert timed([0.0, 0.1, math.nan, 0.3]) == [0.0, 0.1, 0.15, 0.3]


def test_a_jump_that_lasts_is_taken_out() -> None:
    assert timed([0.0, 0.1, 500.0, 500.1, 500.2]) == [0.0, 0.1, 0.15, 0.25, 0.35]


def test_in_a_recording_with_a_date_a_jump_that_lasts_is_a_hole() -> None:
    told = [0.0, 0.1, 600.0, 600.1, 600.2, 1300.0, 1300.1]
    assert timed(told, dated=True) == [0.0, 0.1, 0.15, 600.1, 600.2, 600.25, 1300.1]


def test_in_a_recording_with_a_date_single_backward_and_endless_jumps_are_none() -> None:
    assert timed([0.0, 0.1, 5000.0, 0.3, 0.4], dated=True) == [0.0, 0.1, 0.15, 0.3, 0.4]
    assert timed([8.0, 8.1, 0.0, 0.1, 0.2], dated=True) == [8.0, 8.1, 8.15, 8.25, 8.35]
    assert timed([0.0, 0.1, 95_443.0, 95_443.1], dated=True) == [0.0, 0.1, 0.15, 0.25]
    assert timed([0.0] * 4, dated=True) == [0.0, 0.05, 0.15, 0.25]
    assert timed([0.0, 0.1, 500.0, 900.0, 1300.0], dated=True) == [0.0, 0.1, 0.15, 0.25, 0.35]


def test_times_that_begin_anew_go_on() -> None:
    assert timed([8.0, 8.1, 0.0, 0.1, 0.2]) == [8.0, 8.1, 8.15, 8.25, 8.35]


@pytest.mark.parametrize("fps", [0.0, -1.0, math.nan, math.inf, 90_000.0])
def test_an_incredible_rate_is_taken_for_25(fps: float) -> None:
    assert Timeline(fps).period_s == pytest.approx(0.04)


@given(st.lists(st.floats(), max_size=30), st.floats())
def test_time_always_grows_and_never_far(told_s: list[float], fps: float) -> None:
    timeline = Timeline(fps)
    times = [timeline.at_s(each) for each in told_s]
    assert all(0 < b - a <= 10.001 for a, b in pairwise(times))


@given(st.lists(st.floats(), max_size=30), st.floats())
def test_time_always_grows_by_a_day_at_most(told_s: list[float], fps: float) -> None:
    timeline = Timeline(fps, dated=True)
    times = [timeline.at_s(each) for each in told_s]
    assert all(0 < b - a <= 86_400.1 for a, b in pairwise(times))


def test_half_the_frames_are_every_second_one() -> None:
    assert picked(10, 5, 9) == [0, 2, 4, 6, 8]


def test_a_rate_that_does_not_divide_is_kept_on_average() -> None:
    assert len(picked(10, 3.5, 1000)) == 350
    gaps = {b - a for a, b in pairwise(picked(10, 3.5, 200))}
    assert gaps == {2, 3}


@pytest.mark.parametrize("sample_fps", [0.0, 10.0, 30.0])
def test_a_rate_of_nought_or_above_the_clips_own_picks_every_frame(sample_fps: float) -> None:
    assert picked(10, sample_fps, 20) == list(range(20))


def test_frames_that_failed_to_come_are_not_made_up_for() -> None:
    sampler = Sampler(5, 0.1)
    assert sampler.picks(0.0)
    assert sampler.picks(7.0)
    assert not sampler.picks(7.1)
    assert sampler.picks(7.2)


@given(
    st.floats(1, 60), st.floats(0.5, 30), st.integers(50, 400), st.randoms(use_true_random=False)
)
def test_the_rate_is_kept_whatever_the_jitter(
    fps: float, sample_fps: float, frames: int, chance: random.Random
) -> None:
    jitter = [chance.uniform(-0.2, 0.2) / fps for _ in range(frames)]
    sampler = Sampler(sample_fps, 1 / fps)
    count = sum(sampler.picks(n / fps + each) for n, each in enumerate(jitter))
    assert abs(count - min(frames, frames / fps * sample_fps)) <= 2 + 0.02 * frames
