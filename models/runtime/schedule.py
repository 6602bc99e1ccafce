"""APScheduler, held to the monotonic clock.

APScheduler compares a job's next time with the wall clock. When the wall clock is set back an hour,
no job runs for an hour; when it is set forward, all are late at once. Its waits, though, are
monotonic: it wakes when it should. So on every waking we look whether the wall clock was set in the
meantime, and move the next times by as much.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_STOPPED

from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_STEP_S: Final = 1.0
"""A wall clock that is ahead by so much more than before was set; less is drift, and harmless."""

_LONGEST_WAIT_S: Final = 3_600.0


class SteadyScheduler(BackgroundScheduler):  # type: ignore[misc]  # APScheduler has no types
    """A ``BackgroundScheduler`` whose intervals do not notice that the wall clock is set.

    Its main loop is the one that APScheduler's documentation lets a scheduler bring along.
    """

    def __init__(self, clock: Clock, **options: Any) -> None:
        """``clock`` must be the machine's, which APScheduler reads; ``options`` are its own.

        A job that is late runs late, and once, however late: APScheduler's own default is to leave
        out what is late by more than a second, which on a busy box is any job.
        """
        super().__init__(job_defaults={"misfire_grace_time": None, "coalesce": True}, **options)
        self._steady_clock = clock
        self._wall_ahead_s = self._measure_s()

    def at_once(self) -> datetime:
        """The ``next_run_time`` of a job that shall run as soon as the scheduler does."""
        return self._steady_clock.now()

    def _main_loop(self) -> None:
        wait_s = _LONGEST_WAIT_S
        while self.state != STATE_STOPPED:
            self._event.wait(wait_s)
            self._event.clear()
            self._follow_the_wall()
            due_s = self._process_jobs()
            wait_s = _LONGEST_WAIT_S if due_s is None else min(due_s, _LONGEST_WAIT_S)

    def _follow_the_wall(self) -> None:
        """Move the jobs' next times by what the wall clock was set."""
        step_s = self._measure_s() - self._wall_ahead_s
        if abs(step_s) < _STEP_S:
            return
        self._wall_ahead_s += step_s
        _LOG.warning("wall_clock_was_set", by_s=round(step_s, 1))
        for job in self.get_jobs():
            if job.next_run_time is not None:
                job.modify(next_run_time=job.next_run_time + timedelta(seconds=step_s))

    def _measure_s(self) -> float:
        return self._steady_clock.now().timestamp() - self._steady_clock.monotonic_s()
