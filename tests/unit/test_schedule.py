"""Jobs keep their intervals when somebody sets the wall clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from models.runtime.clock import SystemClock
from models.runtime.schedule import SteadyScheduler

HOUR = timedelta(hours=1)


class SetClock(SystemClock):
    """The machine's clock, as if it had been set by so much; APScheduler itself sees the truth."""

    def __init__(self) -> None:
        self.set_by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.set_by


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def scheduler(clock: SetClock) -> Iterator[SteadyScheduler]:
    made = SteadyScheduler(clock, timezone="UTC")
    yield made
    made.shutdown()


def test_a_job_runs_in_its_interval(scheduler: SteadyScheduler) -> None:
    ran = threading.Semaphore(0)
    scheduler.add_job(ran.release, "interval", seconds=0.05, next_run_time=datetime.now(UTC))
    scheduler.start()
    assert all(ran.acquire(timeout=10) for _ in range(3))


def test_a_clock_set_back_an_hour_delays_no_job(
    scheduler: SteadyScheduler, clock: SetClock
) -> None:
    """Once the wall clock was set back, what was due now stands an hour ahead of it."""
    ran = threading.Event()
    scheduler.add_job(ran.set, "interval", hours=3, next_run_time=datetime.now(UTC) + HOUR)
    scheduler.start()
    assert not ran.wait(0.1)
    clock.set_by = -HOUR
    scheduler.wakeup()
    assert ran.wait(30)


def test_a_clock_set_forward_an_hour_makes_nothing_late(
    scheduler: SteadyScheduler, clock: SetClock
) -> None:
    """Once the wall clock was set forward, what is due in ten seconds stands behind it."""
    ran = threading.Event()
    scheduler.start(paused=True)
    scheduler.add_job(ran.set, "interval", hours=3, next_run_time=datetime.now(UTC) - HOUR)
    clock.set_by = HOUR + timedelta(seconds=10)
    scheduler.resume()
    assert not ran.wait(0.2)


def test_a_job_that_is_late_runs_late(scheduler: SteadyScheduler) -> None:
    ran = threading.Event()
    scheduler.add_job(ran.set, "interval", hours=3, next_run_time=datetime.now(UTC) - HOUR)
    scheduler.start()
    assert ran.wait(30)
