"""Events that no batch can carry to the present broker, because each alone exceeds its limit.

They stay owed: the limit may be raised, and another broker of the list may take them. Until the
connection ends they are kept on loan, so that their neighbours go on.
"""

from __future__ import annotations

from typing import Final

from agent.errors import BrokerUnavailable
from agent.outbox import Lease
from agent.sync.metrics import SyncMetrics
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

AT_MOST: Final = 64
"""They lie in memory. A broker that takes none of so many is no use to us."""


class HeldBack:
    """Those of one connection. Owned by the courier's thread."""

    def __init__(self, metrics: SyncMetrics) -> None:
        self._metrics = metrics
        self._leases: list[Lease] = []
        self._told: int | None = None

    def add(self, lease: Lease) -> None:
        """Keep a lease of one event.

        Raises:
            BrokerUnavailable: there are too many of them.
        """
        self._leases.append(lease)
        self.tell()
        _LOG.error(
            "event_too_large_for_broker",
            stream=lease.stream,
            sequence=lease.first,
            event_bytes=len(lease.events[0]),
            next_step="raise the broker's packet limit, or max_packet_bytes in [broker]",
        )
        if len(self._leases) >= AT_MOST:
            raise BrokerUnavailable(
                f"{AT_MOST} events are larger than the broker's packet limit allows; raise it, or "
                "max_packet_bytes in [broker]"
            )

    def tell(self) -> None:
        """Publish how many there are; to be called when all that waits has been looked at, too."""
        if self._told != len(self._leases):
            self._told = len(self._leases)
            self._metrics.held_back(self._told)

    def clear(self) -> list[Lease]:
        """Forget them, and return them: whoever borrowed gives back."""
        leases, self._leases = self._leases, []
        return leases
