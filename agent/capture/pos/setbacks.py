"""What a source's loop does where it cannot go on: say once what is wrong, wait longer each time.

A till is never given up, whatever happens: the loop's own ``except`` hands the error over to this,
and the next round tries again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from agent.errors import AgentError, DiskUnusable
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_MOST_DOUBLINGS: Final = 16


@dataclass(frozen=True, slots=True)
class Setback:
    """Why nothing is taken at present.

    Attributes:
        reason: quotes nothing of what was read.
        out_of_room: it is because no room is left.
    """

    reason: str
    out_of_room: bool


class Setbacks:
    """The failures of one loop, one after the other. Used by its thread."""

    def __init__(
        self,
        source: str,
        *,
        clock: Clock,
        stopping: threading.Event,
        first_s: float,
        longest_s: float,
        **facts: str,
    ) -> None:
        """All is well so far.

        Args:
            source: the log tells ``<source>_blocked`` and ``<source>_unblocked``.
            clock: waits.
            stopping: ends a wait.
            first_s: first wait.
            longest_s: longest wait; each is twice as long as the one before.
            facts: what the log tells besides.
        """
        self._source = source
        self._clock = clock
        self._stopping = stopping
        self._first_s = first_s
        self._longest_s = longest_s
        self._facts = facts
        self._reason = ""
        self._failures = 0

    def met(self, error: Exception) -> Setback:
        """Take note of a failure; it is logged where it is another one than the last."""
        expected = isinstance(error, AgentError)
        # Only our own errors promise to quote nothing of what they read.
        reason = str(error) if expected else type(error).__name__
        if reason != self._reason:
            cause = None if expected else error
            _LOG.error(f"{self._source}_blocked", reason=reason, exc_info=cause, **self._facts)
        self._reason = reason
        return Setback(reason, isinstance(error, DiskUnusable))

    def wait(self) -> None:
        """Twice as long as the last time, or until the loop is to end."""
        delay_s = min(self._first_s * 2**self._failures, self._longest_s)
        self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
        self._clock.wait(self._stopping, delay_s)

    def over(self) -> None:
        """A round went through."""
        if self._reason:
            _LOG.info(f"{self._source}_unblocked", **self._facts)
        self._reason = ""
        self._failures = 0
