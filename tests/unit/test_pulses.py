"""A loop that looks whether it shall stop is alive; one that does not look for long hangs."""

from __future__ import annotations

import threading

import pytest

from agent.account import HUNG_AFTER_S, why_hung
from cloud.workers import Workers
from models.runtime.clock import SystemClock
from models.runtime.pulses import Pulses, Still
from tests.simulators.clocks import HandClock
from tests.simulators.processes import eventually


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def pulses(clock: HandClock) -> Pulses:
    return Pulses(clock.monotonic_s)


def test_a_loop_that_has_not_begun_is_not_at_work(pulses: Pulses, clock: HandClock) -> None:
    pulses.watch("parts", threading.Event())
    clock.move(900)
    assert pulses.at_work() == [Still("parts", 0)]


def test_every_look_begins_another_piece_of_work(pulses: Pulses, clock: HandClock) -> None:
    stop = pulses.watch("parts", threading.Event())
    assert not stop.is_set()
    clock.move(70)
    assert pulses.at_work() == [Still("parts", 70)]
    assert not stop.is_set()
    clock.move(5)
    assert pulses.at_work() == [Still("parts", 5)]


def test_whoever_waits_for_the_event_rests_and_is_at_work_after_it(
    pulses: Pulses, clock: HandClock
) -> None:
    inner = threading.Event()
    stop = pulses.watch("parts", inner)
    waiting = threading.Thread(target=stop.wait)
    waiting.start()
    clock.move(900)
    assert pulses.at_work() == [Still("parts", 0)]
    inner.set()
    waiting.join()
    clock.move(3)
    assert pulses.at_work() == [Still("parts", 3)]


def test_it_is_the_same_event(pulses: Pulses) -> None:
    inner = threading.Event()
    stop = pulses.watch("parts", inner)
    assert not stop.wait(0)
    stop.set()
    assert inner.is_set()
    assert stop.is_set()
    stop.clear()
    assert not inner.is_set()


def test_an_agent_says_which_thread_hangs(pulses: Pulses, clock: HandClock) -> None:
    stop = pulses.watch("sync", threading.Event())
    assert not stop.is_set()
    clock.move(HUNG_AFTER_S)
    assert why_hung(pulses) == ""
    clock.move(1)
    assert why_hung(pulses) == "the thread sync has hung for 901 s; start the agent again"


def test_the_loops_of_a_group_are_watched_by_name() -> None:
    workers, held = Workers(SystemClock()), threading.Event()

    def hang(stop: threading.Event) -> None:
        stop.is_set()
        held.wait()

    def turn(stop: threading.Event) -> None:
        while not stop.wait(0.01):
            pass

    workers.start("hanging", hang)
    workers.start("turning", turn)

    def found() -> dict[str, float]:
        return dict(workers.pulses.at_work())

    assert eventually(lambda: found().get("hanging", 0) > 0.2, every_s=0.02)
    assert eventually(lambda: found()["turning"] < 0.2)
    held.set()
    workers.stop()
