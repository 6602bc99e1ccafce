"""What a keeper may rely on: the scripted watcher of the unit tests and a real process, alike."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agent.capture.footfall.messages import Ended, Failed, Job, Left, Told, WatchedLine, encode
from agent.capture.footfall.process import Watcher, WatcherProcess, watcher_environment
from agent.errors import CameraLost
from models.vision.manifest import read_manifest
from tests.simulators.clocks import HandClock
from tests.simulators.processes import ROOT, eventually, runs
from tests.simulators.scripted_watcher import NETWORK, Deed, ScriptedWatcher, opened, seen

PROGRAM = ROOT / "tests" / "simulators" / "watcher_program.py"
MANIFEST = read_manifest()
Make = Callable[[Sequence[Deed]], Watcher]


def a_job() -> Job:
    return Job(
        source="door.avi",
        lines=[WatchedLine("door", 0.5, 0.0, 0.5, 1.0)],
        network=MANIFEST.networks[0],
        network_file="door.onnx",
        login="user:password",
    )


def a_process(*words: str, patience_s: float = 5.0) -> WatcherProcess:
    program = [sys.executable, "-I", str(PROGRAM), *words]
    return WatcherProcess(a_job(), NETWORK, patience_s=patience_s, program=program)


def scripted(deeds: Sequence[Deed]) -> Watcher:
    return ScriptedWatcher(HandClock(), deeds, lambda: None)


def real(deeds: Sequence[Deed]) -> Watcher:
    words: list[str] = []
    for deed in deeds:
        if isinstance(deed, float):
            words += ["wait", str(deed)]
        elif isinstance(deed, Exception):
            words += ["quit", "1"]
        else:
            assert not callable(deed)
            assert not isinstance(deed, str)
            words += ["say", encode(deed).decode().strip()]
    return a_process("polite", *words, "silent")


@pytest.fixture(params=[scripted, real])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[Watcher] = []

    def one(deeds: Sequence[Deed]) -> Watcher:
        made.append(request.param(deeds))
        return made[-1]

    yield one
    for watcher in made:
        watcher.end()


def heard(watcher: Watcher, count: int) -> list[Told]:
    """So many messages, however often one has to ask."""
    messages: list[Told] = []
    deadline_s = time.monotonic() + 30
    while len(messages) < count and time.monotonic() < deadline_s:
        if (told := watcher.receive(0.25)) is not None:
            messages.append(told)
    return messages


def test_messages_come_in_the_order_in_which_they_were_said(make: Make) -> None:
    said: list[Told] = [opened(1.0), seen(1.0, 1.5, "in"), seen(1.5, 2.0), Ended(truncated=True)]
    assert heard(make(said), 4) == said


def test_silence_is_no_message_and_no_error(make: Make) -> None:
    watcher = make([3.0, opened()])
    assert watcher.receive(0.01) is None
    assert heard(watcher, 1) == [opened()]


def test_a_death_without_a_last_word_is_a_loss_after_all_that_was_said(make: Make) -> None:
    watcher = make([opened(), CameraLost("ended")])
    assert heard(watcher, 1) == [opened()]
    with pytest.raises(CameraLost):
        heard(watcher, 1)


def test_one_that_is_asked_to_leave_says_what_it_had_to_say_and_that_it_has_left(
    make: Make,
) -> None:
    watcher = make([opened(1.0)])
    assert heard(watcher, 1) == [opened(1.0)]
    watcher.ask_to_leave()
    watcher.ask_to_leave()
    assert heard(watcher, 1) == [Left()]


def test_asking_one_that_is_gone_to_leave_is_harmless(make: Make) -> None:
    watcher = make([CameraLost("ended")])
    with pytest.raises(CameraLost):
        heard(watcher, 1)
    watcher.ask_to_leave()
    watcher.end()
    watcher.ask_to_leave()


def test_ending_twice_is_harmless(make: Make) -> None:
    watcher = make([opened()])
    watcher.end()
    watcher.end()


def test_a_watcher_names_its_network(make: Make) -> None:
    assert make([]).network == NETWORK


def test_the_job_reaches_the_process_by_its_input_alone() -> None:
    watcher = a_process("job", "stay")
    try:
        [told] = heard(watcher, 1)
        assert isinstance(told, Failed)
        assert told.message == MANIFEST.networks[0].name
        command = Path(f"/proc/{watcher.pid}/cmdline").read_bytes()
        assert b"password" not in command
        assert b"door.avi" not in command
    finally:
        watcher.end()


def test_a_stubborn_process_is_killed() -> None:
    watcher = a_process("stubborn", "say", json.dumps({"type": "ended"}), "silent", patience_s=0.2)
    assert heard(watcher, 1) == [Ended()]
    began_s = time.monotonic()
    watcher.end()
    assert time.monotonic() - began_s < 15
    assert eventually(lambda: not runs(watcher.pid))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("die",), "by signal 9"),
        (("quit", "3"), "with exit code 3"),
        (("say", "Traceback (most recent call last)"), "no message"),
        (("mumble", "half a li", "quit", "0"), "with exit code 0"),
    ],
)
def test_how_it_was_lost_is_said(words: tuple[str, ...], message: str) -> None:
    watcher = a_process(*words)
    try:
        with pytest.raises(CameraLost, match=message):
            heard(watcher, 1)
    finally:
        watcher.end()


def test_a_program_that_cannot_be_started_is_a_loss() -> None:
    with pytest.raises(CameraLost, match="cannot be started"):
        WatcherProcess(a_job(), NETWORK, program=["/nonexistent/program"])


def test_only_named_variables_are_passed_on() -> None:
    ours = {
        "PATH": "/usr/bin",
        "LIANKE_DEVICE_SECRET": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "https_proxy": "http://proxy",
        "TZ": "UTC",
    }
    theirs = watcher_environment(ours)
    assert "secret" not in theirs.values()
    assert "https_proxy" not in theirs
    assert (theirs["PATH"], theirs["TZ"]) == ("/usr/bin", "UTC")
