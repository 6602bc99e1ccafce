"""Keep a program running: start it again when it ends, later and later while it keeps ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class Child(Protocol):
    """A program that runs."""

    @property
    def pid(self) -> int:
        """Its process id."""
        ...

    @property
    def last_words(self) -> str:
        """Its complaints, or an empty text."""
        ...

    def wait(self) -> int:
        """Block until it has ended; its exit code."""
        ...

    def reload(self) -> None:
        """Ask it to read its configuration again."""
        ...

    def end(self, timeout_s: float) -> None:
        """End it in order, else by force; returns when it has ended."""
        ...


Launch = Callable[[], Child]
"""Starts the program and returns when it serves; raises when it does not."""


@dataclass(frozen=True, slots=True)
class RestartDelays:
    """How long to wait before the program is started again."""

    shortest_s: float
    longest_s: float

    def after(self, failures: int) -> float:
        """Doubles with every failure in a row; the first is number 1."""
        doublings = min(failures - 1, 32)  # far beyond any longest, and safe as a float
        return min(self.shortest_s * 2.0**doublings, self.longest_s)

    def forgives(self, lived_s: float) -> bool:
        """Whether a life was long enough for the next failure to count as the first."""
        return lived_s >= self.longest_s


class Supervisor:
    """Owns the one thread from which the program is started, every time (see ``tether``)."""

    def __init__(self, launch: Launch, clock: Clock, delays: RestartDelays) -> None:
        self._launch = launch
        self._clock = clock
        self._delays = delays
        self._stopping = threading.Event()
        self._first: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="broker-supervisor", daemon=True)
        self._child: Child | None = None
        self._restarts = 0

    @property
    def child(self) -> Child | None:
        """The program that serves at this moment, or None between two lives."""
        return self._child

    @property
    def restarts(self) -> int:
        """How often the program was started again and served."""
        return self._restarts

    def pause(self, seconds: float) -> bool:
        """Wait a while; True at once when ``stop`` was called and a launch should give up."""
        return self._clock.wait(self._stopping, seconds)

    def start(self) -> None:
        """Start the program for the first time; blocks until it serves or cannot.

        Raises whatever the first launch raises; only later launches are tried again.
        """
        self._thread.start()
        self._first.result()

    def stop(self, timeout_s: float) -> None:
        """End the program and the thread. Blocks; idempotent."""
        self._stopping.set()
        if child := self._child:
            child.end(timeout_s)
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            lived_s = self._one_life()
            if self._first.done() and self._first.exception():
                return
            failures = 1 if self._delays.forgives(lived_s) else failures + 1
            delay_s = self._delays.after(failures)
            if not self._stopping.is_set():
                _LOG.warning("broker_restart_planned", failures=failures, delay_s=delay_s)
            self._clock.wait(self._stopping, delay_s)

    def _one_life(self) -> float:
        """Launch, and wait for the end; how long it served, in seconds."""
        try:
            child = self._launch()
        except Exception as error:  # noqa: BLE001 - the subsystem's edge: a launch is tried again
            self._note_failed_launch(error)
            return 0.0
        started_s = self._clock.monotonic_s()
        self._note_serving(child)
        code = child.wait()
        self._child = None
        lived_s = self._clock.monotonic_s() - started_s
        if not self._stopping.is_set():
            _LOG.error("broker_ended", exit_code=code, lived_s=lived_s, said=child.last_words)
        return lived_s

    def _note_failed_launch(self, error: Exception) -> None:
        if self._first.done():
            _LOG.error("broker_restart_failed", error=str(error), kind=type(error).__name__)
        else:
            self._first.set_exception(error)

    def _note_serving(self, child: Child) -> None:
        self._child = child
        if self._stopping.is_set():  # asked between the launch's last look and now
            child.end(0)
        if self._first.done():
            self._restarts += 1
            _LOG.info("broker_restarted", pid=child.pid, restarts=self._restarts)
        else:
            self._first.set_result(None)
