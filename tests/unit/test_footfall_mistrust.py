"""What a watcher says of its camera reaches minutes, metrics and states, and outlives it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest

from agent.capture.footfall.diary import LiveDiary
from agent.capture.footfall.messages import Marked, Seen
from agent.capture.footfall.placement import Placement
from agent.capture.footfall.tally import Places
from agent.config import LineSettings
from agent.errors import CameraLost
from models.wire.events.footfall import MarkKind
from tests.simulators.scripted_watcher import (
    LEAVES,
    Life,
    Premises,
    a_camera,
    opened,
    premises,
    seen,
)

START_S = 1000.0  # where the hand clock's monotonic time begins


def watched(*lives: Life, placement: Path) -> Premises:
    one = premises(
        lambda clock: LiveDiary(Places.of_entrances("door"), clock, own_time=False),
        *lives,
        placement=placement,
    )
    one.keeper.run()
    return one


def suffering(begin_s: float, end_s: float, *troubles: MarkKind) -> Seen:
    marks = [Marked(kind, begin_s, end_s) for kind in troubles]
    message = seen(begin_s, end_s)
    return msgspec.structs.replace(message, marks=marks, troubles=list(troubles), wanted_fps=5.0)


def marked_ms(one: Premises) -> dict[str, int]:
    found: dict[str, int] = {}
    for mark in (mark for minute in one.outbox.minutes for mark in minute.marks):
        found[mark.kind] = found.get(mark.kind, 0) + mark.ms
    return found


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "cam.json"


def test_troubles_are_marked_shown_and_measured(kept: Path) -> None:
    one = watched(
        [opened(START_S), 1.0, suffering(START_S, START_S + 1, MarkKind.DARK), LEAVES],
        placement=kept,
    )
    assert marked_ms(one) == {"dark": 1000}
    assert one.keeper.state.troubles == ["dark"]
    assert one.keeper.state.wanted_fps == 5.0
    assert one.sample("lianke_camera_trouble", camera="cam", trouble="dark") == 1.0
    assert one.sample("lianke_camera_trouble", camera="cam", trouble="moved") == 0.0
    assert one.sample("lianke_camera_pictures_per_second", camera="cam", rate="wanted") == 5.0
    assert one.sample("lianke_footfall_marked_seconds_total", camera="cam", mark="dark") == 1.0


def test_a_moved_camera_stays_marked_when_its_watcher_is_another_one(kept: Path) -> None:
    one = watched(
        [
            opened(START_S),
            1.0,
            suffering(START_S, START_S + 1, MarkKind.MOVED),
            CameraLost("the cable"),
        ],
        [opened(START_S + 3), 4.0, seen(START_S + 3, START_S + 4), LEAVES],
        placement=kept,
    )
    assert marked_ms(one)["moved"] == pytest.approx(2000, abs=10)
    assert one.keeper.state.troubles == ["moved"]
    again = watched([opened(START_S), 1.0, seen(START_S, START_S + 1), LEAVES], placement=kept)
    assert marked_ms(again) == {"moved": 1000}


def test_a_camera_that_was_seen_to_come_back_is_believed(kept: Path) -> None:
    one = watched(
        [
            opened(START_S),
            2.0,
            suffering(START_S, START_S + 1, MarkKind.MOVED),
            seen(START_S + 1, START_S + 2),
            LEAVES,
        ],
        placement=kept,
    )
    assert marked_ms(one) == {"moved": 1000}
    assert one.keeper.state.troubles == []
    assert not Placement(kept, a_camera()).moved


def test_lines_that_are_drawn_anew_or_confirmed_end_the_doubt(kept: Path) -> None:
    placement = Placement(kept, a_camera())
    placement.opened()
    placement.seen(moved=True)
    assert Placement(kept, a_camera()).moved
    anew = LineSettings("door", (0.4, 0.0), (0.4, 1.0))
    assert not Placement(kept, dataclasses.replace(a_camera(), line=(anew,))).moved
    Placement(kept, a_camera()).confirm()
    assert not Placement(kept, a_camera()).moved


def test_a_file_that_nobody_can_read_says_nothing(kept: Path) -> None:
    kept.write_bytes(b"{")
    assert not Placement(kept, a_camera()).moved


def test_what_was_known_too_late_for_a_minute_is_told_as_a_part_of_it_with_the_mark_alone(
    kept: Path,
) -> None:
    steps = [seen(START_S + second, START_S + second + 1) for second in range(70)]
    late = suffering(START_S + 10, START_S + 71, MarkKind.MOVED)
    told = [*steps, msgspec.structs.replace(late, first_s=START_S + 70)]
    script = [deed for message in told for deed in (1.0, message)]
    one = watched([opened(START_S), *script, LEAVES], placement=kept)
    assert marked_ms(one) == {"moved": 61_000}
    afterthoughts = [each for each in one.outbox.minutes if each.marks and not each.observed_ms]
    assert afterthoughts
    assert all((each.lines, each.gaps, each.rule) == ([], [], "") for each in afterthoughts)
    for each in afterthoughts:
        counted = [m for m in one.outbox.minutes if m.begin_at == each.begin_at and m.lines]
        assert sum(m.observed_ms for m in counted) > 0
