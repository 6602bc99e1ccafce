"""Payloads become facts: everything about an arrival that can be known without the database.

A fact may be accepted; a reject never will be, as it stands. What is checked here is the contract:
the event is where it says it is, speaks for its own device, is of a known type, fits its class, and
carries the id that its content asks for. Pure, and the larger part of ingest's work, so it happens
before any lock is taken.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, assert_never

import msgspec

from cloud.ledger.arrival import Arrival, Lane
from cloud.ledger.detail import unquoted
from cloud.storage.columns import to_ms
from models.wire import ids
from models.wire.ack import Reason, Refusal
from models.wire.codec import BatchHeader, Codec
from models.wire.digest import content_digest
from models.wire.envelope import Envelope, expected_id, open_envelope
from models.wire.errors import BadBatch, BadEvent, BadIdentifier, TooLarge, UnreadableBatch
from models.wire.events.device import EpochClosed, Heartbeat, RangeVoid
from models.wire.events.member import MemberRegistered
from models.wire.events.sale import SaleRecorded
from models.wire.ids import DevicePath
from models.wire.personal import PersonalSpan, personal_spans
from models.wire.ranges import Range, merge
from models.wire.registry import EventData, EventType, decode_data, event_type
from models.wire.topics import Stream

LAST_SEQUENCE: Final = 2**63 - 1
"""The database's largest integer; the wire's grammar allows a little more."""

KEY_LIMIT: Final = 256
"""Characters of a natural key; ours have about 50, and PostgreSQL's index takes 2,700 bytes."""

_SEALED = re.compile(rb'"sealed:1:[0-9a-f]{32}:')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIMES_MS: Final = range(-2_208_988_800_000, 253_402_214_400_000)
"""From 1900 to the last day of 9999: what every later reader can turn into a date again."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that may be accepted.

    Attributes:
        id_fits: the id is the one that natural key and content ask for; True without a key.
        time_ms: the event's own time.
        body: its original bytes.
        voids: lanes and ranges that it declares will never come.
    """

    sequence: int
    event_id: str
    digest: bytes
    kind: EventType
    natural_key: str | None
    id_fits: bool
    fact_kind: str | None
    time_ms: int
    historical: bool
    spans: Sequence[PersonalSpan]
    body: bytes
    voids: Sequence[tuple[Lane, Sequence[Range]]] = ()


