"""The clock is as wrong as told, for real processes, and only the wall clock is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.clock import read_boot_id
from tests.faults.clocks import WrongClock
from tests.simulators.processes import ROOT

pytestmark = [pytest.mark.slow]

HOUR_S = 3600.0
SLACK_S = 5.0

ASK = """
import time
from agent.clock import kernel_keeps_time, milliseconds_since_boot, read_boot_id
while input():
    print(time.time(), time.monotonic(), kernel_keeps_time(), flush=True)
    print(read_boot_id(), milliseconds_since_boot(), flush=True)
"""


class Asked:
    """A process that says what its clocks show."""

    def __init__(self, clock: WrongClock) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", ASK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | clock.environment,
        )

    def ahead_s(self) -> float:
        """By how much its wall clock is ahead; the rest must be right."""
        wall, monotonic, kept = self._answers()[:3]
        assert abs(float(monotonic) - time.monotonic()) < SLACK_S
        assert kept == "False", "no time service keeps a wrong clock"
        return float(wall) - time.time()

    def boot(self) -> tuple[str, float]:
        """The id of its boot, and the seconds since."""
        bootid, milliseconds = self._answers()[3:]
        return bootid, float(milliseconds) / 1000

    def _answers(self) -> list[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("now\n")
        self._process.stdin.flush()
        lines = self._process.stdout.readline(), self._process.stdout.readline()
        return " ".join(lines).split()

    def end(self) -> None:
        self._process.communicate("\n", timeout=10)


def test_a_running_process_sees_every_change(tmp_path: Path) -> None:
    clock = WrongClock(tmp_path / "clock")
    asked = Asked(clock)
    try:
        assert abs(asked.ahead_s()) < SLACK_S
        clock.show(ahead_s=HOUR_S)
        assert abs(asked.ahead_s() - HOUR_S) < SLACK_S
        clock.show(ahead_s=-HOUR_S)
        assert abs(asked.ahead_s() + HOUR_S) < SLACK_S
        clock.wake_in_1970()
        assert time.time() + asked.ahead_s() < HOUR_S
    finally:
        asked.end()


def test_a_drifting_clock_runs_away(tmp_path: Path) -> None:
    clock = WrongClock(tmp_path / "clock")
    asked = Asked(clock)
    try:
        asked.ahead_s()
        clock.drift(parts_per_million=100_000_000)
        time.sleep(0.2)
        first_s = asked.ahead_s()
        time.sleep(0.2)
        assert asked.ahead_s() > first_s > SLACK_S
    finally:
        asked.end()


def boot_of(clock: WrongClock) -> tuple[str, float]:
    asked = Asked(clock)
    try:
        return asked.boot()
    finally:
        asked.end()


def test_another_boot_has_another_id_and_begins_at_nought(tmp_path: Path) -> None:
    booted_s = time.monotonic()
    clock = WrongClock(tmp_path / "clock")
    first, same = boot_of(clock), boot_of(clock)
    assert first[0] == same[0] != read_boot_id()
    assert 0 <= first[1] <= same[1] < time.monotonic() - booted_s
    booted_s = time.monotonic()
    clock.reboot()
    second = boot_of(clock)
    assert second[0] != first[0]
    assert 0 <= second[1] < time.monotonic() - booted_s
