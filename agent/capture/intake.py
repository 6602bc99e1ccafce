"""Where captured sales enter: first durable in the outbox, then in the books and over the cards.

The order is the promise: the guide may see a sale a moment late, the ledger may never miss it.
What is late is known before, since the event says so; the books are asked for that, and what goes
wrong with them costs the mark and never the sale.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from prometheus_client import CollectorRegistry

from agent.capture.books import Balance, Mark, Noted, SlidingBalance, TillBooks
from agent.capture.pos.composing import marked
from agent.capture.pos.sink import CapturedSale, SaleSink
from agent.errors import AgentError
from agent.metrics import Counted
from agent.outbox import Draft, Stored
from models.runtime.logs import get_logger
from models.wire.events.sale import Flag
from models.wire.topics import Stream

_LOG = get_logger(__name__)

Result = TypeVar("Result")


class Ledgerbound(Protocol):
    """The side of the outbox that takes events."""

    def append(self, stream: Stream, drafts: Sequence[Draft]) -> list[Stored]:
        """Store events durably, all or none."""
        ...


class Salebound(Ledgerbound, Protocol):
    """The same, and what the sequences of its events count in."""

    @property
    def epoch(self) -> str:
        """The current epoch."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What came from one source since the agent started.

    Attributes:
        captured: sales that were new, controls included.
        late: those of a business day that was closed before.
        balances: how the last sales add up, by profile.
    """

    captured: int = 0
    late: int = 0
    balances: tuple[Balance, ...] = ()


class Intake:
    """The sink of every till adapter of this box. Safe for several adapters at once."""

    def __init__(
        self,
        outbox: Salebound,
        lay_over: Callable[[CapturedSale], object],
        registry: CollectorRegistry,
        books: TillBooks | None = None,
    ) -> None:
        """``lay_over`` shows a stored sale to the guides; without ``books`` nothing is late."""
        self._outbox = outbox
        self._lay_over = lay_over
        self._books = books
        self._captured = Counted.TRANSACTIONS.make(registry)
        self._known = Counted.KNOWN_TRANSACTIONS.make(registry)
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, bool]] = Counter()
        self._balances: dict[tuple[str, str], SlidingBalance] = {}

    def of(self, source: str) -> SaleSink:
        """The sink of one source, by its name; the till's folder has none."""
        return _SinkOf(self, source)

    def captured(self, sales: Sequence[CapturedSale]) -> None:
        """Store and show what the till's folder gave; see ``SaleSink.captured``."""
        self.take("", sales)

    def take(self, source: str, sales: Sequence[CapturedSale]) -> None:
        """Store and show what a source gave; see ``SaleSink.captured``."""
        told = [self._told(sale) for sale in sales]
        drafts = [Draft(sale.event_id, sale.body, sale.spans) for sale in told]
        stored = self._outbox.append(Stream.SALE, drafts)
        for sale, done in zip(told, stored, strict=True):
            if done.known:
                self._known.inc()
            else:
                self._captured.labels(sale.sale.kind).inc()
        self._beside(lambda: self._note(source, told, stored), None)
        for sale in told:
            self._show(sale)  # also a known one: we may have died between the two

    def taken(self, source: str) -> Taken:
        """What a source gave so far."""
        with self._lock:
            on_time, late = self._counts[source, False], self._counts[source, True]
            balances = [
                each.stand(profile)
                for (of, profile), each in self._balances.items()
                if of == source
            ]
        return Taken(on_time + late, late, tuple(balances))

    def _told(self, sale: CapturedSale) -> CapturedSale:
        """The sale, marked if it is late."""
        books = self._books
        if books is None:
            return sale
        is_late = self._beside(lambda: books.is_late(sale.sale), otherwise=False)
        return marked(sale, Flag.LATE) if is_late else sale

    def _note(self, source: str, sales: Sequence[CapturedSale], stored: Sequence[Stored]) -> None:
        fresh = [sale for sale, done in zip(sales, stored, strict=True) if not done.known]
        with self._lock:
            for sale in fresh:
                self._counts[source, _is_late(sale)] += 1
                whose = source, sale.sale.capture.profile
                self._balances.setdefault(whose, SlidingBalance()).add(sale.sale)
        if self._books is not None:
            last = max((done.sequence or 0 for done in stored), default=0)
            noted = [
                Noted(sale.sale, is_late=_is_late(sale) and not done.known)
                for sale, done in zip(sales, stored, strict=True)
            ]
            self._books.note(noted, Mark(self._outbox.epoch, last) if last else None)

    def _beside(self, work: Callable[[], Result], otherwise: Result) -> Result:
        """What is done beside the sale's way into the outbox."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the books' edge: no mistake of theirs stops a sale
            _LOG.error(
                "till_books_failed",
                error=type(error).__name__,
                effect="the sale goes on; gaps and late sales may be told wrongly",
            )
            return otherwise

    def _show(self, sale: CapturedSale) -> None:
        """A replica in trouble must not make the till's file come back: the sale is durable."""
        try:
            self._lay_over(sale)
        except AgentError as error:
            _LOG.warning("overlay_failed", event_id=sale.event_id, error=str(error))


@dataclass(frozen=True, slots=True)
class _SinkOf:
    """A ``SaleSink`` that knows whose sales it takes."""

    intake: Intake
    source: str

    def captured(self, sales: Sequence[CapturedSale]) -> None:
        self.intake.take(self.source, sales)


def _is_late(sale: CapturedSale) -> bool:
    return Flag.LATE in sale.sale.capture.flags
