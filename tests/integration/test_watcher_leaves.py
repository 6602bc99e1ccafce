"""A watcher that is told to stop says its last verdicts first: the cut is a clean one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
import requests

from agent.capture.footfall.counting.facts import Presence
from agent.capture.footfall.diary import LiveDiary
from agent.capture.footfall.messages import (
    Ended,
    Failed,
    Job,
    Left,
    Opened,
    Seen,
    Told,
    WatchedLine,
    WatchedZone,
    encode,
    read_told,
)
from agent.capture.footfall.recorder import event_of
from agent.capture.footfall.tally import Places
from agent.networks import InstalledNetwork
from models.wire.events.footfall import FootfallCounted, LineKind, ZoneKind
from models.wire.events.footfall_sum import summed
from tests.simulators.broadcast import Broadcast, jpegs
from tests.simulators.clocks import HandClock
from tests.simulators.cut_clip import told_of_the_first
from tests.simulators.processes import ROOT, Program, eventually, free_port, runs
from tests.simulators.red_coat_network import red_coats
from tests.simulators.rtsp_camera import RtspCamera
from tests.simulators.small_shop import SECRET, a_file
from tests.simulators.stored_footfall import gaps_ms, stored_minutes
from tests.simulators.walkers import Coat, Film, Walk

WATCHER = "agent.capture.footfall.watcher"
LINES = [WatchedLine("door", 0.5, 0.0, 0.5, 1.0)]
ZONES = [
    WatchedZone("floor", ZoneKind.DWELL, [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]),
    WatchedZone("behind", ZoneKind.STAFF, [(0.8, 0.0), (1.0, 0.0), (1.0, 0.6), (0.8, 0.6)]),
]
FILM = Film(
    [
        Walk(Coat.RED, 0.5, 4.0, ((360, 200), (-40, 200))),
        Walk(Coat.BLUE, 0.5, 4.0, ((360, 230), (-40, 230))),  # beside the first one: a group
        Walk(Coat.GREEN, 1.0, 6.0, ((290, 140), (-40, 190))),  # from behind the till
        Walk(Coat.YELLOW, 5.5, 4.0, ((-40, 220), (360, 220))),
    ],
    seconds=60.0,  # nobody is so slow that it ends before the stop
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> InstalledNetwork:
    return red_coats(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="module")
def job(network: InstalledNetwork, tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(
        source=str(FILM.record(tmp_path_factory.mktemp("films") / "film.avi")),
        lines=LINES,
        zones=ZONES,
        network=network.network,
        network_file=str(network.file),
        sample_fps=0.0,
        speed=2.0,
    )


class Watching:
    """The process, and all that it has said so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.told: list[Told] = []
        assert process.stdout is not None
        self._lines = iter(process.stdout)

    def until(self, enough: Callable[[Told], bool]) -> None:
        """Listen until it says this, or has nothing more to say."""
        for line in self._lines:
            self.told.append(read_told(line))
            if enough(self.told[-1]):
                return

    def stopped(self) -> int:
        """Tell it to stop, and listen to its end; its exit code."""
        self.process.terminate()
        self.until(lambda _: False)
        return self.process.wait(30)


