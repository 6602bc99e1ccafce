"""A whole agent with a camera: a real watcher looks at a film, and minutes reach the outbox."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import requests

from agent.app import Agent
from agent.capture.footfall.counting.line import Direction, Line
from agent.config import (
    AgentConfig,
    CameraSettings,
    LineSettings,
    StaffSettings,
    TillSettings,
    VisionSettings,
    ZoneSettings,
)
from agent.health.check import Verdict
from agent.health.checks.camera import cameras_present
from agent.health.checks.network import network_ready
from agent.health.status import read_status, render
from agent.networks import NetworkCache
from models.vision.manifest import Manifest
from models.wire.events.footfall import ZoneKind
from models.wire.events.footfall_sum import summed
from tests.simulators.broker import SimulatedBroker
from tests.simulators.facts import SHOP
from tests.simulators.head_office import NAME, PASSWORD, HeadOffice
from tests.simulators.processes import ROOT, Program, eventually, runs, words_of
from tests.simulators.red_coat_network import red_coats
from tests.simulators.small_shop import SECRET, a_box, a_file_with_a_camera
from tests.simulators.stored_footfall import crossings, gaps_ms, stored_minutes
from tests.simulators.walkers import SIZE, Coat, Film, Walk

LOGINS = {SHOP.device: SECRET, NAME: PASSWORD}
BEGIN_AT = datetime(2026, 3, 1, 9, 0, 57, tzinfo=UTC)
DOOR = LineSettings("door", (0.5, 0.0), (0.5, 1.0))
FILM = Film(
    [
        Walk(Coat.RED, 0.5, 4.0, ((360, 200), (-40, 200))),
        Walk(Coat.GREEN, 1.5, 4.0, ((-40, 180), (360, 180))),
        Walk(Coat.BLUE, 2.5, 4.0, ((360, 220), (-40, 220))),
    ],
    seconds=8.0,
)


@pytest.fixture
def networks(tmp_path: Path) -> NetworkCache:
    folder = tmp_path / "models"
    folder.mkdir()
    return NetworkCache(folder, Manifest(networks=(red_coats(folder).network,)))


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    film = FILM.record(tmp_path / "film.avi")
    return replace(
        a_box(tmp_path),
        till=TillSettings(),
        camera=(CameraSettings(name="cam", source=str(film), sample_fps=0.0, line=(DOOR,)),),
        vision=VisionSettings(models_dir=tmp_path / "models"),
    )


def recorded(config: AgentConfig) -> AgentConfig:
    [camera] = config.camera
    return replace(config, camera=(replace(camera, begin_at=BEGIN_AT, speed=0.0),))


def an_agent(config: AgentConfig, networks: NetworkCache) -> Agent:
    broker = SimulatedBroker(LOGINS)
    HeadOffice(broker)
    return Agent(config, transport=broker.transport(SHOP.device, SECRET), networks=networks)


def state(agent: Agent) -> str:
    assert agent.cameras is not None
    [camera] = agent.cameras.states()
    return camera.state


def shown(config: AgentConfig) -> list[str]:
    """The cameras' states as they stand in the file."""
    return [camera.state for camera in read_status(config).cameras]


def metrics(agent: Agent) -> str:
    assert agent.tablet is not None
    return requests.get(f"{agent.tablet.url}/metrics", timeout=30).text


def truth() -> tuple[int, int]:
    line = Line("door", SIZE[0] / 2, 0, SIZE[0] / 2, SIZE[1])
    ways = [way for _, way in FILM.crossings(line)]
    return ways.count(Direction.IN), ways.count(Direction.OUT)


def watchers_of(pid: int) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(pid).children(recursive=True)
        if "agent.capture.footfall.watcher" in words_of(child)
    ]


def test_a_recorded_film_is_counted_in_the_minutes_of_its_recording(
    config: AgentConfig, networks: NetworkCache
) -> None:
    config = recorded(config)
    with an_agent(config, networks) as agent:
        assert eventually(lambda: shown(config) == ["ended"])
        assert eventually(lambda: 'camera_state{camera="cam",state="ended"} 1.0' in metrics(agent))
        status, numbers = read_status(config), metrics(agent)
    minutes = stored_minutes(config.outbox_file)
    assert crossings(minutes) == truth() == (2, 1)
    first = BEGIN_AT.replace(second=0)
    assert [minute.begin_at for minute in minutes] == [first, first + timedelta(minutes=1)]
    assert [minute.observed_ms for minute in minutes] == [3_000, 4_900]
    assert {minute.network[:10] for minute in minutes} == {"red-coats@"}
    assert {minute.rule for minute in minutes} - {""}
    assert 'lianke_footfall_crossings_total{camera="cam",direction="in"} 2.0' in numbers
    assert "camera       cam: ended for" in render(status)


