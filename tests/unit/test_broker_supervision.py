"""The supervisor: it brings the program back, later and later, and stops when told."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.broker.errors import PortTaken
from cloud.broker.supervision import Child, RestartDelays, Supervisor
from tests.simulators.clocks import HandClock
from tests.simulators.processes import eventually

DELAYS = RestartDelays(shortest_s=1, longest_s=30)


class ScriptedChild:
    """A program that lives for a while on the clock, or until it is ended."""

    last_words = ""

    def __init__(self, clock: HandClock, lives_s: float | None, pid: int) -> None:
        self.pid = pid
        self.ended = threading.Event()
        self._clock = clock
        self._lives_s = lives_s

    def wait(self) -> int:
        if self._lives_s is None:
            self.ended.wait(30)
            return 0
        self._clock.move(self._lives_s)
        return -9

    def reload(self) -> None:
        raise AssertionError("nobody asked")

    def end(self, timeout_s: float) -> None:  # noqa: ARG002 - as the port has it
        self.ended.set()


class Script:
    """Launches what is written, in order; the last one runs until it is ended."""

    def __init__(self, clock: HandClock, *lives: float | Exception | None) -> None:
        self.launched: list[ScriptedChild] = []
        self.at_last = threading.Event()
        self._clock = clock
        self._lives = list(lives)

    def __call__(self) -> Child:
        life = self._lives.pop(0)
        if isinstance(life, Exception):
            raise life
        child = ScriptedChild(self._clock, life, pid=len(self.launched) + 1)
        self.launched.append(child)
        if not self._lives:
            self.at_last.set()
        return child


def supervised(*lives: float | Exception | None) -> tuple[Supervisor, Script, HandClock]:
    clock = HandClock()
    script = Script(clock, *lives)
    return Supervisor(script, clock, DELAYS), script, clock


def test_start_returns_when_the_program_serves() -> None:
    supervisor, script, _ = supervised(None)
    supervisor.start()
    assert supervisor.child is script.launched[0]
    supervisor.stop(1)
    assert script.launched[0].ended.is_set()
    assert supervisor.restarts == 0


def test_failed_first_launch_is_raised_and_not_tried_again() -> None:
    supervisor, script, clock = supervised(PortTaken("127.0.0.1:1883 is taken"), None)
    with pytest.raises(PortTaken):
        supervisor.start()
    supervisor.stop(1)
    assert script.launched == []
    assert clock.waits_s == []


def test_unforeseen_error_of_the_first_launch_reaches_the_caller() -> None:
    supervisor, _, _ = supervised(OSError("no memory"))
    with pytest.raises(OSError, match="no memory"):
        supervisor.start()


def test_program_that_dies_is_brought_back_after_growing_delays() -> None:
    supervisor, script, clock = supervised(0, 0, 0, None)
    supervisor.start()
    assert script.at_last.wait(30)
    assert eventually(lambda: supervisor.restarts == 3)
    assert supervisor.child is script.launched[-1]
    assert clock.waits_s == [1, 2, 4]
    supervisor.stop(1)


def test_failed_relaunch_is_tried_again_whatever_the_error() -> None:
    supervisor, script, clock = supervised(0, PortTaken("taken"), OSError("odd"), None)
    supervisor.start()
    assert script.at_last.wait(30)
    assert eventually(lambda: supervisor.restarts == 1)
    assert clock.waits_s == [1, 2, 4]
    supervisor.stop(1)


def test_long_life_forgives_earlier_failures() -> None:
    supervisor, script, clock = supervised(0, 0, 3600, 0, None)
    supervisor.start()
    assert script.at_last.wait(30)
    assert clock.waits_s == [1, 2, 1, 2]
    supervisor.stop(1)


def test_stop_before_start_and_twice_is_harmless() -> None:
    supervisor, _, _ = supervised(None)
    supervisor.stop(1)
    supervisor.stop(1)


def test_pause_tells_a_launch_to_give_up() -> None:
    supervisor, _, _ = supervised(None)
    assert not supervisor.pause(0.1)
    supervisor.stop(1)
    assert supervisor.pause(0.1)


@given(st.integers(1, 10_000))
def test_delays_grow_and_stay_within_bounds(failures: int) -> None:
    assert DELAYS.shortest_s <= DELAYS.after(failures) <= DELAYS.longest_s
    assert DELAYS.after(failures) <= DELAYS.after(failures + 1)
