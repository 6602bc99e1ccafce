"""The watcher as the agent runs it: a process of its own, on clips and on cameras that fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.messages import (
    Crossed,
    Ended,
    Failed,
    FailureKind,
    Job,
    Left,
    Opened,
    Seen,
    Told,
    WatchedLine,
    encode,
    read_told,
)
from agent.networks import InstalledNetwork
from tests.simulators import clips
from tests.simulators.broadcast import Broadcast, access_units, jpegs
from tests.simulators.mjpeg_camera import MjpegCamera
from tests.simulators.processes import ROOT
from tests.simulators.real_data import real_file
from tests.simulators.red_coat_network import red_coats
from tests.simulators.rtp_packing import H264
from tests.simulators.rtsp_camera import RtspCamera
from tests.simulators.walkers import SIZE, Coat, Film, Walk, crowd

WIDTH, HEIGHT = SIZE
DOOR = WatchedLine("door", 0.5, 0.0, 0.5, 1.0)
DOOR_IN_PIXELS = Line("door", WIDTH / 2, 0, WIDTH / 2, HEIGHT)
LOGIN = "keeper:hunter2@home"
VISIT = Film(
    [
        Walk(Coat.RED, 1.0, 3.0, ((-30, 200), (WIDTH + 30, 200))),
        Walk(Coat.BLUE, 1.5, 3.0, ((WIDTH + 30, 150), (-30, 150))),
    ],
    seconds=5.5,
)

LATE_VISIT = Film(
    [Walk(each.coat, each.begin_s + 6.0, each.seconds, each.path) for each in VISIT.walks],
    seconds=11.5,
)
"""A viewer by ffmpeg takes two seconds to find out what an RTSP camera sends; on a machine that is
busy with other tests, more."""

Camera = RtspCamera | MjpegCamera


class Watcher:
    """The process, its job handed over, and what it tells."""

    def __init__(self, job: Job, log: Path) -> None:
        self.log = log
        self.home = log.parent / "home"
        self.home.mkdir(exist_ok=True)
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "agent.capture.footfall.watcher"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env={**os.environ, "HOME": str(self.home), "ORT_DISABLE_TELEMETRY": ""},
            )
        assert self.process.stdin is not None
        self.process.stdin.write(encode(job))
        self.process.stdin.flush()

    def told(self) -> Iterator[Told]:
        """Everything it says until it leaves."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield read_told(line)

    def told_until(self, enough: Callable[[Told], bool]) -> list[Told]:
        """What it says up to a message, or to its end."""
        heard = []
        for message in self.told():
            heard.append(message)
            if enough(message):
                break
        return heard

    def last_words(self) -> Failed:
        """Why it failed; it has left with exit code 1 then."""
        *_, last = self.told()
        assert isinstance(last, Failed)
        assert self.process.wait(30) == 1
        return last


Watch = Callable[..., Watcher]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> InstalledNetwork:
    return red_coats(tmp_path_factory.mktemp("networks"))


@pytest.fixture
def watch(network: InstalledNetwork, tmp_path: Path) -> Iterator[Watch]:
    started: list[Watcher] = []

    def start(source: object, **wishes: Any) -> Watcher:
        job = Job(
            source=str(source),
            network=wishes.pop("network", network.network),
            network_file=str(network.file),
            lines=wishes.pop("lines", [DOOR]),
            **wishes,
        )
        started.append(Watcher(job, tmp_path / f"watcher-{len(started)}.log"))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()
        for pipe in (each.process.stdin, each.process.stdout):
            assert pipe is not None
            with_no_reader_left(pipe.close)


def with_no_reader_left(close: Callable[[], None]) -> None:
    """Closing flushes what a dead process never read."""
    try:
        close()
    except BrokenPipeError:
        return


@contextmanager
def on_air(kind: type[Camera], film: Film = VISIT, login: str = "") -> Iterator[Camera]:
    with kind(Broadcast(jpegs(film), login)) as camera:
        yield camera


def crossings(told: list[Told]) -> list[Crossed]:
    return [each for message in told if isinstance(message, Seen) for each in message.crossings]


def directions(told: list[Told]) -> list[str]:
    return sorted(each.direction for each in crossings(told))


def is_first_sight(message: Told) -> bool:
    return isinstance(message, Seen | Failed)


