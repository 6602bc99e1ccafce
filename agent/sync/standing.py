"""How it stands between us and the cloud, for the status and its alarms.

The sync thread tells; anybody may read. What this run has not yet found out is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is known of the line.

    Attributes:
        acknowledged_at: when the ledger last settled something, aware UTC.
        ledger_silent: the broker confirms what we send and the ledger does not.
        login_refused: the broker knows us and says no.
    """

    acknowledged_at: datetime | None
    ledger_silent: bool | None
    login_refused: bool | None


class LineStanding:
    """Remembers what the link met last. Safe from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._acknowledged_at: datetime | None = None
        self._silent: bool | None = None
        self._refused: bool | None = None

    def acknowledged(self) -> None:
        """The ledger answered a batch."""
        self._acknowledged_at, self._silent = self._clock.now(), False

    def silent(self) -> None:
        """The broker took it all, and the ledger did not answer in time."""
        self._silent = True

    def welcomed(self) -> None:
        """The cloud answers us, so the broker has let us in."""
        self._refused = False

    def refused(self) -> None:
        """The broker does not let us in."""
        self._refused = True

    def facts(self) -> LineFacts:
        """As of now."""
        return LineFacts(self._acknowledged_at, self._silent, self._refused)