class Reject(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that can never be accepted as it stands.

    Attributes:
        reason: a stable word for the sender.
        detail: for people; quotes nothing.
        payload: what the dead letter keeps: a batch of this one event, ready to be read again.
    """

    sequence: int
    reason: str
    detail: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Readable:
    """A batch whose every sequence will be settled, ``first`` to ``first + len(events) - 1``."""

    arrival: Arrival
    lane: Lane
    first: int
    events: Sequence[Fact | Reject] = field(repr=False)

    @property
    def last(self) -> int:
        """The last sequence."""
        return self.first + len(self.events) - 1

    @property
    def received_ms(self) -> int:
        """When it arrived, in milliseconds since 1970."""
        return to_ms(self.arrival.received_at)


@dataclass(frozen=True, slots=True)
class Refused:
    """A batch of several events whose body cannot be read: the sender shall bisect it."""

    arrival: Arrival
    lane: Lane
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A payload that names no sequence: a dead letter, and nothing to acknowledge."""

    arrival: Arrival
    detail: str


Reading = Readable | Refused | Unreadable


def read_arrival(arrival: Arrival) -> Reading:
    """Read and check a payload. Never raises for what a device may send."""
    try:
        batch = Codec().decode(arrival.payload)
        lane = _lane(arrival, batch.header)
    except (UnreadableBatch, RecursionError) as error:
        return Unreadable(arrival, unquoted(error))
    except BadBatch as error:
        return refuse(arrival, error.header, error.reason, unquoted(error))
    events = _events(arrival, lane, batch.header, batch.events)
    return Readable(arrival, lane, batch.header.first, events)


def distrust(arrival: Arrival, detail: str) -> Reading:
    """The reading of a payload that made this program fail: nothing in it but its header counts.

    The sender halves it until the events that do no harm are through.
    """
    try:
        header = Codec().decode(arrival.payload).header
    except BadBatch as error:
        header = error.header
    except (UnreadableBatch, RecursionError):
        return Unreadable(arrival, detail)
    return refuse(arrival, header, Reason.MALFORMED, detail)


def refuse(arrival: Arrival, header: BatchHeader, reason: str, detail: str) -> Reading:
    """The answer to a batch that cannot be used although its header can be read.

    One event alone is rejected and thereby settled; several are refused, for the sender to halve.
    """
    try:
        lane = _lane(arrival, header)
    except UnreadableBatch as error:
        return Unreadable(arrival, unquoted(error))
    if header.count > 1:
        return Refused(arrival, lane, Refusal(header.first, header.count, reason))
    alone = Reject(sequence=header.first, reason=reason, detail=detail, payload=arrival.payload)
    return Readable(arrival, lane, header.first, [alone])


def without_unsealable(batch: Readable, bodies: Collection[bytes]) -> Readable:
    """The batch with these facts rejected: their personal data could not be kept sealed."""
    events = [
        _unsealable(batch, event) if isinstance(event, Fact) and event.body in bodies else event
        for event in batch.events
    ]
    return Readable(batch.arrival, batch.lane, batch.first, events)


def _unsealable(batch: Readable, fact: Fact) -> Reject:
    return Reject(
        sequence=fact.sequence,
        reason=Reason.MALFORMED,
        detail="a personal member is not written plainly, so it cannot be sealed in place",
        payload=alone(batch.arrival, batch.lane.epoch, fact.sequence, fact.body),
    )


def _lane(arrival: Arrival, header: BatchHeader) -> Lane:
    if header.stream != arrival.stream:
        raise UnreadableBatch("the header names another stream than the topic")
    if header.last > LAST_SEQUENCE:
        raise UnreadableBatch("the header names sequences beyond 63 bits")
    try:
        return Lane(arrival.device, ids.epoch(header.epoch), arrival.stream)
    except BadIdentifier as error:
        raise UnreadableBatch("the header's epoch is not 32 lower-case hex digits") from error


def _events(
    arrival: Arrival, lane: Lane, header: BatchHeader, raws: Sequence[msgspec.Raw]
) -> list[Fact | Reject]:
    source = arrival.device.prefix
    events: list[Fact | Reject] = []
    for sequence, raw in enumerate(raws, header.first):
        try:
            events.append(_fact(lane, source, sequence, raw))
        except BadEvent as error:
            events.append(_reject(arrival, header, sequence, raw, error))
        except RecursionError:
            deep = BadEvent(Reason.MALFORMED, "nested too deeply")
            events.append(_reject(arrival, header, sequence, raw, deep))
    return events


def _reject(
    arrival: Arrival, header: BatchHeader, sequence: int, raw: msgspec.Raw, error: BadEvent
) -> Reject:
    return Reject(
        sequence=sequence,
        reason=error.reason,
        detail=unquoted(error),
        payload=alone(arrival, header.epoch, sequence, bytes(raw)),
    )


def alone(arrival: Arrival, epoch: str, sequence: int, event: bytes) -> bytes:
    """A payload of this one event; the whole arrival's where the event alone is too large."""
    try:
        return Codec().encode(epoch, arrival.stream, sequence, [event])
    except TooLarge:
        return arrival.payload


def _fact(lane: Lane, source: str, sequence: int, raw: msgspec.Raw) -> Fact:
    envelope = open_envelope(raw)
    _check_place(envelope, lane, source, sequence)
    body = bytes(raw)
    if b"sealed:1:" in body and _SEALED.search(body):
        raise BadEvent(Reason.MALFORMED, "an event travels plain; this one holds a sealed literal")
    kind = event_type(envelope.type, envelope.dataschema)
    data = decode_data(kind, envelope.data)
    digest = content_digest(envelope.data)
    natural_key, fact_kind, voids = _particulars(lane.device, data)
    id_fits = natural_key is None or envelope.id == expected_id(lane.device, natural_key, digest)
    if (natural_key is None or not id_fits) and not _UUID.fullmatch(envelope.id):
        raise BadEvent(Reason.MALFORMED, "the id is not a lower-case UUID")
    return Fact(
        sequence=sequence,
        event_id=envelope.id,
        digest=digest,
        kind=kind,
        natural_key=natural_key,
        id_fits=id_fits,
        fact_kind=fact_kind,
        time_ms=_time_ms(envelope),
        historical=envelope.historical,
        spans=personal_spans(kind, envelope.data),
        body=body,
        voids=voids,
    )


def _check_place(envelope: Envelope, lane: Lane, source: str, sequence: int) -> None:
    if envelope.source != source:
        raise BadEvent(Reason.SOURCE_MISMATCH, "the source is not the device of the topic")
    if envelope.epoch != lane.epoch or envelope.sequence != str(sequence):
        raise BadEvent(Reason.SEQUENCE_MISMATCH, "epoch or sequence is not what the batch says")


def _time_ms(envelope: Envelope) -> int:
    time_ms = to_ms(envelope.time)
    if time_ms not in _TIMES_MS:
        raise BadEvent(Reason.MALFORMED, "envelope: time is not between the years 1900 and 9999")
    return time_ms


_Voids = Sequence[tuple[Lane, Sequence[Range]]]


def _particulars(device: DevicePath, data: EventData) -> tuple[str | None, str | None, _Voids]:
    """Natural key, kind of fact, and what is void, as far as this type of event has them."""
    match data:
        case SaleRecorded():
            return _checked_key(data.natural_key), data.kind.value, ()
        case RangeVoid():
            return None, None, _voids(device, data.epoch, [(data.stream, data.ranges)])
        case EpochClosed():
            owed = [(one.stream, [(1, one.last)]) for one in data.streams if one.last != 0]
            return None, None, _voids(device, data.epoch, owed)
        case MemberRegistered() | Heartbeat():
            return None, None, ()
        case _:
            assert_never(data)


def _checked_key(natural_key: str) -> str:
    if not 0 < len(natural_key) <= KEY_LIMIT or not natural_key.isprintable():
        raise BadEvent(
            Reason.MALFORMED, f"natural_key must be 1 to {KEY_LIMIT} printable characters"
        )
    return natural_key


def _voids(device: DevicePath, epoch: str, owed: Sequence[tuple[str, Sequence[Range]]]) -> _Voids:
    try:
        voids = [
            (Lane(device, ids.epoch(epoch), Stream(stream)), merge(ranges))
            for stream, ranges in owed
        ]
    except ValueError as error:
        raise BadEvent(Reason.MALFORMED, "void: not ranges of a stream and epoch") from error
    if any(ranges and ranges[-1][1] > LAST_SEQUENCE for _, ranges in voids):
        raise BadEvent(Reason.MALFORMED, "void: sequences beyond 63 bits")
    return voids