@contextmanager
def a_watcher(job: Job) -> Iterator[Watching]:
    command = [sys.executable, "-m", "agent.capture.footfall.watcher"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(encode(job))
            process.stdin.flush()
            yield Watching(process)
        finally:
            process.kill()


def samples(told: list[Told]) -> int:
    return sum(each.samples for each in told if isinstance(each, Seen))


@pytest.mark.parametrize("at_s", [0.6, 2.6, 3.3, 5.2])
def test_what_is_told_is_all_that_its_pictures_say_to_the_last_one(job: Job, at_s: float) -> None:
    """Word for word what is told of a clip that ends there."""
    with a_watcher(job) as watching:
        watching.until(lambda told: isinstance(told, Seen) and told.last_s >= at_s)
        assert watching.stopped() == 0
    *told, last = watching.told
    assert last == Left()
    assert 0 < samples(told) < FILM.frames
    *whole, ended = told_of_the_first(samples(told), job)
    assert isinstance(ended, Ended)
    assert told == whole
    assert [each.closing for each in told if isinstance(each, Seen)].count(True) <= 1


def test_somebody_in_view_at_the_stop_is_told_of_up_to_the_last_picture(job: Job) -> None:
    with a_watcher(job) as watching:
        watching.until(lambda told: isinstance(told, Seen) and told.last_s >= 3.0)
        watching.stopped()
    seen = [each for each in watching.told if isinstance(each, Seen)]
    there = [fact for each in seen for fact in each.facts if isinstance(fact, Presence)]
    assert there[-1].at_s == seen[-1].last_s
    crossed = [each for message in seen for each in message.crossings]
    settled = [each for message in seen for each in message.settled]
    assert len(settled) == len(crossed) > 0


@pytest.mark.parametrize("silent", [False, True], ids=["that sends", "that has fallen silent"])
def test_a_watcher_of_a_live_camera_leaves_without_waiting_for_a_picture(
    job: Job, silent: bool
) -> None:
    with RtspCamera(Broadcast(jpegs(FILM))) as camera:
        live: dict[str, Any] = {"source": camera.address, "sample_fps": 10.0}
        with a_watcher(msgspec.structs.replace(job, **live)) as watching:
            watching.until(lambda told: isinstance(told, Seen | Failed))
            if silent:
                camera.broadcast.stall()
            assert watching.stopped() == 0
    assert isinstance(watching.told[0], Opened)
    assert watching.told[-1] == Left()


def test_a_watcher_to_whom_nobody_listens_leaves_as_well(job: Job) -> None:
    with a_watcher(job) as watching:
        watching.until(lambda told: isinstance(told, Opened))
        assert watching.process.stdout is not None
        watching.process.stdout.close()
        watching.process.terminate()
        assert watching.process.wait(30) == 0


def a_configuration(folder: Path, job: Job, port: int) -> Path:
    zones = [
        line
        for zone in ZONES
        for line in (
            "[[camera.zone]]",
            f'name = "{zone.name}"',
            f'kind = "{zone.kind}"',
            f"corners = {[list(corner) for corner in zone.corners]}",
        )
    ]
    camera = ("[[camera]]", 'name = "cam"', f'source = "{job.source}"', "sample_fps = 0.0")
    door = ("[[camera.line]]", 'name = "door"', "begin = [0.5, 0.0]", "end = [0.5, 1.0]")
    return a_file(folder, "[tablet]", f"port = {port}", *camera, *door, *zones)


def looked_at(port: int) -> float:
    """Pictures that the running agent has heard of."""
    try:
        metrics = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except requests.ConnectionError:
        return 0.0
    found = [each for each in metrics.splitlines() if "footfall_samples_total{" in each]
    return sum(float(each.rpartition(" ")[2]) for each in found)


def reckoned(told: list[Told]) -> FootfallCounted:
    """What a diary makes of it."""
    clock = HandClock()
    places = Places({"door": LineKind.ENTRANCE}, {"floor": ZoneKind.DWELL})
    diary = LiveDiary(places, clock, own_time=True)
    for message in told:
        if isinstance(message, Opened):
            diary.opened(message, "red-coats")
            clock.move(FILM.seconds)
        elif isinstance(message, Seen):
            diary.seen(message)
    return summed([event_of("cam", minute, "", "") for minute in diary.close()])


@contextmanager
def an_agent(job: Job, folder: Path, pictures: int) -> Iterator[Program]:
    """One that has heard of so many pictures of the film."""
    port = free_port()
    config = a_configuration(folder, job, port)
    (folder / "models").mkdir()
    command = [sys.executable, "-m", "tests.simulators.camera_box", str(folder / "models")]
    secret = {"LIANKE_DEVICE_SECRET": SECRET}
    box = Program([*command, str(config)], folder / "log", environment=secret)
    try:
        box.wait_until(lambda: looked_at(port) >= pictures, "pictures", timeout_s=90.0)
        yield box
    finally:
        box.kill()


def told_by(folder: Path) -> list[FootfallCounted]:
    return stored_minutes(folder / "data" / "outbox.sqlite3")


def test_an_agent_stopped_in_mid_clip_tells_what_an_uninterrupted_count_has_by_then(
    job: Job, tmp_path: Path
) -> None:
    with an_agent(job, tmp_path, pictures=36) as box:
        assert box.stop() == 0
    minutes = told_by(tmp_path)
    whole = summed(minutes)
    assert 36 <= whole.samples < FILM.frames
    uninterrupted = reckoned(told_of_the_first(whole.samples, job))
    assert whole.lines == uninterrupted.lines
    assert whole.lines[0].ingress >= 2
    assert whole.lines[0].groups_in >= 1
    [floor], [there] = whole.zones, uninterrupted.zones
    assert (floor.most, floor.stays, floor.cut) == (there.most, there.stays, there.cut)
    # Milliseconds are rounded once more where the run lies in two minutes.
    assert floor.person_ms == pytest.approx(there.person_ms, abs=1)
    assert floor.staff_ms == pytest.approx(there.staff_ms, abs=1)
    warm = dict(uninterrupted.heat)
    assert dict(whole.heat).keys() == warm.keys()
    assert all(ms == pytest.approx(warm[cell], abs=1) for cell, ms in whole.heat)
    assert "lost" not in gaps_ms(minutes)
    assert "camera_left_unheard" not in box.log.read_text()


def test_an_agent_stopped_while_its_watcher_hangs_tells_a_gap_and_no_half(
    job: Job, tmp_path: Path
) -> None:
    with an_agent(job, tmp_path, pictures=36) as box:
        children = psutil.Process(box.pid).children(recursive=True)
        [watcher] = [each for each in children if WATCHER in each.cmdline()]
        watcher.suspend()
        assert box.stop() == 0
        assert eventually(lambda: not runs(watcher.pid))
    minutes = told_by(tmp_path)
    whole = summed(minutes)
    assert whole.observed_ms <= 100 * whole.samples - 2_400
    assert gaps_ms(minutes)["ended"] >= 2_500
    seen = [each for each in told_of_the_first(whole.samples, job) if isinstance(each, Seen)]
    crossed = [each for told in seen for each in told.crossings if each.direction == "in"]
    judged = [each for each in crossed if each.at_s <= seen[-1].last_s - 2.5]
    assert whole.lines[0].ingress == len(judged), "who crossed later lies in the gap"
    assert "camera_left_unheard" in box.log.read_text()
