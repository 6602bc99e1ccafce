"""What ingest has counted since it started, for status pages and metrics."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from cloud.ledger.arrival import Appended


@dataclass(slots=True)
class Tally:
    """Plain counters, each object written by one thread only; reading them is always safe.

    Attributes:
        messages: everything the broker delivered.
        accepted, duplicates, conflicts, rejected: events.
        refused: batches whose senders must bisect them.
        unreadable: payloads that named no sequence.
        withheld: events left with their shops, after too many refusals; repeats count again.
        fenced: events and documents of parts that were lost; whoever holds them now takes them.
        foreign_topics: messages on topics that are not ours.
        unknown_devices: messages of devices that are not enrolled.
        documents: births, states and twins; ``bad_documents`` those that could not be used.
        unanswered: acknowledgements and welcomes that found no connection.
        retries: waits for the database.
        mishaps: exceptions that nobody raises on purpose; each one is worth a bug report.
    """

    messages: int = 0
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    refused: int = 0
    unreadable: int = 0
    withheld: int = 0
    fenced: int = 0
    foreign_topics: int = 0
    unknown_devices: int = 0
    documents: int = 0
    bad_documents: int = 0
    unanswered: int = 0
    retries: int = 0
    mishaps: int = 0

    def add(self, appended: Appended) -> None:
        """Count what one commit did."""
        self.accepted += appended.accepted
        self.duplicates += appended.duplicates
        self.conflicts += appended.conflicts
        self.rejected += appended.rejected
        self.refused += appended.refused
        self.unreadable += appended.unreadable

    def plus(self, other: Self) -> Self:
        """What two threads have counted together."""
        names = [each.name for each in fields(self)]
        return type(self)(**{name: getattr(self, name) + getattr(other, name) for name in names})
