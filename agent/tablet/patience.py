"""How many searches a client may make: enough for any guide, too few to guess phone numbers."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from models.runtime.clock import Clock

_WINDOW_S: Final = 60.0
_MOST_CLIENTS: Final = 1_000


class Patience:
    """A sliding minute per client. For one thread."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._clients: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """0 when the client may search now (which is counted), else the seconds to wait."""
        now = self._clock.monotonic_s()
        recent = self._recent(client, now)
        if len(recent) >= self._per_minute:
            return recent[0] + _WINDOW_S - now
        recent.append(now)
        return 0.0

    def _recent(self, client: str, now: float) -> deque[float]:
        recent = self._clients.setdefault(client, deque())
        self._clients.move_to_end(client)
        if len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        while recent and recent[0] <= now - _WINDOW_S:
            recent.popleft()
        return recent
