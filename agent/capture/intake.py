"""Where captured sales enter: first durable in the outbox, then laid over the shop's cards.

The order is the promise: the guide may see a sale a moment late, the ledger may never miss it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry

from agent.capture.pos.sink import CapturedSale
from agent.errors import AgentError
from agent.metrics import Counted
from agent.outbox import Draft, Stored
from models.runtime.logs import get_logger
from models.wire.topics import Stream

_LOG = get_logger(__name__)


class Ledgerbound(Protocol):
    """The side of the outbox that takes events."""

    def append(self, stream: Stream, drafts: Sequence[Draft]) -> list[Stored]:
        """Store events durably, all or none."""
        ...


class Intake:
    """The sink of every till adapter of this box. Safe for several adapters at once."""

    def __init__(
        self,
        outbox: Ledgerbound,
        lay_over: Callable[[CapturedSale], object],
        registry: CollectorRegistry,
    ) -> None:
        """``lay_over`` shows a stored sale to the guides of this shop."""
        self._outbox = outbox
        self._lay_over = lay_over
        self._captured = Counted.TRANSACTIONS.make(registry)
        self._known = Counted.KNOWN_TRANSACTIONS.make(registry)

    def captured(self, sales: Sequence[CapturedSale]) -> None:
        """Store and show; see ``SaleSink.captured``."""
        drafts = [Draft(sale.event_id, sale.body, sale.spans) for sale in sales]
        for sale, stored in zip(sales, self._outbox.append(Stream.SALE, drafts), strict=True):
            if stored.known:
                self._known.inc()
            else:
                self._captured.labels(sale.sale.kind).inc()
            self._show(sale)  # also a known one: we may have died between the two

    def _show(self, sale: CapturedSale) -> None:
        """A replica in trouble must not make the till's file come back: the sale is durable."""
        try:
            self._lay_over(sale)
        except AgentError as error:
            _LOG.warning("overlay_failed", event_id=sale.event_id, error=str(error))
