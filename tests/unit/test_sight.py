"""A camera's sight: what is trouble, what is not, and since when."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.detection.detector import Picture
from agent.capture.footfall.messages import Marked
from agent.capture.footfall.sight.checkup import Checkup
from agent.capture.footfall.sight.glimpse import HEIGHT, WIDTH, glimpse
from agent.capture.footfall.sight.matching import fit
from agent.capture.footfall.sight.steady import Steady
from agent.capture.footfall.sight.view import occupied_cells
from models.wire.events.footfall import MarkKind
from tests.simulators.disturbed_views import (
    LOOK_S,
    Disturb,
    Sensor,
    behind_a_bag,
    behind_a_hand,
    lit,
    view,
)

HOURLESS = math.nan


def scene(seed: int = 4, size: tuple[int, int] = (320, 240)) -> Picture:
    """A shop of shelves and posters: rectangles of many sizes, never the same twice."""
    chance = np.random.default_rng(seed)
    width, height = size
    picture = np.full((height, width, 3), 110, np.uint8)
    for _ in range(90):
        x, y = chance.integers(width), chance.integers(height)
        wide, high = chance.integers(6, 60), chance.integers(6, 50)
        picture[y : y + high, x : x + wide] = chance.integers(20, 235, 3)
    return picture


SCENE = scene()


class Watch:
    """A checkup that looks twice a second, at what a sensor makes of a scene."""

    def __init__(self, told_s: Callable[[float], float] = lambda _: HOURLESS) -> None:
        self.checkup = Checkup()
        self.now_s = 0.0
        self.marks: list[Marked] = []
        self._sensor = Sensor()
        self._told_s = told_s
        self._latest = SCENE

    def see(self, seconds: float, disturb: Disturb = view, *, quiet: bool = False) -> None:
        until_s = self.now_s + seconds
        seen = disturb(SCENE)
        while self.now_s < until_s:
            if not quiet:
                self._latest = self._sensor.take(seen)
            told_s = self._told_s(self.now_s)
            self.marks += self.checkup.look(self._latest, self.now_s, None, told_s)
            self.now_s += LOOK_S

    def marked(self, kind: MarkKind) -> tuple[float, float]:
        """From when to when; the marks of a kind follow each other without a break."""
        mine = [each for each in self.marks if each.kind is kind]
        for before, after in pairwise(mine):
            assert before.end_s == after.begin_s
        return mine[0].begin_s, mine[-1].end_s


def stands(watch: Watch) -> Sequence[MarkKind]:
    return sorted(watch.checkup.troubles)


def test_a_camera_that_sees_its_scene_has_no_trouble() -> None:
    watch = Watch()
    watch.see(120)
    watch.see(60, lambda each: lit(view(each), 0.4))
    watch.see(60, lambda each: lit(view(each), 1.3))
    assert watch.marks == []


@pytest.mark.parametrize("cover", [behind_a_hand, behind_a_bag])
def test_a_covered_lens_is_marked_from_its_first_second_until_it_is_free(cover: Disturb) -> None:
    watch = Watch()
    watch.see(60)
    watch.see(30, cover)
    assert stands(watch) == [MarkKind.BLOCKED]
    watch.see(30)
    begin_s, end_s = watch.marked(MarkKind.BLOCKED)
    assert 60 <= begin_s <= 64
    assert 90 <= end_s <= 98
    assert stands(watch) == []
    assert {each.kind for each in watch.marks} == {MarkKind.BLOCKED}


def test_a_lens_that_is_covered_from_the_start_is_told_too() -> None:
    watch = Watch()
    watch.see(20, behind_a_bag)
    assert stands(watch) == [MarkKind.BLOCKED]


@pytest.mark.parametrize(
    "turned",
    [
        {"right": 0.03},
        {"right": 0.05},
        {"down": -0.05},
        {"roll": 5.0},
        {"nearer": 1.1},
        {"roll": 40.0},
    ],
)
def test_a_moved_camera_is_marked_until_it_is_put_back(turned: dict[str, float]) -> None:
    watch = Watch()
    watch.see(60)
    watch.see(120, lambda each: view(each, **turned))
    assert stands(watch) == [MarkKind.MOVED]
    watch.see(40)
    begin_s, end_s = watch.marked(MarkKind.MOVED)
    assert 60 <= begin_s <= 80
    assert 180 <= end_s <= 200
    assert stands(watch) == []


def test_a_moved_camera_is_never_got_used_to() -> None:
    watch = Watch()
    watch.see(60)
    watch.see(600, lambda each: view(each, right=0.05))
    assert stands(watch) == [MarkKind.MOVED]


def test_light_that_fades_is_dark_at_last_and_nothing_else() -> None:
    watch = Watch()
    watch.see(60)
    for gain in (0.5, 0.25, 0.12, 0.06, 0.04):
        watch.see(20, lambda each, gain=gain: lit(view(each), gain))  # type: ignore[misc]  # a step's own
    assert stands(watch) == [MarkKind.DARK]
    watch.see(30)
    assert stands(watch) == []
    assert {each.kind for each in watch.marks} == {MarkKind.DARK}


def test_the_very_same_picture_for_long_is_a_frozen_stream() -> None:
    watch = Watch()
    watch.see(30)
    watch.see(40, quiet=True)
    assert stands(watch) == [MarkKind.FROZEN]
    watch.see(10)
    begin_s, end_s = watch.marked(MarkKind.FROZEN)
    assert begin_s == 29.5
    assert 70 <= end_s <= 76


def test_a_cameras_own_time_that_stands_still_makes_it_certain_sooner() -> None:
    watch = Watch(told_s=lambda now_s: min(now_s, 29.5))
    watch.see(30)
    watch.see(12, quiet=True)
    assert stands(watch) == [MarkKind.FROZEN]


def test_a_cameras_own_time_that_stands_still_alone_is_nothing() -> None:
    watch = Watch(told_s=lambda _: 7.0)
    watch.see(60)
    assert watch.marks == []


def test_black_pictures_are_dark_and_not_frozen() -> None:
    watch = Watch()
    watch.see(30, np.zeros_like)
    watch.see(60, quiet=True)
    assert MarkKind.FROZEN not in stands(watch)


def test_an_hour_without_pictures_is_not_marked() -> None:
    watch = Watch()
    watch.see(60)
    watch.see(20, behind_a_bag)
    told = len(watch.marks)
    watch.now_s += 3600
    watch.see(2, behind_a_bag)
    assert all(each.end_s - each.begin_s <= 1 for each in watch.marks[told:])


def test_people_are_left_out_of_the_view() -> None:
    cells = occupied_cells(np.array([[0.0, 0.0, 160.0, 240.0]]), (320, 240))
    assert cells is not None
    assert cells[:, : WIDTH // 2].all()
    assert not cells[:, WIDTH // 2 :].any()
    assert occupied_cells(np.zeros((0, 4)), (320, 240)) is None


@pytest.mark.parametrize("size", [(64, 48), (320, 240), (768, 576), (240, 320), (3840, 2160)])
def test_a_glimpse_is_small_whatever_the_picture(size: tuple[int, int]) -> None:
    seen = glimpse(np.zeros((size[1], size[0], 3), np.uint8))
    assert seen.grey.shape == (HEIGHT, WIDTH)
    assert seen.pixels.size < 400_000


@given(st.floats(0.3, 1.8), st.floats(0, 40))
def test_light_moves_nothing(gain: float, offset: float) -> None:
    usual = glimpse(view(SCENE)).grey
    found = fit(usual, np.clip(usual * gain + offset, 0, 255).astype(np.float32))
    assert found is not None
    assert found.gain < 0.04
    assert found.here > 0.5


def test_a_plain_wall_says_nothing_of_where_a_camera_points() -> None:
    wall = np.full((HEIGHT, WIDTH), 90, np.float32)
    assert fit(wall, wall) is None


@given(st.lists(st.tuples(st.floats(0.1, 3.0), st.sampled_from([True, False, None])), max_size=80))
def test_trouble_begins_and_ends_only_after_its_time(findings: list[tuple[float, bool]]) -> None:
    steady = Steady(4.0, 6.0, 5.0)
    now_s, changed_s, before = 0.0, 0.0, False
    for step_s, found in findings:
        now_s += step_s
        since_s = steady.find(now_s, found)
        if steady.stands != before:
            assert found is steady.stands
            assert now_s - changed_s >= (4.0 if steady.stands else 6.0)
            before, changed_s = steady.stands, now_s
        if since_s is not None:
            assert steady.stands
            assert now_s - since_s >= 4.0