@pytest.mark.parametrize("sample_fps", [0.0, 5.0])
def test_everybody_of_a_clip_is_counted_once_and_at_the_right_time(
    watch: Watch, tmp_path: Path, sample_fps: float
) -> None:
    film = crowd(seed=5)
    told = list(watch(film.record(tmp_path / "c.avi"), sample_fps=sample_fps, speed=0).told())
    assert isinstance(told[0], Opened)
    assert (told[0].width, told[0].height, told[0].fps) == (*SIZE, 10.0)
    assert told[-1] == Ended(truncated=False, pictures=film.frames)
    counted = sorted((each.at_s, each.direction) for each in crossings(told))
    truth = film.crossings(DOOR_IN_PIXELS)
    assert [direction for _, direction in counted] == [direction for _, direction in truth]
    assert [at_s for at_s, _ in counted] == pytest.approx([at_s for at_s, _ in truth], abs=0.1)
    seen = [each for each in told if isinstance(each, Seen)]
    assert sum(each.observed_s for each in seen) == pytest.approx(film.seconds, abs=0.3)


def test_a_clip_plays_as_fast_as_it_was_recorded(watch: Watch, tmp_path: Path) -> None:
    watcher = watch(Film(seconds=4.0).record(tmp_path / "empty-shop.avi"), speed=1)
    began_s = 0.0
    for message in watcher.told():
        if isinstance(message, Opened):
            began_s = time.monotonic()
    assert 1.5 < time.monotonic() - began_s < 20, "at once it would be over in no time"


def test_a_clip_that_was_cut_off_is_counted_to_its_break(watch: Watch, tmp_path: Path) -> None:
    clip = clips.cut_off(VISIT.record(tmp_path / "visit.avi"), 0.3)
    *_, last = watch(clip, speed=0).told()
    assert isinstance(last, Ended)
    assert last.truncated
    assert 0 < last.pictures < VISIT.frames


def test_what_will_never_work_is_told_in_one_line_by_its_kind(
    watch: Watch, network: InstalledNetwork, tmp_path: Path
) -> None:
    clip = VISIT.record(tmp_path / "visit.avi")
    outside = WatchedLine("window", 0.5, 0.0, 1.5, 1.0)
    other = msgspec.structs.replace(network.network, sha256="0" * 64)
    refused = {
        FailureKind.UNREADABLE: watch(clips.empty(tmp_path)),
        FailureKind.BAD_LINE: watch(clip, lines=[outside]),
        FailureKind.NETWORK: watch(clip, network=other),
    }
    for kind, watcher in refused.items():
        failure = watcher.last_words()
        assert failure.kind is kind
        assert "\n" not in failure.message


@pytest.mark.parametrize("kind", [RtspCamera, MjpegCamera])
def test_people_before_a_live_camera_are_counted(watch: Watch, kind: type[Camera]) -> None:
    with on_air(kind, LATE_VISIT, LOGIN) as camera:
        watcher = watch(camera.address, login=LOGIN, sample_fps=10)
        told: list[Told] = []
        ages_s: list[float] = []
        for message in watcher.told():
            told.append(message)
            ages_s += [time.monotonic() - each.at_s for each in crossings([message])]
            if len(ages_s) == len(LATE_VISIT.walks) or isinstance(message, Failed):
                break
    assert directions(told) == ["in", "out"]
    assert all(0 <= age_s < 10 for age_s in ages_s), ages_s


def test_a_camera_that_sends_h264_is_watched(watch: Watch) -> None:
    reel = access_units(real_file("video", "one-by-one-person-detection.mp4"))
    with RtspCamera(Broadcast(reel), packing=H264) as camera:
        watcher = watch(camera.address)
        told: list[Told] = []
        for message in watcher.told():
            told.append(message)
            if len(told) > 3 or isinstance(message, Failed):
                break
    assert isinstance(told[0], Opened)
    assert (told[0].width, told[0].height) == (768, 432)
    assert sum(each.samples for each in told if isinstance(each, Seen)) >= 3


