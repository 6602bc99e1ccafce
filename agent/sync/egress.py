"""What to send next: fresh events ahead of a backlog, sales before telemetry.

After an outage operations must see *now* while history drains, so fresh events of any stream keep a
share of the batches (80 % by default) and history takes the rest, or all of it where nothing fresh
is waiting. Within either, streams go by their priority. What was stored before this connection
began is history and is marked ``historical``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from agent.outbox import Lease
from agent.sync.company import Company
from agent.sync.in_flight import InFlight
from agent.sync.share import FreshShare
from models.wire.topics import Stream

AT_ONCE: Final = 4
"""So many batches may be on their way before the newest events wait for company. With one, at 200
sales a second, every sale waited for the answer to the one before it."""

_PLAIN_OF_PACKED: Final = 4
"""So many plain bytes surely fit into one on the wire: sales shrink to an eighth. Where the window
is made narrow for a thin line, batches become small with it, and each passes before anybody's
patience with the connection ends."""

_LEASE_S: Final = 3600.0
"""Longer than a batch can be under way. Whoever borrows gives back; this is the net below."""

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
    """How large batches are, how long they may wait, and how much may be on its way.

    Attributes:
        resend_after_s: what the broker has confirmed and the ledger has not settled by then goes
            again.
        max_age_s: how long an event waits for company.
        window_bytes: bytes on the wire that the broker has not confirmed; one batch always may be,
            of at most four times as many plain bytes.
        confirm_within_s: a broker that does not confirm the oldest of them by then is left.
    """

    batch_events: int = 100
    batch_bytes: int = 1024 * 1024
    resend_after_s: float = 10.0
    fresh_share: float = 0.8
    max_age_s: float = 0.005
    window_bytes: int = 256 * 1024
    confirm_within_s: float = 60.0


class Egress:
    """Chooses leases for one connection. Not thread-safe: one sender owns it."""

    def __init__(
        self,
        lender: Lender,
        in_flight: InFlight,
        limits: Limits,
        last: Callable[[Stream], int],
    ) -> None:
        """``last`` gives the last sequence of a stream; what it gives now ends the history."""
        self._lender = lender
        self._in_flight = in_flight
        self._limits = limits
        self._batch_bytes = min(limits.batch_bytes, _PLAIN_OF_PACKED * limits.window_bytes)
        self._last = last
        self._marks = {stream: last(stream) for stream in PRIORITY}
        self._share = FreshShare(limits.fresh_share)
        self._company = Company(
            PRIORITY, last, batch_events=limits.batch_events, max_age_s=limits.max_age_s
        )

    def next(self, now_s: float) -> Lease | None:
        """The next batch to send, or None when nothing is waiting, or only for company."""
        return self._piece(now_s) or self._by_share(now_s)

    def due_s(self) -> float | None:
        """When events that wait for company have waited long enough; None where none do."""
        return self._company.due_s()

    def _piece(self, now_s: float) -> Lease | None:
        """A half of a batch that was refused: what is behind it must not wait for long."""
        for stream in PRIORITY:
            while (piece := self._in_flight.next_piece(stream)) is not None:
                lease = self._lend(stream, now_s, *piece)
                if lease is not None:
                    return lease
        return None

    def _by_share(self, now_s: float) -> Lease | None:
        for fresh in self._share.turns():
            lease = self._fresh(now_s) if fresh else self._history(now_s)
            if lease is not None:
                self._share.took(fresh=fresh)
                return lease
        return None

    def _fresh(self, now_s: float) -> Lease | None:
        on_the_way = len(self._in_flight) >= AT_ONCE
        for stream, mark in self._marks.items():
            if self._last(stream) <= mark:
                continue
            if self._company.awaits(stream, now_s, on_the_way=on_the_way):
                continue
            lease = self._lend(stream, now_s, mark + 1, None)
            if lease is not None:
                self._company.leaves(stream, lease.last)
                return lease
        return None

    def _history(self, now_s: float) -> Lease | None:
        for stream, mark in self._marks.items():
            lease = self._lend(stream, now_s, 1, mark) if mark else None
            if lease is not None:
                return lease
        return None

    def _lend(self, stream: Stream, now_s: float, first: int, last: int | None) -> Lease | None:
        return self._lender.lease(
            stream,
            max_events=self._limits.batch_events,
            max_bytes=self._batch_bytes,
            first=first,
            last=last,
            historical=first <= self._marks[stream],
            now_s=now_s,
            lease_s=_LEASE_S,
        )
