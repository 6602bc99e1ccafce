"""Looks up what the ledger holds of the ids and natural keys that have arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from sqlalchemy import Connection, bindparam, select

from cloud.ledger.fact import Fact
from cloud.ledger.reading import Readable
from cloud.ledger.tables import EventRow, table_of
from cloud.ledger.verdict import Contents
from models.wire.ids import TenantId

_AT_ONCE: Final = 1000
"""Values per statement; SQLite takes 32,766 parameters, and a batch may hold more events."""

_EVENTS: Final = table_of(EventRow)
_BY_KEY = select(_EVENTS.c.natural_key, _EVENTS.c.digest, _EVENTS.c.position).where(
    _EVENTS.c.tenant == bindparam("tenant"),
    _EVENTS.c.natural_key.in_(bindparam("values", expanding=True)),
)
_BY_ID = select(_EVENTS.c.event_id, _EVENTS.c.digest).where(
    _EVENTS.c.tenant == bindparam("tenant"),
    _EVENTS.c.event_id.in_(bindparam("values", expanding=True)),
)


def load_contents(connection: Connection, batches: Iterable[Readable]) -> dict[TenantId, Contents]:
    """Per tenant, all that ``judge`` needs to know of the ledger for these batches."""
    facts: dict[TenantId, list[Fact]] = defaultdict(list)
    for batch in batches:
        facts[batch.lane.device.tenant] += [one for one in batch.events if isinstance(one, Fact)]
    return {tenant: _load(connection, tenant, arrived) for tenant, arrived in facts.items()}


def _load(connection: Connection, tenant: TenantId, facts: Sequence[Fact]) -> Contents:
    contents = Contents()
    keys = {fact.natural_key for fact in facts if fact.natural_key is not None}
    for some in _chunks(keys):
        for key, digest, position in connection.execute(
            _BY_KEY, {"tenant": tenant, "values": some}
        ):
            contents.revisions.setdefault(key, {})[digest] = position
    # An id that fits its natural key is already answered by the key.
    ids = {fact.event_id for fact in facts if fact.natural_key is None or not fact.id_fits}
    for some in _chunks(ids):
        for event_id, digest in connection.execute(_BY_ID, {"tenant": tenant, "values": some}):
            contents.digests.setdefault(event_id, set()).add(digest)
    return contents


def _chunks(values: Collection[str]) -> Iterator[list[str]]:
    rest = iter(sorted(values))  # neighbours in the index are read together
    while some := list(islice(rest, _AT_ONCE)):
        yield some
