"""A camera goes wrong in every way we know, and the till beside it does not notice."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from structlog.testing import capture_logs

from agent.app import Agent
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.messages import Seen
from agent.config import (
    AgentConfig,
    CameraSettings,
    LineSettings,
    TabletSettings,
)
from agent.networks import NetworkCache
from agent.outbox import Inspection
from models.vision.manifest import Manifest
from models.wire.events.footfall import FootfallCounted
from tests.simulators.broadcast import Broadcast, jpegs
from tests.simulators.broker import SimulatedBroker
from tests.simulators.clips import empty, no_video, of_unknown_codec
from tests.simulators.facts import SHOP
from tests.simulators.processes import Program, eventually, words_of
from tests.simulators.red_coat_network import red_coats
from tests.simulators.rtsp_camera import RtspCamera
from tests.simulators.small_shop import SECRET, a_box, a_file_with_a_camera
from tests.simulators.stored_footfall import crossings, gaps_ms, stored_minutes
from tests.simulators.till import Player, ShopDay, SystemPlayerClock
from tests.simulators.walkers import SIZE, Coat, Film, Walk, crowd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

DOOR = LineSettings("door", (0.5, 0.0), (0.5, 1.0))
BEGIN_AT = datetime(2026, 3, 1, 9, 0, 50, tzinfo=UTC)
SALES = 50


@dataclass
class Outcome:
    """What is left of a shop day beside a broken camera."""

    minutes: list[FootfallCounted]
    lines: list[Any]

    def said(self, *events: str) -> list[str]:
        """Those of these log lines that there are, in order."""
        return [line["event"] for line in self.lines if line["event"] in events]


@pytest.fixture
def premises(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    red_coats(tmp_path / "models")
    return tmp_path


def film(folder: Path) -> Path:
    """A minute of an empty shop."""
    return Film(seconds=60.0).record(folder / "film.avi")


def a_camera(source: Path, stall_s: float = 10.0) -> CameraSettings:
    return CameraSettings(name="cam", source=str(source), stall_s=stall_s, line=(DOOR,))


def captured(config: AgentConfig) -> dict[str, int]:
    """Transactions in the outbox by kind."""
    with Inspection.open(config.outbox_file) as inspection:
        return inspection.captured()


def shop_day(folder: Path, camera: CameraSettings, harm: Callable[[Agent], None]) -> Outcome:
    """Open the shop, let the camera come to harm, sell a day's goods, close the shop.

    Every sale is captured, or this fails.
    """
    config = replace(a_box(folder), tablet=TabletSettings(enabled=False, port=0), camera=(camera,))
    installed = red_coats(folder / "expected")
    networks = NetworkCache(folder / "models", Manifest(networks=(installed.network,)))
    broker = SimulatedBroker({SHOP.device: SECRET})
    broker.kill()
    day = ShopDay(seed=11, sales=SALES)
    transport = broker.transport(SHOP.device, SECRET)
    with capture_logs() as lines, Agent(config, transport=transport, networks=networks) as agent:
        harm(agent)
        for _ in Player(folder / "till", SystemPlayerClock()).play(day.deliveries()):
            pass
        sold = day.truth.retail
        assert eventually(lambda: captured(config).get("retail") == sold, 30)
    return Outcome(stored_minutes(config.outbox_file), list(lines))


def state(agent: Agent) -> str:
    assert agent.cameras is not None
    return agent.cameras.states()[0].state


def reaches(agent: Agent, *states: str) -> None:
    assert eventually(lambda: state(agent) in states, 30), state(agent)


def the_watcher() -> psutil.Process:
    found = [
        child
        for child in psutil.Process().children(recursive=True)
        if "agent.capture.footfall.watcher" in words_of(child)
    ]
    assert len(found) == 1
    return found[0]


@pytest.fixture(autouse=True)
def expected_network(tmp_path: Path) -> None:
    (tmp_path / "expected").mkdir()


def test_a_watcher_that_is_killed_leaves_a_gap_and_comes_back(premises: Path) -> None:
    def harm(agent: Agent) -> None:
        reaches(agent, "watching")
        the_watcher().kill()
        reaches(agent, "lost")
        reaches(agent, "watching")

    outcome = shop_day(premises, a_camera(film(premises)), harm)
    assert gaps_ms(outcome.minutes)["lost"] > 0
    assert sum(minute.observed_ms for minute in outcome.minutes) > 0
    assert outcome.said("camera_lost", "camera_watching", "camera_refused") == [
        "camera_watching",
        "camera_lost",
        "camera_watching",
    ]
    [lost] = [line for line in outcome.lines if line["event"] == "camera_lost"]
    assert "signal 9" in lost["error"]


def test_a_watcher_that_hangs_is_killed_and_its_silence_is_a_gap(premises: Path) -> None:
    hung = []

    def harm(agent: Agent) -> None:
        reaches(agent, "watching")
        hung.append(the_watcher())
        hung[0].send_signal(signal.SIGSTOP)
        reaches(agent, "stalled")
        reaches(agent, "watching")

    outcome = shop_day(premises, a_camera(film(premises), stall_s=1.0), harm)
    assert not hung[0].is_running()
    assert gaps_ms(outcome.minutes)["stalled"] >= 1_000
    assert outcome.said("camera_stalled") == ["camera_stalled"]


def test_a_camera_on_the_network_vanishes_and_comes_back(
    premises: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    login = "admin:hunter2-hunter2"
    secret = premises / "login"
    secret.write_text(f"{login}\n")
    reel = jpegs(Film(seconds=2.0))
    door = RtspCamera(Broadcast(reel, login))
    camera = replace(a_camera(Path("unused")), source=door.address, login_file=secret)

    def harm(agent: Agent) -> None:
        reaches(agent, "watching")
        door.vanish()
        reaches(agent, "lost")
        with RtspCamera(Broadcast(reel, login), door.port):
            reaches(agent, "watching")

    outcome = shop_day(premises, camera, harm)
    assert gaps_ms(outcome.minutes)["lost"] > 0
    assert outcome.said("camera_lost", "camera_refused")[0] == "camera_lost"
    told = "".join(map(str, [*outcome.lines, *capfd.readouterr()]))
    assert "hunter2" not in told


# ffmpeg looks for seconds at what a camera sends before it gives a picture: nobody walks then.
BEFORE = Film(
    [
        Walk(Coat.RED, 8.0, 3.5, ((360, 200), (-40, 200))),
        Walk(Coat.GREEN, 10.0, 3.5, ((360, 180), (-40, 180))),
        Walk(Coat.BLUE, 12.5, 4.0, ((360, 220), (80, 220))),  # is before the line at the end
    ],
    seconds=14.5,
)
"""Two come in; one is about to. Its last picture stays."""

AFTER = Film(
    [
        Walk(Coat.BLUE, 0.0, 10.0, ((100, 220), (60, 220))),  # who was about to is in by now
        Walk(Coat.RED, 8.0, 3.5, ((-40, 200), (360, 200))),
        Walk(Coat.GREEN, 10.0, 3.5, ((-40, 180), (360, 180))),
    ],
    seconds=14.5,
)


class Heard:
    """What the watchers of the only camera tell, while the agent runs."""

    def __init__(self, agent: Agent) -> None:
        assert agent.cameras is not None
        self._words: list[Seen] = []
        agent.cameras.overheard("cam").listen(self._words.append)

    def ways(self) -> list[str]:
        return [each.direction for word in list(self._words) for each in word.crossings]

    def seconds(self) -> float:
        words = list(self._words)
        return words[-1].last_s - words[0].first_s if words else 0.0


def test_people_before_and_after_a_real_loss_are_counted_and_who_crossed_in_it_is_not(
    premises: Path,
) -> None:
    def harm(agent: Agent) -> None:
        before = Heard(agent)
        assert eventually(lambda: before.ways() == ["in", "in"], 60), before.ways()
        assert eventually(lambda: before.seconds() > BEFORE.seconds, 60)
        door.vanish()
        reaches(agent, "lost")
        after = Heard(agent)
        with RtspCamera(Broadcast(jpegs(AFTER)), door.port):
            assert eventually(lambda: after.ways() == ["out", "out"], 60), after.ways()
            assert eventually(lambda: after.seconds() > AFTER.seconds, 60)

    with RtspCamera(Broadcast(jpegs(BEFORE))) as door:
        camera = replace(a_camera(Path("unused")), source=door.address)
        minutes = shop_day(premises, camera, harm).minutes
    assert crossings(minutes) == (2, 2)
    assert gaps_ms(minutes)["lost"] > 0
    assert not any(minute.marks for minute in minutes)


def missing(folder: Path) -> Path:
    return folder / "nowhere.avi"


def unknown_codec(folder: Path) -> Path:
    return of_unknown_codec(Film(seconds=1.0).record(folder / "short.avi"))


@pytest.mark.parametrize("clip", [missing, empty, no_video, unknown_codec])
def test_a_clip_that_cannot_be_read_is_one_clear_line_and_a_gap(
    premises: Path, clip: Callable[[Path], Path]
) -> None:
    source = clip(premises)
    outcome = shop_day(premises, a_camera(source), lambda agent: reaches(agent, "refused"))
    [refused] = [line for line in outcome.lines if line["event"] == "camera_refused"]
    assert refused["log_level"] == "error"
    assert source.name in refused["error"]
    assert gaps_ms(outcome.minutes)["refused"] > 0
    assert all(minute.lines == [] for minute in outcome.minutes), "absent is never zero"


def test_a_network_with_other_bytes_is_never_loaded(premises: Path) -> None:
    [file] = (premises / "models").glob("*.onnx")
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    started = []

    def harm(agent: Agent) -> None:
        reaches(agent, "refused")
        started.append(
            agent.registry.get_sample_value("lianke_camera_starts_total", {"camera": "cam"})
        )

    outcome = shop_day(premises, a_camera(film(premises)), harm)
    assert started == [None], "no watcher saw these bytes"
    [refused] = [line for line in outcome.lines if line["event"] == "camera_refused"]
    assert "models pull" in refused["error"]
    assert set(gaps_ms(outcome.minutes)) == {"refused"}


def test_an_agent_killed_again_and_again_counts_a_recorded_film_once(tmp_path: Path) -> None:
    people = crowd(seed=5, people=40)
    clip = people.record(tmp_path / "crowd.avi")
    line = Line("door", SIZE[0] / 2, 0, SIZE[0] / 2, SIZE[1])
    truth = [way for _, way in people.crossings(line)]
    (tmp_path / "models").mkdir()
    file = a_file_with_a_camera(
        tmp_path, clip, f"begin_at = {BEGIN_AT.isoformat()}", "speed = 25.0"
    )
    command = [sys.executable, "-m", "tests.simulators.camera_box", str(tmp_path / "models")]
    environment = {"LIANKE_DEVICE_SECRET": SECRET}
    outbox, shown = tmp_path / "data" / "outbox.sqlite3", tmp_path / "data" / "cameras.json"

    def start() -> Program:
        return Program([*command, str(file)], tmp_path / "log", environment=environment)

    for minutes in (1, 2):
        box = start()
        box.wait_until(
            lambda n=minutes: outbox.exists() and len(stored_minutes(outbox)) >= n,  # type: ignore[misc]  # a loop's own
            "minutes",
        )
        box.kill()
    box = start()
    box.wait_until(lambda: b'"ended"' in shown.read_bytes(), "clip's end", 60)
    box.stop()
    counted = crossings(stored_minutes(outbox))
    assert counted == (truth.count(Direction.IN), truth.count(Direction.OUT))
