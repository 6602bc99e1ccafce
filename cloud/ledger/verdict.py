"""Decides what becomes of every event that arrived, from what the ledger holds already. Pure.

A repeat is a duplicate only when its content is the same: same id and digest, or, for a fact with a
key of its own, same key and digest. The same id or the same sequence with other content is a
conflict: both are kept, and the device is asked to continue under a fresh epoch. A new content
under a known natural key is a revision and names the one before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, assert_never

import msgspec

from cloud.ledger.arrival import Lane
from cloud.ledger.fact import Fact
from cloud.ledger.reading import Readable, Reject, alone
from cloud.ledger.settlement import Book, Outcome
from models.wire.ack import Reason
from models.wire.ids import TenantId

SEQUENCE_TAKEN: Final = "sequence_taken"
"""Re-home: this sequence already holds other content."""

ID_TAKEN: Final = "id_taken"
"""Re-home: this event id already names other content."""

_NONE: Final[frozenset[bytes]] = frozenset()


@dataclass(frozen=True, slots=True)
class Contents:
    """What one tenant's ledger holds under the ids and natural keys that have arrived.

    Attributes:
        digests: the digests known under an event id.
        revisions: under a natural key, the position of each digest.
    """

    digests: dict[str, set[bytes]] = field(default_factory=dict)
    revisions: dict[str, dict[bytes, int]] = field(default_factory=dict)

    def copy(self) -> Contents:
        """The same, of its own."""
        return Contents(
            {event_id: set(digests) for event_id, digests in self.digests.items()},
            {key: dict(positions) for key, positions in self.revisions.items()},
        )


class Kept(msgspec.Struct, frozen=True, gc=False):
    """A fact that enters the ledger."""

    position: int
    batch: Readable
    fact: Fact
    conflict: bool
    supersedes: int | None


@dataclass(slots=True)
class Verdict:
    """The whole decision about one group of readings.

    Attributes:
        head: the ledger's last position once ``kept`` is stored.
        rejected: with the batch each one came in; they are dead letters.
        rehome: lanes whose device must change its epoch, and why.
    """

    head: int
    kept: list[Kept] = field(default_factory=list)
    rejected: list[tuple[Readable, Reject]] = field(default_factory=list)
    rehome: dict[Lane, str] = field(default_factory=dict)
    tally: Counter[Outcome] = field(default_factory=Counter)


def judge(
    batches: Iterable[Readable],
    books: Mapping[Lane, Book],
    contents: Mapping[TenantId, Contents],
    head: int,
) -> Verdict:
    """Decide about every event, in the order of arrival, and settle it in ``books``.

    ``books`` must hold the window of every batch and of every void range. ``contents`` grows by
    what is kept, so a repeat within the group is a duplicate too.
    """
    verdict = Verdict(head)
    for batch in batches:
        known = contents[batch.lane.device.tenant]
        _judge_batch(batch, books[batch.lane], known, verdict)
    for kept in verdict.kept:
        for lane, ranges in kept.fact.voids:
            for first, last in ranges:
                books[lane].settle(first, last, Outcome.VOID)
    return verdict


def is_new(fact: Fact, known: Contents) -> bool:
    """Whether this fact would be kept, if it came next."""
    return _outcome(fact, False, known) in (Outcome.ACCEPTED, Outcome.CONFLICT)


def _judge_batch(batch: Readable, book: Book, known: Contents, verdict: Verdict) -> None:
    taken = book.holds_content(batch.first, batch.last)
    if not taken and _all_unheard_of(batch, known):
        _keep_all(batch, known, verdict)
        book.settle(batch.first, batch.last, Outcome.ACCEPTED)
        return
    outcomes: list[Outcome] = []
    for event in batch.events:
        if isinstance(event, Fact):
            outcomes.append(_judge_fact(batch, event, event.sequence in taken, known, verdict))
        else:
            verdict.rejected.append((batch, event))
            outcomes.append(Outcome.REJECTED)
    verdict.tally.update(outcomes)
    _settle(book, batch.first, outcomes)


def _all_unheard_of(batch: Readable, known: Contents) -> bool:
    """Whether these are facts with keys of their own that nobody has used, as nearly all are.

    Each of them is then accepted: an id that fits its key can have met nothing else.
    """
    keys = {one.natural_key for one in batch.events if isinstance(one, Fact) and one.id_fits}
    return (
        len(keys) == len(batch.events)
        and None not in keys
        and known.revisions.keys().isdisjoint(keys)
    )


def _keep_all(batch: Readable, known: Contents, verdict: Verdict) -> None:
    """As ``_keep`` for each event of a batch that is all unheard of."""
    first = verdict.head + 1
    for position, fact in enumerate(batch.events, first):
        assert isinstance(fact, Fact)
        assert fact.natural_key is not None
        known.revisions[fact.natural_key] = {fact.digest: position}
        known.digests.setdefault(fact.event_id, set()).add(fact.digest)
        verdict.kept.append(Kept(position, batch, fact, False, None))
    verdict.head += len(batch.events)
    verdict.tally[Outcome.ACCEPTED] += len(batch.events)


def _judge_fact(
    batch: Readable, fact: Fact, taken: bool, known: Contents, verdict: Verdict
) -> Outcome:
    outcome = _outcome(fact, taken, known)
    match outcome:
        case Outcome.ACCEPTED:
            _keep(batch, fact, known, verdict)
        case Outcome.CONFLICT:
            _keep(batch, fact, known, verdict, conflict=True)
            verdict.rehome.setdefault(batch.lane, SEQUENCE_TAKEN if taken else ID_TAKEN)
        case Outcome.REJECTED:
            verdict.rejected.append((batch, _misnamed(batch, fact)))
        case Outcome.DUPLICATE | Outcome.VOID:
            pass
        case _:
            assert_never(outcome)
    return outcome


def _outcome(fact: Fact, taken: bool, known: Contents) -> Outcome:
    namesakes = known.digests.get(fact.event_id, _NONE)
    if not fact.id_fits and not namesakes:
        return Outcome.REJECTED
    if fact.natural_key is None:
        repeated, contested = fact.digest in namesakes, bool(namesakes)
    else:
        # An id that fits its content can have met nothing but that content.
        repeated = fact.digest in known.revisions.get(fact.natural_key, _NONE)
        contested = not fact.id_fits
    if repeated:
        return Outcome.DUPLICATE
    return Outcome.CONFLICT if taken or contested else Outcome.ACCEPTED


def _keep(
    batch: Readable, fact: Fact, known: Contents, verdict: Verdict, *, conflict: bool = False
) -> None:
    verdict.head += 1
    supersedes = None
    if fact.natural_key is not None:
        revisions = known.revisions.get(fact.natural_key)
        if revisions is None:
            known.revisions[fact.natural_key] = {fact.digest: verdict.head}
        else:
            supersedes = max(revisions.values(), default=None)
            revisions[fact.digest] = verdict.head
    known.digests.setdefault(fact.event_id, set()).add(fact.digest)
    verdict.kept.append(Kept(verdict.head, batch, fact, conflict, supersedes))


def _misnamed(batch: Readable, fact: Fact) -> Reject:
    return Reject(
        sequence=fact.sequence,
        reason=Reason.ID_MISMATCH,
        detail="the id is not the one of its natural key and content",
        payload=alone(batch.arrival, batch.lane.epoch, fact.sequence, fact.body),
    )


def _settle(book: Book, first: int, outcomes: Iterable[Outcome]) -> None:
    for outcome, equal in groupby(outcomes):
        count = sum(1 for _ in equal)
        book.settle(first, first + count - 1, outcome)
        first += count
