"""Threads of the cloud: each runs one loop until told to stop, and none dies or hangs unnoticed."""

from __future__ import annotations

import threading
from collections.abc import Callable

from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.runtime.pulses import Pulses

_LOG = get_logger(__name__)

Loop = Callable[[threading.Event], None]
"""Runs in the calling thread until the event is set."""


class Workers:
    """A group of threads that lives and ends together.

    A loop that raises has met what only a person can mend: the others are told to stop, and
    ``fault`` says why, so that the process ends loudly instead of serving half of what it should.

    Attributes:
        pulses: of all loops, for whoever asks whether one of them hangs.
    """

    def __init__(self, clock: Clock) -> None:
        self.pulses = Pulses(clock.monotonic_s)
        self.stopping = threading.Event()
        self.ended = threading.Event()
        self.fault: BaseException | None = None
        self._threads: list[tuple[threading.Thread, Callable[[], None]]] = []

    def start(self, name: str, loop: Loop, wake: Callable[[], None] = lambda: None) -> None:
        """Start a loop in a thread; ``wake`` makes it look at the event at once."""
        thread = threading.Thread(target=self._run, args=(name, loop), name=name, daemon=True)
        self._threads.append((thread, wake))
        thread.start()

    @property
    def whole(self) -> bool:
        """Whether every loop that was started still runs, and nothing has failed."""
        return self.fault is None and all(thread.is_alive() for thread, _ in self._threads)

    def stop(self, timeout_s: float = 15.0) -> None:
        """Tell every loop to stop and wait for the threads."""
        self.stopping.set()
        for _, wake in self._threads:
            wake()
        for thread, _ in self._threads:
            thread.join(timeout_s)

    def fail(self, fault: BaseException) -> None:
        """Something outside the loops failed for good: the process must end."""
        self.fault = self.fault or fault
        self.ended.set()

    def _run(self, name: str, loop: Loop) -> None:
        try:
            loop(self.pulses.watch(name, self.stopping))
        except BaseException as error:  # noqa: BLE001 - a thread's edge: the process ends with it
            _LOG.error("worker_failed", worker=name, error=str(error), exc_info=error)
            self.fail(error)
