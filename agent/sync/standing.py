"""How it stands between us and the cloud, for the status and its alarms.

The sync thread tells; anybody may read. What this run has not yet found out is None.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.runtime.clock import Clock

RIVALRY_S: Final = 1800.0
"""Signs of another box under our name count together for so long: two boxes that end each other's
sessions and back off meet every minute or two, and a disk that was moved meets its old box once."""

SIGNS: Final = 2
"""So many of them are no accident."""


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is known of the line.

    Attributes:
        acknowledged_at: when the ledger last settled something, aware UTC; None for never yet.
        ledger_silent: the broker confirms what we send and the ledger does not.
        login_refused: the broker knows us and says no.
        identity_shared: another box is on the line under our name.
        held_back: events that are too large for the present broker, each by itself; None until
            all that waited has been looked at.
        fault: why the line has stopped for a person to mend it, empty where it works; None until
            it showed.
    """

    acknowledged_at: datetime | None
    ledger_silent: bool | None
    login_refused: bool | None
    identity_shared: bool | None
    held_back: int | None
    fault: str | None


class LineStanding:
    """Remembers what the link met last. Safe from any thread."""

    def __init__(self, clock: Clock, acknowledged_at: datetime | None = None) -> None:
        """``acknowledged_at`` is what was known before this run."""
        self._clock = clock
        self._since_s = clock.monotonic_s()
        self._acknowledged_at = acknowledged_at
        self._fault: str | None = None
        self._silent: bool | None = None
        self._refused: bool | None = None
        self._held_back: int | None = None
        self._rivals_s: deque[float] = deque(maxlen=SIGNS)

    def acknowledged(self, *, settled: bool) -> None:
        """The ledger answered a batch, and has settled some of it or asks for it in halves."""
        self._silent = False
        if settled:
            self._acknowledged_at = self._clock.now()

    def silent(self) -> None:
        """The broker took it all, and the ledger did not answer in time."""
        self._silent = True

    def welcomed(self) -> None:
        """The cloud answers us, so the broker has let us in, and the line works."""
        self._refused, self._fault = False, ""

    def refused(self) -> None:
        """The broker does not let us in."""
        self._refused = True

    def faulty(self, reason: str) -> None:
        """The line stands still until somebody has mended something here."""
        self._fault = reason

    def rival(self) -> None:
        """There was a sign of another box under our name."""
        self._rivals_s.append(self._clock.monotonic_s())

    def held_back(self, events: int) -> None:
        """So many events are too large for the present broker, each by itself."""
        self._held_back = events

    def facts(self) -> LineFacts:
        """As of now."""
        return LineFacts(
            self._acknowledged_at,
            self._silent,
            self._refused,
            self._identity_shared(self._clock.monotonic_s()),
            self._held_back,
            self._fault,
        )

    def _identity_shared(self, now_s: float) -> bool | None:
        """None for a run so young that it may not have met the other box yet."""
        lately = [each for each in self._rivals_s if now_s - each < RIVALRY_S]
        if len(lately) == SIGNS:
            return True
        return None if now_s - self._since_s < RIVALRY_S else False
