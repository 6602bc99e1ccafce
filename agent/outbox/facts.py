"""What goes into the outbox and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from models.vault.seal import Unsealed
from models.wire.events.device import EpochClosed, RangeVoid
from models.wire.ids import Epoch, EventId
from models.wire.personal import PersonalSpan
from models.wire.topics import Stream


@dataclass(frozen=True, slots=True, repr=False)
class Draft(Unsealed):
    """A composed event, plain and without epoch and sequence (``envelope.compose``).

    Attributes:
        spans: where ``body`` holds personal data (``personal.personal_spans``).
    """

    event_id: EventId
    spans: Sequence[PersonalSpan] = ()

    def __repr__(self) -> str:
        return f"Draft({self.event_id}, {len(self.body)} bytes)"


ComposeClosed = Callable[[EpochClosed], Draft]
"""Turns the notice that an epoch ended into an event of this device."""

ComposeVoid = Callable[[RangeVoid], Draft]
"""Turns the notice that sequences will never come into an event of this device."""


class Stored(msgspec.Struct, frozen=True):
    """What became of one draft.

    Attributes:
        sequence: its place in its stream; None when the event was known already.
        known: the outbox still remembers this event id, so nothing was added.
    """

    event_id: EventId
    sequence: int | None
    known: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lease:
    """Consecutive events taken for sending, in the clear: they live in memory only.

    Attributes:
        events: stamped events; the first carries the sequence ``first``. Once they are packed the
            borrower may ``forget`` them: a lease lasts until the ledger's word.
        last: the sequence of the last event.
    """

    epoch: Epoch
    stream: Stream
    first: int
    events: list[bytes]
    last: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "last", self.first + len(self.events) - 1)

    def __len__(self) -> int:
        return self.last - self.first + 1

    def forget(self) -> None:
        """Let go of the events' bytes; what is lent stays lent."""
        self.events.clear()

    def __repr__(self) -> str:
        return f"Lease({self.epoch}, {self.stream}, {self.first}..{self.last})"


@dataclass(frozen=True, slots=True)
class Depth:
    """How much of one stream the ledger has not settled.

    Attributes:
        pending: unsettled events, of older epochs too where a restored cloud asks for them again.
        oldest_appended_at: aware UTC; None when nothing is pending.
        last: the greatest sequence assigned in the current epoch, 0 for none.
        kept: events that lie here, settled ones within their retention too.
    """

    stream: Stream
    pending: int
    oldest_appended_at: datetime | None
    last: int
    kept: int = 0
