"""Facts as rows of ``ledger_event``, in the order of the table's columns."""

from __future__ import annotations

from typing import Final

from cloud.ledger.settlement import Outcome
from cloud.ledger.verdict import Kept

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


def row_of(kept: Kept, body: bytes, corrected_ms: int | None) -> tuple[object, ...]:
    """The values of ``COLUMNS``, in their order."""
    fact, lane = kept.fact, kept.batch.lane
    return (
        kept.position,
        lane.device.tenant,
        lane.device.store,
        lane.device.device,
        lane.epoch,
        lane.stream.value,
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
