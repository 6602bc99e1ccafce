"""Stops ingest when most of what arrives is refused.

After a bad release, every sale of every shop could be "malformed", settled as a dead letter and
forgotten by the shops within minutes. A stopped consumer loses nothing: the shops keep their sales.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from cloud.errors import FaultyService


@dataclass(slots=True)
class RefusalGuard:
    """Watches the share of refusals among the last events.

    Attributes:
        window: how many events back it looks.
        share: of these, the share that may be refused.
        at_least: fewer refusals than this never stop ingest: a quiet night has odd shares.
    """

    window: int = 1000
    share: float = 0.5
    at_least: int = 200
    _groups: deque[tuple[int, int]] = field(default_factory=deque)
    _events: int = 0
    _refused: int = 0

    def note(self, events: int, refused: int) -> None:
        """Count a group: its events, and how many of them became new dead letters.

        Raises:
            FaultyService: too many were refused.
        """
        self._groups.append((events, refused))
        self._events += events
        self._refused += refused
        while self._events - self._groups[0][0] >= self.window:
            oldest_events, oldest_refused = self._groups.popleft()
            self._events -= oldest_events
            self._refused -= oldest_refused
        if self._refused >= self.at_least and self._refused > self.share * self._events:
            raise FaultyService(
                f"{self._refused} of the last {self._events} events were refused; ingest stops "
                f"above {self.share:.0%}, before the shops are drained into dead letters. Look at "
                "'lianke-cloud deadletters list', mend the cause, then start ingest again"
            )
