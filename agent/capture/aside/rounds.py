"""The quarantine's regular work: read again what was asked for, tell the cloud what changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from agent.capture.aside.again import Again
from agent.capture.aside.reporting import Reporter
from agent.errors import AgentError
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_JOIN_S: Final = 10.0
ROUND_S: Final = 5.0


class QuarantineRounds:
    """Goes its rounds in a thread of its own. Stopped for good once stopped."""

    def __init__(
        self, again: Again, reporter: Reporter, clock: Clock, *, round_s: float = ROUND_S
    ) -> None:
        """A round every ``round_s`` seconds."""
        self._again = again
        self._reporter = reporter
        self._clock = clock
        self._round_s = round_s
        self._said = ""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin at once."""
        self._thread = threading.Thread(target=self._run, name="quarantine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the record under way; does nothing the second time."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            self._thread = None

    def step(self) -> None:
        """One round. Whatever holds up the one, the other is done; nothing is raised."""
        now = self._clock.now
        self._do(lambda: self._again.step(now()))
        self._do(lambda: self._reporter.step(now()))

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.step()
            self._clock.wait(self._stopping, self._round_s)

    def _do(self, work: Callable[[], int]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the loop's edge: it is said, and tried again
            # Only our own errors promise to quote nothing of what they read.
            reason = str(error) if isinstance(error, AgentError) else type(error).__name__
            if reason != self._said:
                _LOG.warning("quarantine_round_failed", reason=reason, effect="tried again")
            self._said = reason
