"""Payloads become readings: everything about an arrival that can be known without the database.

Each event of a batch is a fact, which may be accepted, or a reject, which never will be as it
stands. Pure, and the larger part of ingest's work, so it happens before any lock is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import msgspec

from cloud.ledger.arrival import Arrival, Lane
from cloud.ledger.detail import unquoted
from cloud.ledger.fact import LAST_SEQUENCE, Fact, read_fact
from cloud.ledger.own_sales import OwnSales, find_own_sale, find_own_sales
from cloud.storage.columns import to_ms
from models.wire import ids
from models.wire.ack import Reason, Refusal
from models.wire.codec import Codec, unpacked
from models.wire.errors import BadBatch, BadEvent, BadIdentifier, TooLarge, UnreadableBatch
from models.wire.header import BatchHeader


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
    """A batch whose every sequence will be settled, ``first`` to ``first + len(events) - 1``.

    Attributes:
        received_ms: when it arrived, in milliseconds since 1970; every row of it says so.
    """

    arrival: Arrival
    lane: Lane
    first: int
    events: Sequence[Fact | Reject] = field(repr=False)
    received_ms: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "received_ms", to_ms(self.arrival.received_at))

    @property
    def last(self) -> int:
        """The last sequence."""
        return self.first + len(self.events) - 1


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
    plain = unpacked(arrival.payload)
    own = find_own_sales(arrival, plain) if plain is not None else None
    if plain is not None and own is not None:
        return readable(arrival, own, plain)
    return read_anything(arrival)


def readable(arrival: Arrival, own: OwnSales, plain: bytes) -> Readable:
    """The reading of a batch in which these sales were found."""
    lane = Lane(arrival.device, own.epoch, arrival.stream)
    return Readable(arrival, lane, own.run.first, own.facts(plain))


def read_anything(arrival: Arrival) -> Reading:
    """As ``read_arrival``, event by event: the way for whatever is not a batch of our own sales."""
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
        raise UnreadableBatch("the header names sequences beyond 53 bits")
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
            sale = find_own_sale(lane, sequence, bytes(raw))
            events.append(sale or read_fact(lane, source, sequence, raw))
        except BadEvent as error:
            events.append(_reject(arrival, header, sequence, raw, error))
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
