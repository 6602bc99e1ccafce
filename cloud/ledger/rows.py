"""Facts as rows of ``ledger_event``, in the order of the table's columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from cloud.ledger.arrival import Lane
from cloud.ledger.settlement import Outcome
from cloud.ledger.verdict import Kept

Row = tuple[object, ...]

COLUMNS: Final = (
    "position",
    "tenant",
    "store",
    "device",
    "epoch",
    "stream",
    "sequence",
    "event_id",
    "digest",
    "type",
    "version",
    "natural_key",
    "supersedes",
    "disposition",
    "fact_kind",
    "time_ms",
    "received_ms",
    "corrected_ms",
    "historical",
    "body",
)

_ACCEPTED: Final = Outcome.ACCEPTED.value
_CONFLICT: Final = Outcome.CONFLICT.value
_LANE: Final = attrgetter("batch.lane")


def rows_of(
    kept: Sequence[Kept], bodies: Sequence[bytes], corrected_ms: Sequence[int | None]
) -> Iterator[Row]:
    """The values of ``COLUMNS`` of facts with these bodies and corrected times, in their order."""
    rest = zip(bodies, corrected_ms, strict=True)
    for lane, neighbours in groupby(kept, _LANE):
        origin = _origin(lane)
        for one in neighbours:
            yield _row(one, origin, *next(rest))


def _origin(lane: Lane) -> Row:
    """The second to sixth column: the same for all of a lane."""
    device = lane.device
    return device.tenant, device.store, device.device, lane.epoch, lane.stream.value


def _row(kept: Kept, origin: Row, body: bytes, corrected_ms: int | None) -> Row:
    fact = kept.fact
    return (
        kept.position,
        *origin,
        fact.sequence,
        fact.event_id,
        fact.digest,
        fact.type,
        fact.version,
        fact.natural_key,
        kept.supersedes,
        _CONFLICT if kept.conflict else _ACCEPTED,
        fact.fact_kind,
        fact.time_ms,
        kept.batch.received_ms,
        corrected_ms,
        fact.historical,
        body,
    )