@pytest.mark.parametrize("kind", [RtspCamera, MjpegCamera])
def test_a_camera_that_vanishes_is_lost_and_can_be_watched_again(
    watch: Watch, kind: type[Camera]
) -> None:
    with on_air(kind) as camera:
        watcher = watch(camera.address)
        watcher.told_until(is_first_sight)
        camera.vanish()
        assert watcher.last_words().kind is FailureKind.LOST
        assert watch(camera.address).last_words().kind is FailureKind.LOST
        with kind(camera.broadcast, camera.port):
            *_, sight = watch(camera.address).told_until(is_first_sight)
        assert isinstance(sight, Seen)


@pytest.mark.slow
def test_a_camera_that_falls_silent_is_lost(watch: Watch) -> None:
    with on_air(RtspCamera) as camera:
        watcher = watch(camera.address)
        watcher.told_until(is_first_sight)
        camera.broadcast.stall()
        assert watcher.last_words().kind is FailureKind.LOST


@pytest.mark.parametrize("kind", [RtspCamera, MjpegCamera])
def test_a_login_is_in_no_message_and_no_log(watch: Watch, kind: type[Camera]) -> None:
    with on_air(kind, login="somebody:else") as camera:
        address = camera.address.replace("//", "//keeper:hunter2@")
        watcher = watch(f"{address}?token=hunter2", login=LOGIN)
        failure = watcher.last_words()
    assert failure.kind is FailureKind.LOST
    assert camera.address in failure.message
    log = watcher.log.read_text()
    assert "watching_failed" in log
    assert "hunter2" not in failure.message + log
    assert len(log.splitlines()) == 1


def at_work(watch: Watch, tmp_path: Path) -> Watcher:
    """A watcher with a long time to go."""
    watcher = watch(Film(seconds=60).record(tmp_path / "night.avi"), speed=1)
    watcher.told_until(is_first_sight)
    return watcher


def test_a_watcher_leaves_with_the_agent(watch: Watch, tmp_path: Path) -> None:
    watcher = at_work(watch, tmp_path)
    assert watcher.process.stdin is not None
    watcher.process.stdin.close()
    assert watcher.process.wait(20) == 0


def test_a_watcher_leaves_when_nobody_listens(watch: Watch, tmp_path: Path) -> None:
    watcher = at_work(watch, tmp_path)
    assert watcher.process.stdout is not None
    watcher.process.stdout.close()
    assert watcher.process.wait(20) == 0


def test_a_watcher_that_is_told_to_end_ends_at_once(watch: Watch, tmp_path: Path) -> None:
    watcher = at_work(watch, tmp_path)
    watcher.process.send_signal(signal.SIGINT)  # meant for the agent, at a terminal
    watcher.told_until(is_first_sight)
    assert watcher.process.poll() is None
    watcher.process.terminate()
    assert watcher.process.wait(20) == 0
    *_, last = watcher.told()
    assert last == Left()


def test_a_watcher_of_files_can_open_no_connection(watch: Watch, tmp_path: Path) -> None:
    watcher = at_work(watch, tmp_path)
    assert set(filtered(watcher).values()) == {True}


@pytest.mark.parametrize("kind", [RtspCamera, MjpegCamera])
def test_before_a_camera_only_those_who_fetch_pictures_have_a_connection(
    watch: Watch, kind: type[Camera]
) -> None:
    with on_air(kind, LATE_VISIT) as camera:
        watcher = watch(camera.address, sample_fps=10)
        watcher.told_until(is_first_sight)
        threads = filtered(watcher)
        assert threads[watcher.process.pid], "the network's thread"
        assert not all(threads.values()), "or no picture could come"


def filtered(watcher: Watcher) -> dict[int, bool]:
    """Of each thread, whether the kernel filters its calls (proc(5), Seccomp: 2)."""
    found: dict[int, bool] = {}
    for task in Path(f"/proc/{watcher.process.pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            found[int(task.name)] = "Seccomp:\t2" in (task / "status").read_text()
    return found


def test_a_watcher_steps_back_and_keeps_its_pictures_to_itself(
    watch: Watch, tmp_path: Path
) -> None:
    watcher = at_work(watch, tmp_path)
    process = psutil.Process(watcher.process.pid)
    assert process.nice() >= 5
    assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    written = [each.path for each in process.open_files() if each.mode != "r"]
    assert written == [str(watcher.log)] * len(written)
    assert process.net_connections() == []
    assert not process.children()
    assert not list(watcher.home.rglob("*"))
