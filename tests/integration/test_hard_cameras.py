"""Cameras that make trouble: what they cost is told as a gap or a mark, never as a wrong number."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import psutil
import pytest

from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.detection.detector import Picture
from agent.capture.footfall.messages import Ended, Failed, Job, Opened, Seen, Told, WatchedLine
from agent.capture.footfall.process import WatcherProcess
from agent.errors import AgentError
from agent.networks import InstalledNetwork
from models.wire.events.footfall import MarkKind
from tests.simulators import clips
from tests.simulators.broadcast import Broadcast, Reel, access_units, jpegs
from tests.simulators.mjpeg_camera import MjpegCamera
from tests.simulators.processes import eventually
from tests.simulators.real_data import real_file
from tests.simulators.red_coat_network import red_coats
from tests.simulators.rtp_packing import H264
from tests.simulators.rtsp_camera import RtspCamera
from tests.simulators.walkers import SIZE, Coat, Film, Walk

WIDTH, HEIGHT = SIZE
DOOR = WatchedLine("door", 0.5, 0.0, 0.5, 1.0)
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> InstalledNetwork:
    return red_coats(tmp_path_factory.mktemp("networks"))


class Viewing:
    """A watcher at work, and all that it told."""

    def __init__(self, job: Job) -> None:
        self.process = WatcherProcess(job, "red-coats@00000000")
        self.told: list[Told] = []

    def until(self, enough: Callable[[], bool], timeout_s: float = 40.0) -> bool:
        return eventually(lambda: self._hear() or enough(), timeout_s, every_s=0)

    def to_its_end(self) -> None:
        assert self.until(lambda: bool(self.told) and isinstance(self.told[-1], Ended | Failed))

    def _hear(self) -> bool:
        try:
            message = self.process.receive(0.2)
        except AgentError:
            return True
        if message is not None:
            self.told.append(message)
        return False

    @property
    def seen(self) -> list[Seen]:
        return [each for each in self.told if isinstance(each, Seen)]

    @property
    def ways(self) -> list[str]:
        return sorted(each.direction for seen in self.seen for each in seen.crossings)

    @property
    def observed_s(self) -> float:
        return sum(each.observed_s for each in self.seen)

    def fps_of_the_last(self, samples: int) -> float:
        """How often it looked lately; 0 before it has looked so often."""
        looked = 0
        for each in reversed(self.seen):
            looked += each.samples
            if looked >= samples:
                return looked / (self.seen[-1].last_s - each.first_s)
        return 0.0

    def falls_silent(self, seconds: float = 2.0) -> bool:
        """Whether it tells nothing for so long, soon."""
        since_s = deadline_s = time.monotonic()
        deadline_s += 20
        while time.monotonic() - since_s < seconds and time.monotonic() < deadline_s:
            heard = len(self.told)
            self._hear()
            since_s = since_s if heard == len(self.told) else time.monotonic()
        return time.monotonic() - since_s >= seconds

    @property
    def samples(self) -> int:
        return sum(each.samples for each in self.seen)

    def marked(self) -> set[MarkKind]:
        return {mark.kind for seen in self.seen for mark in seen.marks}


Watch = Callable[..., Viewing]


@pytest.fixture
def watch(network: InstalledNetwork) -> Iterator[Watch]:
    started: list[Viewing] = []

    def start(source: object, **wishes: Any) -> Viewing:
        job = Job(
            source=str(source),
            lines=[DOOR],
            network=network.network,
            network_file=str(network.file),
            sample_fps=5.0,
            speed=0.0,
        )
        started.append(Viewing(msgspec.structs.replace(job, **wishes)))
        return started[-1]

    yield start
    for each in started:
        each.process.end()


def visit(fps: float, *, size: tuple[int, int] = SIZE, seconds: float = 6.0) -> Film:
    """One in, one out."""
    width, height = size
    tall = round(height * 0.38)
    y = height * 0.8
    return Film(
        [
            Walk(Coat.RED, 1.0, 3.5, ((-tall, y), (width + tall, y)), tall=tall),
            Walk(Coat.BLUE, 1.5, 3.5, ((width + tall, y * 0.9), (-tall, y * 0.9)), tall=tall),
        ],
        seconds=seconds,
        fps=fps,
        size=size,
    )


def truth(film: Film) -> list[str]:
    line = Line("door", film.size[0] / 2, 0, film.size[0] / 2, film.size[1])
    return sorted(str(way) for _, way in film.crossings(line))


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
def test_the_rate_of_a_recording_changes_no_count(watch: Watch, tmp_path: Path, fps: float) -> None:
    film = visit(fps)
    viewing = watch(film.record(tmp_path / "visit.avi"))
    viewing.to_its_end()
    assert viewing.ways == truth(film) == ["in", "out"]
    assert viewing.samples == pytest.approx(30, abs=2)
    assert viewing.observed_s == pytest.approx(6.0, abs=0.4)


def test_one_picture_a_second_is_all_gap_and_counts_nobody(watch: Watch, tmp_path: Path) -> None:
    film = visit(1.0, seconds=60)
    viewing = watch(film.record(tmp_path / "slow.avi"), sample_fps=0.0)
    viewing.to_its_end()
    assert viewing.samples == 60
    assert viewing.observed_s == 0.0
    assert viewing.ways == []


def test_a_live_camera_of_one_picture_a_second_is_all_gap(watch: Watch) -> None:
    with MjpegCamera(Broadcast(jpegs(visit(1.0)))) as camera:
        viewing = watch(camera.address)
        assert viewing.until(lambda: viewing.samples >= 8)
    # ffmpeg gives the pictures by which it found out what the camera sends all at once.
    assert sum(each.observed_s for each in viewing.seen[-3:]) == 0.0
    assert viewing.ways == []


def test_a_camera_of_sixty_pictures_a_second_is_looked_at_as_often_as_wanted(watch: Watch) -> None:
    with MjpegCamera(Broadcast(jpegs(visit(60.0)))) as camera:
        viewing = watch(camera.address)
        assert viewing.until(lambda: viewing.fps_of_the_last(20) == pytest.approx(5.0, abs=1.5))


def test_a_clip_that_its_container_turns_is_counted_upright(watch: Watch, tmp_path: Path) -> None:
    upright = visit(10.0, size=(240, 320))
    lying = tmp_path / "lying.mp4"
    writer = cv2.VideoWriter(str(lying), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (320, 240))
    for picture in upright.pictures():
        writer.write(np.rot90(picture, k=1).copy())
    writer.release()
    viewing = watch(clips.turned(lying))
    viewing.to_its_end()
    opened = viewing.told[0]
    assert isinstance(opened, Opened)
    assert (opened.width, opened.height) == (240, 320)
    assert viewing.ways == truth(upright) == ["in", "out"]


def test_a_stream_whose_pictures_grow_midway_is_counted_on(watch: Watch) -> None:
    film = visit(10.0, seconds=10.0)
    pictures = list(film.pictures())
    grown = [each if n < 25 else enlarged(each, 2.0) for n, each in enumerate(pictures)]
    with MjpegCamera(Broadcast(motion_jpeg(grown, 10.0))) as camera:
        viewing = watch(camera.address, sample_fps=0.0)
        viewing.until(lambda: len(viewing.ways) == 2, 20)
    assert viewing.ways == truth(film)
    assert not any(isinstance(each, Failed) for each in viewing.told)


def enlarged(picture: Picture, by: float) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=by, fy=by), np.uint8)


def motion_jpeg(pictures: Sequence[Picture], fps: float) -> Reel:
    return Reel([cv2.imencode(".jpg", each)[1].tobytes() for each in pictures], fps)


def test_four_thousand_lines_are_counted_in_bounded_memory(watch: Watch, tmp_path: Path) -> None:
    film = visit(10.0, size=(3840, 2160))
    viewing = watch(film.record(tmp_path / "large.mp4", codec="mp4v"))
    process = psutil.Process(viewing.process.pid)
    most = 0

    def ended() -> bool:
        nonlocal most
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            most = max(most, process.memory_info().rss)
        return isinstance(viewing.told[-1], Ended | Failed) if viewing.told else False

    assert viewing.until(ended, 90)
    assert viewing.ways == truth(film) == ["in", "out"]
    assert most < 400 * MEBIBYTE


@pytest.mark.parametrize("seed", [1, 2])
def test_corrupt_packets_mark_the_time_and_never_cost_the_watcher(watch: Watch, seed: int) -> None:
    reel = access_units(real_file("video", "one-by-one-person-detection.mp4"))
    with RtspCamera(Broadcast(clips.corrupted(reel, seed)), packing=H264) as camera:
        viewing = watch(camera.address)
        assert viewing.until(
            lambda: any(MarkKind.GARBLED in each.troubles for each in viewing.seen[-1:]), 60
        )
    assert viewing.marked() == {MarkKind.GARBLED}
    # Noise in red, green or blue is nobody: the network of these tests knows coats only.
    assert viewing.ways == []


def test_sound_packets_are_not_marked(watch: Watch) -> None:
    reel = access_units(real_file("video", "one-by-one-person-detection.mp4"))
    with RtspCamera(Broadcast(reel), packing=H264) as camera:
        viewing = watch(camera.address)
        assert viewing.until(lambda: viewing.samples >= 25)
    assert viewing.marked() == set()


@pytest.mark.slow
def test_a_frozen_stream_is_marked_and_counted_as_no_gap(watch: Watch) -> None:
    film = visit(10.0, seconds=3.0)
    with RtspCamera(Broadcast(jpegs(film))) as camera:  # its last picture stays for ever
        viewing = watch(camera.address)
        assert viewing.until(lambda: viewing.marked() == {MarkKind.FROZEN}, 60)
    assert MarkKind.FROZEN in viewing.seen[-1].troubles
    [mark] = viewing.seen[-1].marks
    assert mark.end_s - mark.begin_s >= 19


def test_a_stream_that_hangs_in_a_read_is_told_and_ended(watch: Watch) -> None:
    with MjpegCamera(Broadcast(jpegs(visit(10.0)))) as camera:
        viewing = watch(camera.address)
        assert viewing.until(lambda: viewing.samples > 3)
        camera.broadcast.stall()
        assert viewing.falls_silent()
        viewing.process.end()  # as its keeper does after ``stall_s``
        assert not psutil.pid_exists(viewing.process.pid)


def test_pictures_in_a_folder_are_counted_as_the_clip_that_they_are(
    watch: Watch, tmp_path: Path
) -> None:
    film = visit(10.0)
    for number, picture in enumerate(film.pictures()):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    viewing = watch(f"{tmp_path}/%d.png", source_fps=10.0)
    viewing.to_its_end()
    assert viewing.ways == truth(film) == ["in", "out"]
    assert viewing.observed_s == pytest.approx(6.0, abs=0.4)


def test_the_rate_adapts_within_its_bounds_and_is_told(watch: Watch) -> None:
    with MjpegCamera(Broadcast(jpegs(visit(25.0)))) as camera:
        viewing = watch(camera.address, sample_fps=None, processor_share=0.01)
        assert viewing.until(lambda: bool(viewing.seen) and viewing.seen[-1].wanted_fps == 3.5, 40)
    assert {each.wanted_fps for each in viewing.seen} <= {5.0, 4.5, 4.0, 3.5}
