"""The loop that keeps a follower at the ledger's head: woken by ingest, retried with patience."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from cloud.errors import TransientError
from cloud.ledger.projection import Follower
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

log = get_logger(__name__)

RETRY_S: Final = 1.0
"""Pause after the database was not available."""


class Projector:
    """Runs one follower in the calling thread until it is told to stop."""

    def __init__(
        self,
        follower: Follower,
        clock: Clock,
        *,
        poll_s: float = 1.0,
        rest_s: float = 0.0,
        after_step: Callable[[], None] | None = None,
    ) -> None:
        """``poll_s``: how long entries of another process, which cannot wake us, may wait.

        ``rest_s``: pause after a step that folded something, so that single sales are folded
        together: a step costs nearly the same for one entry as for twenty.

        ``after_step`` is called after the commit of every step that folded something.
        """
        self._follower = follower
        self._clock = clock
        self._poll_s = poll_s
        self._rest_s = rest_s
        self._after_step = after_step
        self._woken = threading.Event()

    def wake(self, _head: int = 0) -> None:
        """Say that the ledger has grown; cheap, from any thread."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Fold until ``stop`` is set; call ``wake`` after setting it to return at once.

        Raises:
            FaultyService: and whatever a fold raises that is not a passing trouble. The position
                stands before the entry concerned; nothing is skipped.
        """
        while not stop.is_set():
            if not self._drain(stop):
                self._clock.wait(self._woken, self._poll_s)
            elif self._rest_s:
                self._clock.wait(stop, self._rest_s)

    def _drain(self, stop: threading.Event) -> bool:
        """Step once; whether another step should follow at once."""
        self._woken.clear()
        try:
            folded = self._follower.step()
        except TransientError as error:
            log.warning("projection_waits", follower=self._follower.name, error=str(error))
            self._clock.wait(stop, RETRY_S)
            return True
        if folded and self._after_step is not None:
            self._after_step()
        return folded > 0
