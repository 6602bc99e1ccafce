"""What is known of a group before its turn, so that little is left to do in it.

Only one transaction at a time appends to the ledger. Looking up what it holds already and sealing
what it does not hold can be done before, while the group before is still being stored. What that
one has added is remembered; what anybody else has added in between makes the look-up worthless, and
it is done once more, in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cloud.ledger.fact import Fact
from cloud.ledger.reading import Readable
from cloud.ledger.verdict import Contents, is_new
from models.wire.ids import TenantId

Known = Mapping[TenantId, Contents]


@dataclass(frozen=True, slots=True)
class Foresight:
    """What was found out about a group of readings, and is true of each part of it.

    Attributes:
        head: the ledger's last position at that moment.
        contents: what it held of the group's ids and natural keys up to there.
        sealed: bodies with personal members to the same bodies with those sealed.
    """

    head: int
    contents: Known
    sealed: Mapping[bytes, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Addition:
    """What one commit has added.

    Attributes:
        after, head: it holds the positions from ``after`` (not included) to ``head``.
        contents: all content between these; it may hold older content, too.
    """

    after: int
    head: int
    contents: Known


def new_and_personal(batches: Iterable[Readable], contents: Known) -> Iterator[Fact]:
    """Of the facts that name a person those that would be kept, as far as these contents tell."""
    for batch in batches:
        known = contents[batch.lane.device.tenant]
        for event in batch.events:
            if isinstance(event, Fact) and event.spans and is_new(event, known):
                yield event


def brought_up_to_date(
    foresight: Foresight, latest: Addition | None, head: int, batches: Iterable[Readable]
) -> dict[TenantId, Contents] | None:
    """The contents for these batches as of ``head``, the ledger's position now.

    None where somebody else has added to the ledger since, so that nobody here knows. The result
    belongs to the caller, who may change it.
    """
    contents = {tenant: known.copy() for tenant, known in foresight.contents.items()}
    if head == foresight.head:
        return contents
    if latest is None or latest.head != head or latest.after > foresight.head:
        return None
    for batch in batches:
        tenant = batch.lane.device.tenant
        added = latest.contents.get(tenant)
        if added is not None:
            _add(contents[tenant], added, batch)
    return contents


def _add(contents: Contents, added: Contents, batch: Readable) -> None:
    facts = [one for one in batch.events if isinstance(one, Fact)]
    for event_id in added.digests.keys() & {one.event_id for one in facts}:
        contents.digests.setdefault(event_id, set()).update(added.digests[event_id])
    for key in added.revisions.keys() & {one.natural_key for one in facts}:
        contents.revisions.setdefault(key, {}).update(added.revisions[key])
