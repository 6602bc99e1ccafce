"""Event type and version to class, how to read it, and where it holds personal data.

Adding a field with a default needs nothing here. A changed meaning is a new version: a new entry
whose ``upcast`` turns the older data into the newer, so that readers know only the newest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec

from models.wire.ack import Reason
from models.wire.errors import DECODE_FAULTS, BadEvent, describe
from models.wire.events.capture import RecordQuarantined, RecordReleased
from models.wire.events.device import EpochClosed, Heartbeat, RangeVoid
from models.wire.events.footfall import FootfallCounted
from models.wire.events.footfall_audit import FootfallAudited
from models.wire.events.member import MemberRegistered
from models.wire.events.sale import SaleRecorded

EventData = (
    SaleRecorded
    | RecordQuarantined
    | RecordReleased
    | MemberRegistered
    | FootfallCounted
    | FootfallAudited
    | Heartbeat
    | RangeVoid
    | EpochClosed
)

_SCHEMA_PREFIX: Final = "urn:lianke:schema:"


@dataclass(frozen=True, slots=True)
class EventType:
    """One version of one event type.

    Attributes:
        name: the CloudEvents ``type``.
        data: the class of its data.
        keyed: whether the fact has a natural key and revisions of its own.
        upcast: for an outdated version, turns its decoded data into the next version's.
    """

    name: str
    version: int
    data: type[EventData]
    keyed: bool = False
    upcast: Callable[[EventData], EventData] | None = None

    @property
    def schema(self) -> str:
        """The CloudEvents ``dataschema``."""
        return f"{_SCHEMA_PREFIX}{self.name.removeprefix('lianke.')}:{self.version}"

    @property
    def file_name(self) -> str:
        """The name of the generated JSON Schema in ``models/wire/schemas``."""
        return f"{self.name.removeprefix('lianke.')}.{self.version}.json"


SALE_RECORDED: Final = EventType("lianke.sale.recorded", 1, SaleRecorded, keyed=True)
RECORD_QUARANTINED: Final = EventType("lianke.capture.quarantined", 1, RecordQuarantined)
RECORD_RELEASED: Final = EventType("lianke.capture.released", 1, RecordReleased)
MEMBER_REGISTERED: Final = EventType("lianke.member.registered", 1, MemberRegistered)
FOOTFALL_COUNTED: Final = EventType("lianke.footfall.counted", 1, FootfallCounted)
FOOTFALL_AUDITED: Final = EventType("lianke.footfall.audited", 1, FootfallAudited)
HEARTBEAT: Final = EventType("lianke.device.heartbeat", 1, Heartbeat)
RANGE_VOID: Final = EventType("lianke.range.void", 1, RangeVoid)
EPOCH_CLOSED: Final = EventType("lianke.epoch.closed", 1, EpochClosed)

EVENT_TYPES: Final = (
    SALE_RECORDED,
    RECORD_QUARANTINED,
    RECORD_RELEASED,
    MEMBER_REGISTERED,
    FOOTFALL_COUNTED,
    FOOTFALL_AUDITED,
    HEARTBEAT,
    RANGE_VOID,
    EPOCH_CLOSED,
)

_BY_SCHEMA: Final[Mapping[tuple[str, str], EventType]] = MappingProxyType(
    {(known.name, known.schema): known for known in EVENT_TYPES}
)
_DECODERS: Final[Mapping[str, msgspec.json.Decoder[EventData]]] = MappingProxyType(
    {known.schema: msgspec.json.Decoder(known.data) for known in EVENT_TYPES}
)


def event_type(name: str, schema: str) -> EventType:
    """The entry for an event's ``type`` and ``dataschema``; raises BadEvent when unknown."""
    known = _BY_SCHEMA.get((name, schema))
    if known is None:
        raise BadEvent(
            Reason.UNKNOWN_TYPE,
            f"type {name!r} with schema {schema!r} is unknown here; upgrade, then replay",
        )
    return known


def decode_data(known: EventType, data: bytes | msgspec.Raw) -> EventData:
    """Read an event's data into the newest version of its class.

    Raises:
        BadEvent: a required member is missing or of the wrong type. The message names the member,
            never its value.
    """
    try:
        decoded = _DECODERS[known.schema].decode(data)
    except DECODE_FAULTS as error:
        raise BadEvent(Reason.MALFORMED, f"{known.name}: {describe(error)}") from error
    return known.upcast(decoded) if known.upcast else decoded
