"""What is known of a group before its turn, so that little is left to do in it.

Only one transaction at a time appends to the ledger. Looking up what it holds already, sealing what
it does not hold, and deciding about the group can be done before, while the group before is still
being stored. What that one adds is known; what anybody else has added in between makes the decision
worthless, and the look-up as well: both are made once more, in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cloud.ledger.arrival import Lane
from cloud.ledger.decision import Addition, Decision, Holdings, Known
from cloud.ledger.fact import Fact
from cloud.ledger.lanes import windows, within
from cloud.ledger.reading import Readable
from cloud.ledger.settlement import Book
from cloud.ledger.verdict import Contents, is_new
from models.wire.ids import TenantId


@dataclass(frozen=True, slots=True)
class Ahead:
    """A decision made before its turn.

    Attributes:
        batches: what it is about, no more and no less.
        follows: what it takes to be stored since the look-up; None where that was nothing.
    """

    batches: Sequence[Readable]
    follows: Addition | None
    decision: Decision


@dataclass(frozen=True, slots=True)
class Foresight:
    """What was found out about a group of readings.

    All but the decision is true of each part of the group.

    Attributes:
        look: what the ledger held of it at that moment.
        sealed: bodies with personal members to the same bodies with those sealed.
        ahead: what was decided; None where that was not worth trying.
    """

    look: Holdings
    sealed: Mapping[bytes, bytes] = field(repr=False)
    ahead: Ahead | None = None


def new_and_personal(batches: Iterable[Readable], contents: Known) -> Iterator[Fact]:
    """Of the facts that name a person those that would be kept, as far as these contents tell."""
    for batch in batches:
        known = contents[batch.lane.device.tenant]
        for event in batch.events:
            if isinstance(event, Fact) and event.spans and is_new(event, known):
                yield event


def expected(
    look: Holdings, underway: Addition | None, batches: Sequence[Readable]
) -> Holdings | None:
    """What the ledger will hold when ``underway`` is stored, and nothing else since the look.

    None where something else was stored since. Books and clocks of the look are used up.
    """
    if underway is None or underway.head <= look.head:
        return Holdings(look.head, look.books, _copied(look.contents), look.clocks)
    contents = brought_up_to_date(look, underway, underway.head, batches)
    if contents is None:
        return None
    clocks = look.clocks.after(underway.clocks) if look.clocks and underway.clocks else None
    return Holdings(underway.head, _books(look, underway, batches), contents, clocks)


def stands(
    foresight: Foresight, latest: Addition | None, found: Holdings, batches: Sequence[Readable]
) -> bool:
    """Whether what was decided ahead is what would be decided of ``found``, in turn.

    ``latest`` is what this process has stored last. The contents of ``found`` are not looked at:
    they follow from its position and from what was added since the look.
    """
    ahead = foresight.ahead
    if ahead is None or ahead.decision.addition.after != found.head:
        return False
    if found.head != foresight.look.head and (latest is None or latest != ahead.follows):
        return False
    addition = ahead.decision.addition
    return (
        len(batches) == len(ahead.batches)
        and all(ours is theirs for ours, theirs in zip(batches, ahead.batches, strict=True))
        and _opened(addition.books) == _opened(found.books)
        and (found.clocks is None or found.clocks.agrees(addition.clocks))
    )


def brought_up_to_date(
    look: Holdings, latest: Addition | None, head: int, batches: Iterable[Readable]
) -> dict[TenantId, Contents] | None:
    """The contents for these batches as of ``head``, the ledger's position now.

    None where somebody else has added to the ledger since, so that nobody here knows. The result
    belongs to the caller, who may change it.
    """
    contents = _copied(look.contents)
    if head == look.head:
        return contents
    if latest is None or latest.head != head or latest.after > look.head:
        return None
    for batch in batches:
        tenant = batch.lane.device.tenant
        added = latest.contents.get(tenant)
        if added is not None:
            _add(contents[tenant], added, batch)
    return contents


def _copied(contents: Known) -> dict[TenantId, Contents]:
    return {tenant: known.copy() for tenant, known in contents.items()}


def _add(contents: Contents, added: Contents, batch: Readable) -> None:
    facts = [one for one in batch.events if isinstance(one, Fact)]
    for event_id in added.digests.keys() & {one.event_id for one in facts}:
        contents.digests.setdefault(event_id, set()).update(added.digests[event_id])
    for key in added.revisions.keys() & {one.natural_key for one in facts}:
        contents.revisions.setdefault(key, {}).update(added.revisions[key])


def _books(look: Holdings, underway: Addition, batches: Sequence[Readable]) -> Mapping[Lane, Book]:
    """The books as they will be opened once ``underway`` is stored."""
    spans = windows(batches)
    for lane in spans.keys() & underway.books.keys():
        for run in underway.books[lane].runs:
            look.books[lane].settle(*run)
    return {lane: Book(within(look.books[lane].runs, span)) for lane, span in spans.items()}


def _opened(books: Mapping[Lane, Book]) -> Mapping[Lane, object]:
    return {lane: book.opened for lane, book in books.items()}
