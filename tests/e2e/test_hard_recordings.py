"""Recordings with damaged pictures or a hole, and the real network: right, or told what is not.

The clip's truth is that of ``hand_counted.json``. Times are the container's, which stays whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from agent.capture.footfall.audit.marks import Mark
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.diary import RecordedDiary
from agent.capture.footfall.messages import Ended, Job, Opened, Seen, Told, WatchedLine
from agent.capture.footfall.minutes import Minute
from agent.capture.footfall.played import PlayedMark
from agent.capture.footfall.tally import Places
from agent.capture.footfall.watching import watch
from models.runtime.clock import SystemClock
from models.vision.manifest import read_manifest
from models.wire.events.footfall import MarkKind
from tests.simulators import clips
from tests.simulators.counted_by_eye import HAND_COUNTED, counted_clips
from tests.simulators.real_data import real_file
from tests.simulators.real_network import NETWORK

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CLIP: Final = "one-by-one-person-detection.mp4"
WIDTH: Final = 768
BEGAN: Final = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LINE: Final = WatchedLine("g", 614 / WIDTH, 0.0, 614 / WIDTH, 1.0)


def told_of(clip: Path) -> list[Told]:
    told: list[Told] = []
    network = read_manifest().network(NETWORK)
    file = str(real_file("models", "yolox_nano_416.onnx"))
    job = Job(
        source=str(clip),
        lines=[LINE],
        network=network,
        network_file=file,
        sample_fps=5.0,
        speed=0.0,
        dated=True,
    )
    watch(job, told.append)
    return told


def minutes_of(told: list[Told], folder: Path, clip: Path) -> list[Minute]:
    """As the agent tells them."""
    mark = PlayedMark(folder / "mark.json", str(clip), BEGAN)
    diary = RecordedDiary(Places.of_entrances("g"), BEGAN, SystemClock(), mark)
    for message in told:
        match message:
            case Opened():
                diary.opened(message, NETWORK)
            case Seen():
                diary.seen(message)
            case Ended():
                diary.ended(message.pictures)
            case _:
                raise AssertionError(message)
    return diary.finished()


def true_ways() -> Counter[tuple[int, str]]:
    """By minute and direction."""
    return Counter((int(each.t // 60), str(each.direction)) for each in true_marks())


def true_marks() -> list[Mark]:
    return [each for each in counted_clips(HAND_COUNTED)[CLIP].marks if each.line == "g"]


def is_right(minute: Minute) -> bool:
    [line] = minute.lines
    number, truth = minute.begin_at.minute, true_ways()
    return (line.ingress, line.egress) == (truth[number, "in"], truth[number, "out"])


def garbled_ms(minutes: list[Minute]) -> Iterator[int]:
    for minute in minutes:
        yield sum(mark.ms for mark in minute.marks if mark.kind is MarkKind.GARBLED)


@pytest.mark.parametrize(("share", "least"), [(0.0, 0.0), (0.02, 0.1), (0.1, 0.6), (0.3, 0.9)])
def test_a_minute_of_damaged_pictures_is_right_or_marked(
    tmp_path: Path, share: float, least: float
) -> None:
    clip = tmp_path / "damaged.mp4"
    damaged = clips.damaged_inside(real_file("video", CLIP), clip, seed=1, share=share)
    minutes = minutes_of(told_of(clip), tmp_path, clip)
    assert len(minutes) == 3
    marked = list(garbled_ms(minutes))
    assert all(ms or is_right(minute) for ms, minute in zip(marked, minutes, strict=True))
    observed_ms = sum(minute.observed_ms for minute in minutes)
    assert observed_ms > 130_000
    assert sum(marked) >= least * observed_ms
    assert bool(damaged) == any(marked)


@pytest.mark.parametrize("name", [CLIP, "vtest.avi"])
def test_no_picture_of_a_sound_clip_is_taken_for_damaged(name: str) -> None:
    with Clip(real_file("video", name)) as clip:
        assert not any(frame.damaged for frame in clip.frames())


def test_a_hole_in_a_dated_recording_is_a_gap_and_what_follows_keeps_its_time(
    tmp_path: Path,
) -> None:
    clip = tmp_path / "hole.mp4"
    clips.with_a_hole(real_file("video", CLIP), clip, at_s=50, hole_s=600)
    minutes = minutes_of(told_of(clip), tmp_path, clip)
    assert [each.begin_at.minute for each in minutes] == list(range(13))
    assert {each.begin_at.minute for each in minutes if not each.observed_ms} == set(range(1, 10))
    assert sum(each.observed_ms for each in minutes) == pytest.approx(139_200, abs=1_000)
    assert sum(gap.ms for each in minutes for gap in each.gaps) == pytest.approx(600_000, abs=600)
    left = Counter({each.begin_at.minute: each.lines[0].egress for each in minutes if each.lines})
    truth = (mark.t + (600 if mark.t > 50 else 0) for mark in true_marks())
    assert +left == Counter(int(t // 60) for t in truth)
