"""``lianke-agent audit record`` without a clip: it waits for the camera's first picture."""

from __future__ import annotations

import fcntl
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.capture.footfall.noticeboard import Noticeboard
from agent.cli.audit import audit_app
from agent.cli.live_audit import show_the_way
from agent.config import AgentConfig, SetupSettings, read_config
from agent.errors import BadConfiguration, DiskUnusable, FaultyDevice, InvalidInput
from models.wire.events.device import CameraState
from tests.simulators.clocks import HandClock
from tests.simulators.small_shop import a_file_with_a_camera


class Meanwhile(HandClock):
    """Something happens while somebody waits."""

    def __init__(self, *deeds: Callable[[], object]) -> None:
        super().__init__()
        self._deeds = list(deeds)

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        self._deeds.pop(0)()
        return super().wait(event, timeout_s)


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    settings = read_config(a_file_with_a_camera(tmp_path, tmp_path / "door.avi"))
    settings.device.data_dir.mkdir()
    return settings


@contextmanager
def a_running_agent(config: AgentConfig) -> Iterator[Callable[[str], None]]:
    """One that holds the outbox, and shows how its camera does."""

    def shows(state: str) -> None:
        told = CameraState(
            name="cam", state=state, since_s=0.0, sampled_fps=0.0, wanted_fps=5.0, troubled_s=0.0
        )
        Noticeboard(config.cameras_file, lambda: [told]).post()

    with config.outbox_file.with_name(f"{config.outbox_file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield shows


def test_the_address_comes_when_the_camera_shows_something(config: AgentConfig) -> None:
    said = io.StringIO()
    with a_running_agent(config) as shows:
        clock = Meanwhile(lambda: None, lambda: shows("lost"), lambda: shows("watching"))
        shows("starting")
        show_the_way(config, "cam", said, clock)
    waited, address, asks = said.getvalue().splitlines()
    assert waited == "cam is starting: waiting for its first picture"
    assert address == f"open http://127.0.0.1:{config.tablet.port}/setup/cameras/cam/audit"
    assert "PIN" in asks
    assert len(clock.waits_s) == 3


def test_a_camera_that_shows_something_is_not_waited_for(config: AgentConfig) -> None:
    said = io.StringIO()
    with a_running_agent(config) as shows:
        shows("watching")
        show_the_way(config, "cam", said, Meanwhile())
    assert said.getvalue().startswith("open http://")


def test_one_that_has_said_nothing_yet_is_waited_for(config: AgentConfig) -> None:
    said = io.StringIO()
    with a_running_agent(config) as shows:
        show_the_way(config, "cam", said, Meanwhile(lambda: shows("watching")))
    assert said.getvalue().startswith("cam is not started: waiting")


def test_without_an_agent_there_is_nothing_to_wait_for(config: AgentConfig) -> None:
    with pytest.raises(FaultyDevice, match="no agent runs"):
        show_the_way(config, "cam", io.StringIO(), Meanwhile())


def test_states_that_are_not_to_be_read_are_not_waited_for(config: AgentConfig) -> None:
    with a_running_agent(config):
        config.cameras_file.write_bytes(b"?")
        with pytest.raises(DiskUnusable, match="as the agent does"):
            show_the_way(config, "cam", io.StringIO(), Meanwhile())


def test_a_box_without_the_page_says_what_to_set(config: AgentConfig) -> None:
    off = replace(config, setup=SetupSettings(enabled=False))
    with pytest.raises(BadConfiguration, match=r"setup\.enabled"):
        show_the_way(off, "cam", io.StringIO(), Meanwhile())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give a clip, or --camera"),
        (["--camera", "cam", "--by", "me"], "are for a clip"),
        (["door.avi", "--camera", "cam"], "Give --out"),
    ],
)
def test_what_is_missing_is_said(words: list[str], said: str) -> None:
    done = CliRunner().invoke(audit_app, ["record", *words])
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_a_camera_that_the_box_does_not_have_is_said(config: AgentConfig) -> None:
    file = config.device.data_dir.parent / "agent.toml"
    done = CliRunner().invoke(
        audit_app, ["record", "--camera", "away", "--config", str(file)], catch_exceptions=True
    )
    assert isinstance(done.exception, InvalidInput)
    assert "no camera 'away'" in str(done.exception)
