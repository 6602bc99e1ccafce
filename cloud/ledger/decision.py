"""What is to be stored of a group, decided from what the ledger holds. Pure, but for the sealing.

As nothing in here asks a database, a group may be decided before its turn, from what the ledger is
expected to hold by then. Where it holds just that, the decision is the one that would be made now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cloud.ledger.arrival import Lane
from cloud.ledger.fact import Fact
from cloud.ledger.reading import Readable
from cloud.ledger.rows import Row, rows_of
from cloud.ledger.settlement import Book
from cloud.ledger.timekeeping import Recollection
from cloud.ledger.verdict import Contents, Verdict, judge
from models.wire.ids import TenantId

Known = Mapping[TenantId, Contents]
Bodies = Callable[[Sequence[Fact]], Sequence[bytes]]
"""The bodies of facts as they are to be stored, in order."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the ledger holds of a group's lanes, ids, keys and devices, up to ``head``.

    Attributes:
        clocks: what is known of the clocks; None where no corrected times are stored.
    """

    head: int
    books: Mapping[Lane, Book]
    contents: Known
    clocks: Recollection | None


@dataclass(frozen=True, slots=True)
class Addition:
    """What one commit adds; equal to another one that adds the same content in the same place.

    Attributes:
        after, head: it holds the positions from ``after`` (not included) to ``head``.
        contents: all content between these; it may hold older content, too.
        books, clocks: what it leaves of its lanes and clocks.
    """

    after: int
    head: int
    contents: Known
    books: Mapping[Lane, Book] = field(compare=False)
    clocks: Recollection | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a group: the verdict, and the rows of what is kept, in order."""

    addition: Addition
    verdict: Verdict
    rows: Sequence[Row]


def decide(batches: Sequence[Readable], holdings: Holdings, bodies: Bodies) -> Decision:
    """Decide about a group; ``holdings`` are used up. Raises as ``bodies``."""
    books, contents, clocks = holdings.books, holdings.contents, holdings.clocks
    verdict = judge(batches, books, contents, holdings.head)
    kept = verdict.kept
    sealed = bodies([one.fact for one in kept])
    times = clocks.correct(kept) if clocks else [None] * len(kept)
    addition = Addition(holdings.head, verdict.head, contents, books, clocks)
    return Decision(addition, verdict, list(rows_of(kept, sealed, times)))