FLOOR = ZoneSettings("floor", ZoneKind.DWELL, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
SHELF = ZoneSettings("shelf", ZoneKind.DWELL, ((0.0, 0.0), (1.0, 0.0), (1.0, 0.2), (0.0, 0.2)))


def test_zones_and_groups_reach_the_outbox(config: AgentConfig, networks: NetworkCache) -> None:
    config = recorded(config)
    [camera] = config.camera
    config = replace(config, camera=(replace(camera, zone=(FLOOR, SHELF)),))
    with an_agent(config, networks) as agent:
        assert eventually(lambda: state(agent) == "ended", 30)
    whole = summed(stored_minutes(config.outbox_file))
    floor, shelf = whole.zones
    assert floor.person_ms == pytest.approx(1000 * FILM.person_s(), rel=0.1)
    assert floor.most == 3
    assert (shelf.zone, shelf.person_ms, shelf.most) == ("shelf", 0, 0)
    assert sum(ms for _, ms in whole.heat) == pytest.approx(floor.person_ms, rel=0.05)
    [door] = whole.lines
    assert (door.ingress, door.groups_in, door.staff_ingress) == (2, 2, 0)
    assert whole.analyses


def test_in_the_staffs_hours_of_the_shops_clock_they_are_staff_who_come(
    config: AgentConfig, networks: NetworkCache
) -> None:
    config = recorded(config)
    [camera] = config.camera
    hours = StaffSettings(hours=(("17:01", "17:05"),))  # of Shanghai, the second of two minutes
    config = replace(config, camera=(replace(camera, staff=hours),))
    with an_agent(config, networks) as agent:
        assert eventually(lambda: state(agent) == "ended", 30)
    minutes = stored_minutes(config.outbox_file)
    lines = [minute.lines[0] for minute in minutes]
    assert [line.staff_ingress for line in lines] == [0, lines[1].ingress]
    assert lines[1].ingress > 0
    assert summed(minutes).lines[0].ingress == truth()[0]


def test_a_film_that_was_told_is_not_told_again_after_a_restart(
    config: AgentConfig, networks: NetworkCache
) -> None:
    config = recorded(config)
    for _ in range(2):
        with an_agent(config, networks) as agent:
            assert eventually(lambda agent=agent: state(agent) == "ended", 30)  # type: ignore[misc]  # a loop's own
    assert crossings(stored_minutes(config.outbox_file)) == truth()


def test_a_film_of_now_plays_at_its_own_pace_and_its_end_is_a_gap(
    config: AgentConfig, networks: NetworkCache
) -> None:
    began_at = datetime.now(UTC)
    with an_agent(config, networks) as agent:
        assert eventually(lambda: state(agent) == "watching", 30)
        watched_at = datetime.now(UTC)
        assert eventually(lambda: state(agent) == "ended", 30)
    minutes = stored_minutes(config.outbox_file)
    assert crossings(minutes) == truth()
    observed_ms = sum(minute.observed_ms for minute in minutes)
    assert observed_ms + gaps_ms(minutes).get("slow", 0) == pytest.approx(7_900, abs=300)
    assert set(gaps_ms(minutes)) <= {"starting", "ended", "slow"}
    assert began_at.replace(second=0, microsecond=0) <= minutes[0].begin_at <= watched_at


def test_the_doctor_knows_cameras_and_networks(config: AgentConfig, tmp_path: Path) -> None:
    assert cameras_present(config).verdict is Verdict.OK
    assert "models pull" in network_ready(config).message
    [camera] = config.camera
    away = replace(config, camera=(replace(camera, source=str(tmp_path / "away.avi")),))
    assert "there is no clip" in cameras_present(away).message
    secret = tmp_path / "login"
    secret.write_text("user:password")
    secret.chmod(0o644)
    stream = replace(camera, source="rtsp://127.0.0.1:9/main", login_file=secret)
    assert "chmod 600" in cameras_present(replace(config, camera=(stream,))).message
    secret.chmod(0o600)
    finding = cameras_present(replace(config, camera=(stream,)))
    assert "127.0.0.1:9 does not answer" in finding.message
    assert "password" not in finding.message
    bare = replace(config, camera=())
    assert cameras_present(bare).verdict is network_ready(bare).verdict is Verdict.OK


def test_a_watcher_gets_no_secret_and_does_not_outlive_a_killed_agent(
    config: AgentConfig, tmp_path: Path
) -> None:
    [camera] = config.camera
    file = a_file_with_a_camera(tmp_path, Path(camera.source))
    folder = tmp_path / "models"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.simulators.camera_box", str(folder), str(file)]
    secrets = {"LIANKE_DEVICE_SECRET": SECRET, "https_proxy": "http://127.0.0.1:9"}
    box = Program(command, tmp_path / "log", environment=secrets)
    try:
        box.wait_until(lambda: bool(watchers_of(box.pid)), "watcher")
        [watcher] = watchers_of(box.pid)
        environment = watcher.environ()
        assert not {name for name in environment if "LIANKE" in name or "proxy" in name.lower()}
        assert str(camera.source) not in " ".join(watcher.cmdline())
        box.kill()
        assert eventually(lambda: not runs(watcher.pid))
    finally:
        box.kill()


def test_an_agent_without_a_camera_loads_nothing_of_it() -> None:
    asked = (
        "import sys; import agent.app; "
        "heavy = {'numpy', 'cv2', 'onnxruntime', 'scipy', 'onnx', 'agent.capture.footfall.keeper', "
        "'agent.networks', 'models.vision.manifest', "
        "'agent.tablet.setup', 'agent.twin.drawings', 'models.wire.drawing'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = psutil.Popen([sys.executable, "-c", asked], stdout=-1, cwd=ROOT)
    out, _ = done.communicate(timeout=30)
    assert out.decode().strip() == "[]"
