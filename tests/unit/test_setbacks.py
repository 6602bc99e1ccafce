"""A source's loop that cannot go on: one line in the log for one trouble, and waits that grow."""

from __future__ import annotations

import threading

from structlog.testing import capture_logs

from agent.capture.pos.setbacks import Setback, Setbacks
from agent.errors import DiskUnusable, UnreadableInput
from tests.simulators.clocks import HandClock


class PatientClock(HandClock):
    """Notes how long it was asked to wait, and does not."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_s: list[float] = []

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        self.waited_s.append(timeout_s)
        return event.is_set()


def setbacks(clock: PatientClock) -> Setbacks:
    return Setbacks(
        "till",
        clock=clock,
        stopping=threading.Event(),
        first_s=0.5,
        longest_s=3.0,
        name="till-1",
    )


def test_the_same_trouble_is_logged_once_and_its_end_once() -> None:
    till = setbacks(PatientClock())
    with capture_logs() as lines:
        for _ in range(3):
            till.met(UnreadableInput("no till"))
        till.met(UnreadableInput("another till"))
        till.over()
        till.over()
    assert [(line["event"], line["name"]) for line in lines] == [
        ("till_blocked", "till-1"),
        ("till_blocked", "till-1"),
        ("till_unblocked", "till-1"),
    ]


def test_trouble_that_comes_again_after_its_end_is_logged_again() -> None:
    till = setbacks(PatientClock())
    with capture_logs() as lines:
        for _ in range(2):
            till.met(UnreadableInput("no till"))
            till.over()
    assert [line["event"] for line in lines] == ["till_blocked", "till_unblocked"] * 2


def test_waits_double_up_to_the_longest_and_begin_anew_after_a_good_round() -> None:
    clock = PatientClock()
    till = setbacks(clock)
    for _ in range(5):
        till.wait()
    till.over()
    till.wait()
    assert clock.waited_s == [0.5, 1.0, 2.0, 3.0, 3.0, 0.5]


def test_an_error_that_is_not_ours_is_named_and_never_quoted() -> None:
    told = setbacks(PatientClock()).met(ValueError("call me on 138 0013 8000"))
    assert told == Setback("ValueError", out_of_room=False)


def test_a_full_disk_is_told_apart() -> None:
    told = setbacks(PatientClock()).met(DiskUnusable("/data: no space left"))
    assert told == Setback("/data: no space left", out_of_room=True)
