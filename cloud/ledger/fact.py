"""Events become facts, as far as they keep the contract.

An event must be where it says it is, speak for its own device, be of a known type, fit its class,
and carry the id that its content asks for (or at least a UUID: whether a wrong id is a forgery or a
conflict only the ledger can tell). Beyond the wire's rules, nothing is let in that a database, or a
later reader of one, could not hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, assert_never

import msgspec

from cloud.ledger.arrival import Lane
from cloud.storage.columns import to_ms
from models.wire import ids
from models.wire.ack import Reason
from models.wire.digest import content_digest
from models.wire.envelope import ClockQuality, Envelope, expected_id, monotonic_ms, open_envelope
from models.wire.errors import BadEvent
from models.wire.events.capture import RecordQuarantined, RecordReleased
from models.wire.events.device import EpochClosed, Heartbeat, RangeVoid
from models.wire.events.footfall import FootfallCounted
from models.wire.events.footfall_audit import FootfallAudited
from models.wire.events.member import MemberRegistered
from models.wire.events.sale import SaleRecorded
from models.wire.ids import DevicePath
from models.wire.personal import PersonalSpan, personal_spans
from models.wire.ranges import Range, merge
from models.wire.registry import EventData, decode_data, event_type
from models.wire.topics import Stream

LAST_SEQUENCE: Final = 2**53 - 1
"""What every reader of JSON keeps exactly. A lane's neighbours are looked for on both sides of what
it settles, so the database's own largest integer (2**63 - 1) would leave no room beside it."""

KEY_LIMIT: Final = 256
"""Characters of a natural key; ours have about 50, and PostgreSQL's index takes 2,700 bytes."""

_SEALED = re.compile(rb'"sealed:1:[0-9a-f]{32}:')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIMES_MS: Final = range(-2_208_988_800_000, 253_402_214_400_000)
"""From 1900 to the last day of 9999: what every later reader can turn into a date again."""

_Voids = Sequence[tuple[Lane, Sequence[Range]]]


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An event that may be accepted.

    Attributes:
        id_fits: the id is the one that natural key and content ask for; True without a key.
        time_ms: the event's own time.
        bootid, monotonic_ms, clockquality: of the device when it was captured; monotonic_ms is None
            where it cannot be read, which harms nothing but the corrected time.
        body: its original bytes.
        voids: lanes and ranges that it declares will never come.
    """

    sequence: int
    event_id: str
    digest: bytes
    type: str
    version: int
    natural_key: str | None
    id_fits: bool
    fact_kind: str | None
    time_ms: int
    bootid: str
    monotonic_ms: int | None
    clockquality: ClockQuality
    historical: bool
    spans: Sequence[PersonalSpan]
    body: bytes
    voids: Sequence[tuple[Lane, Sequence[Range]]] = ()


def read_fact(lane: Lane, source: str, sequence: int, raw: msgspec.Raw) -> Fact:
    """Read one event; ``source`` is the prefix of the lane's device, computed once per batch.

    Raises:
        BadEvent: the event breaks the contract.
    """
    envelope = open_envelope(raw)
    _check_place(envelope, lane, source, sequence)
    body = bytes(raw)
    if has_sealed_literal(body):
        raise BadEvent(Reason.MALFORMED, "an event travels plain; this one holds a sealed literal")
    kind = event_type(envelope.type, envelope.dataschema)
    data = decode_data(kind, envelope.data)
    digest, spans = content_digest(envelope.data), personal_spans(kind, envelope.data)
    natural_key, fact_kind, voids = _particulars(lane.device, data)
    id_fits = natural_key is None or envelope.id == expected_id(lane.device, natural_key, digest)
    if (natural_key is None or not id_fits) and not _UUID.fullmatch(envelope.id):
        raise BadEvent(Reason.MALFORMED, "the id is not a lower-case UUID")
    return Fact(
        sequence=sequence,
        event_id=envelope.id,
        digest=digest,
        type=kind.name,
        version=kind.version,
        natural_key=natural_key,
        id_fits=id_fits,
        fact_kind=fact_kind,
        time_ms=_time_ms(envelope),
        bootid=envelope.bootid,
        monotonic_ms=monotonic_ms(envelope.monotonic),
        clockquality=envelope.clockquality,
        historical=envelope.historical,
        spans=spans,
        body=body,
        voids=voids,
    )


def has_sealed_literal(body: bytes) -> bool:
    """Whether an event holds what only the ledger may put there."""
    return b"sealed:1:" in body and _SEALED.search(body) is not None


def is_key_of(device: DevicePath, natural_key: str) -> bool:
    """Whether a natural key can be stored, and is of the device's own shop."""
    return (
        len(natural_key) <= KEY_LIMIT
        and natural_key.startswith(f"{device.store}/")
        and natural_key.isprintable()
    )


def _check_place(envelope: Envelope, lane: Lane, source: str, sequence: int) -> None:
    if envelope.source != source:
        raise BadEvent(Reason.SOURCE_MISMATCH, "the source is not the device of the topic")
    if envelope.epoch != lane.epoch or envelope.sequence != str(sequence):
        raise BadEvent(Reason.SEQUENCE_MISMATCH, "epoch or sequence is not what the batch says")


def _time_ms(envelope: Envelope) -> int:
    time_ms = to_ms(envelope.time)
    if time_ms not in TIMES_MS:
        raise BadEvent(Reason.MALFORMED, "envelope: time is not between the years 1900 and 9999")
    return time_ms


def _particulars(device: DevicePath, data: EventData) -> tuple[str | None, str | None, _Voids]:
    """Natural key, kind of fact, and what is void, as far as this type of event has them."""
    match data:
        case SaleRecorded():
            return _checked_key(device, data.natural_key), data.kind.value, ()
        case RangeVoid():
            return None, None, _voids(device, data.epoch, [(data.stream, data.ranges)])
        case EpochClosed():
            owed = [(one.stream, [(1, one.last)]) for one in data.streams if one.last != 0]
            return None, None, _voids(device, data.epoch, owed)
        case MemberRegistered() | FootfallCounted() | FootfallAudited() | Heartbeat():
            return None, None, ()
        case RecordQuarantined() | RecordReleased():
            return None, None, ()
        case _:
            assert_never(data)


def _checked_key(device: DevicePath, natural_key: str) -> str:
    """A key of the device's own shop: a till may not revise what another shop sold."""
    if is_key_of(device, natural_key):
        return natural_key
    if not 0 < len(natural_key) <= KEY_LIMIT or not natural_key.isprintable():
        raise BadEvent(
            Reason.MALFORMED, f"natural_key must be 1 to {KEY_LIMIT} printable characters"
        )
    raise BadEvent(Reason.SOURCE_MISMATCH, "natural_key must begin with the device's store")


def _voids(device: DevicePath, epoch: str, owed: Sequence[tuple[str, Sequence[Range]]]) -> _Voids:
    try:
        voids = [
            (Lane(device, ids.epoch(epoch), Stream(stream)), merge(ranges))
            for stream, ranges in owed
        ]
    except ValueError as error:
        raise BadEvent(Reason.MALFORMED, "void: not ranges of a stream and epoch") from error
    if any(ranges and ranges[-1][1] > LAST_SEQUENCE for _, ranges in voids):
        raise BadEvent(Reason.MALFORMED, "void: sequences beyond 53 bits")
    return voids
