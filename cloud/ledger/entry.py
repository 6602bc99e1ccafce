"""One entry of the ledger, as followers read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from cloud.errors import SchemaMismatch
from cloud.storage.columns import from_ms
from models.wire.envelope import ClockQuality
from models.wire.ids import DeviceId, EventId, StoreId, TenantId
from models.wire.registry import (
    EVENT_TYPES,
    MEMBER_REGISTERED,
    EventData,
    EventType,
    decode_data,
)


class _Inside(msgspec.Struct):
    data: msgspec.Raw


class _Clock(msgspec.Struct):
    clockquality: ClockQuality


_INSIDE = msgspec.json.Decoder(_Inside)
_CLOCK = msgspec.json.Decoder(_Clock)
_KINDS: Final[Mapping[tuple[str, int], EventType]] = MappingProxyType(
    {(known.name, known.version): known for known in EVENT_TYPES}
)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An event in the ledger.

    Attributes:
        position: grows by one per entry; readers follow it.
        natural_key: of a fact that has a key of its own, such as a sale.
        digest: of its content; with the natural key it names a revision.
        supersedes: the position of the newest earlier revision of the same natural key.
        conflict: it met other content under its id or its sequence. It is a fact all the same: a
            cloned disk records real sales. Show it, alarm about it, but do not drop it.
        time: as the device's clock said; ``received_at`` as ours said.
        corrected: when it was captured, by our clock; None where that could not be told.
        historical: sent late, after an outage.
        body: the event's bytes, personal members sealed.
    """

    position: int
    tenant: TenantId
    store: StoreId
    device: DeviceId
    event_id: EventId
    kind: EventType
    natural_key: str | None
    digest: bytes
    supersedes: int | None
    conflict: bool
    time: datetime
    received_at: datetime
    historical: bool
    body: bytes = field(repr=False)
    corrected: datetime | None = None

    @property
    def captured_at(self) -> datetime:
        """When it was captured, as well as we know: what decides which of two revisions is newer.

        Corrected, where that could be told; else the device's own word, but never behind its
        arrival.
        """
        return self.corrected or min(self.time, self.received_at)

    def clock_quality(self) -> ClockQuality:
        """What the device thought of its own clock."""
        return _CLOCK.decode(self.body).clockquality

    def data(self) -> EventData:
        """The event's data, upcast to its newest version.

        Sealed strings stay sealed tokens: open one with ``Sealer.open_text(event_id, text)``. A
        sealed birthday is no date and is left out; open ``body`` as a whole to read it.
        """
        data = _INSIDE.decode(self.body).data
        if self.kind.name == MEMBER_REGISTERED.name:
            return decode_data(self.kind, _without_sealed_birthday(data))
        return decode_data(self.kind, data)


def entry_of(row: Row[Any]) -> LedgerEntry:
    """An entry from a row of ``ledger_event``.

    Raises:
        SchemaMismatch: the row's type is unknown here: the program is older than the ledger.
    """
    kind = _KINDS.get((row.type, row.version))
    if kind is None:
        raise SchemaMismatch(
            f"ledger position {row.position} holds {row.type} version {row.version}, which this "
            "program does not know; install the newer version"
        )
    return LedgerEntry(
        position=row.position,
        tenant=row.tenant,
        store=row.store,
        device=row.device,
        event_id=row.event_id,
        kind=kind,
        natural_key=row.natural_key,
        digest=row.digest,
        supersedes=row.supersedes,
        conflict=row.disposition == "conflict",
        time=from_ms(row.time_ms),
        received_at=from_ms(row.received_ms),
        historical=row.historical,
        body=row.body,
        corrected=None if row.corrected_ms is None else from_ms(row.corrected_ms),
    )


def _without_sealed_birthday(data: msgspec.Raw) -> bytes:
    members = msgspec.json.decode(data)
    birthday = members.get("person", {}).get("birthday")
    if birthday is not None and len(birthday) != len("2000-01-31"):
        del members["person"]["birthday"]
    return msgspec.json.encode(members)
