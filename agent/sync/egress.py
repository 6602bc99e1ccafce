"""What to send next: sales before telemetry, and fresh events ahead of a backlog.

After an outage operations must see *now* while history drains, so fresh events keep a share of the
batches (80 % by default) and history takes the rest, or all of it where nothing fresh is waiting.
What was stored before this connection began is history and is marked ``historical``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from agent.outbox import Lease
from agent.sync.in_flight import InFlight
from models.wire.topics import Stream

PRIORITY = (Stream.SALE, Stream.MEMBER, Stream.GUIDE, Stream.FOOTFALL, Stream.TELEMETRY)


class Lender(Protocol):
    """The side of the outbox that lends events."""

    def lease(
        self,
        stream: Stream,
        *,
        max_events: int,
        max_bytes: int,
        first: int = 1,
        last: int | None = None,
        historical: bool = False,
        now_s: float,
        lease_s: float,
    ) -> Lease | None:
        """The oldest unsettled, unleased run of consecutive events within the bounds."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How large batches are and how long they may stay unsettled."""

    batch_events: int = 100
    batch_bytes: int = 1024 * 1024
    resend_after_s: float = 10.0
    fresh_share: float = 0.8


class Egress:
    """Chooses leases for one connection. Not thread-safe: one sender owns it."""

    def __init__(
        self,
        lender: Lender,
        in_flight: InFlight,
        limits: Limits,
        marks: Callable[[Stream], int],
    ) -> None:
        """``marks`` gives the last sequence of a stream when the connection began."""
        self._lender = lender
        self._in_flight = in_flight
        self._limits = limits
        self._marks = {stream: marks(stream) for stream in PRIORITY}
        self._credit = 0.0

    def next(self, now_s: float) -> Lease | None:
        """The next batch to send, or None when nothing is waiting."""
        for stream in PRIORITY:
            piece = self._in_flight.next_piece(stream)
            lease = self._lend(stream, now_s, *piece) if piece else self._by_share(stream, now_s)
            if lease is not None:
                return lease
        return None

    def _by_share(self, stream: Stream, now_s: float) -> Lease | None:
        for is_fresh in self._turns():
            lease = self._fresh(stream, now_s) if is_fresh else self._history(stream, now_s)
            if lease is not None:
                credit = self._credit + self._limits.fresh_share - is_fresh
                self._credit = min(1.0, max(-1.0, credit))  # one lane idle must not hoard turns
                return lease
        return None

    def _turns(self) -> Iterator[bool]:
        fresh_first = self._credit >= 0.0
        return iter((fresh_first, not fresh_first))

    def _fresh(self, stream: Stream, now_s: float) -> Lease | None:
        return self._lend(stream, now_s, self._marks[stream] + 1, None)

    def _history(self, stream: Stream, now_s: float) -> Lease | None:
        mark = self._marks[stream]
        return self._lend(stream, now_s, 1, mark, historical=True) if mark else None

    def _lend(
        self,
        stream: Stream,
        now_s: float,
        first: int,
        last: int | None,
        *,
        historical: bool = False,
    ) -> Lease | None:
        return self._lender.lease(
            stream,
            max_events=self._limits.batch_events,
            max_bytes=self._limits.batch_bytes,
            first=first,
            last=last,
            historical=historical,
            now_s=now_s,
            lease_s=self._limits.resend_after_s,
        )
