"""The outside of every event: a CloudEvents 1.0 JSON object with our extension attributes.

``sequence`` and ``monotonic`` are strings, since they may pass 32 bits and JSON readers in other
languages round large numbers. The device composes an event once, without epoch and sequence, and
stamps those on when it sends: an event that moves to a new epoch keeps its content byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from models.wire.ack import Reason
from models.wire.errors import DECODE_FAULTS, BadEvent, describe
from models.wire.ids import DevicePath, EventId, keyed_event_id
from models.wire.registry import EventData, EventType

MAX_EVENT_BYTES: Final = 256 * 1024
"""One event, uncompressed. A receipt of 2,000 lines stays below it."""

_SEQUENCE = re.compile(r"[1-9][0-9]{0,18}")
_MONOTONIC = re.compile(r"[0-9]{1,15}")

LATE: Final = b',"historical":true'
"""The mark of an event sent late: all that differs between two sendings under one sequence."""


class ClockQuality(StrEnum):
    """How far the device's wall clock can be believed.

    ``unset`` means that it is known to be wrong, since it shows a time that has surely passed. The
    event's ``time`` is then the latest moment that has surely passed, where the device knows one.
    """

    SYNCHRONISED = "synchronised"
    FREE = "free"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was captured, as the device knows it.

    Attributes:
        wall: aware UTC.
        monotonic_ms: milliseconds since boot, also while the device slept.
    """

    wall: datetime
    monotonic_ms: int
    bootid: str
    quality: ClockQuality = ClockQuality.FREE


class _Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    specversion: str
    id: str
    source: str
    type: str
    time: str
    datacontenttype: str
    dataschema: str
    subject: str | None = None
    bootid: str
    monotonic: str
    clockquality: str
    data: msgspec.Raw


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A received event. ``data`` stays bytes until its type is known."""

    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    dataschema: str
    data: msgspec.Raw
    sequence: str
    epoch: str
    bootid: str
    monotonic: str
    clockquality: ClockQuality
    subject: str | None = None
    historical: bool = False


_ENVELOPES = msgspec.json.Decoder(Envelope)


def utc_ms(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as CloudEvents ``time`` wants it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def monotonic_ms(text: str) -> int | None:
    """The attribute ``monotonic`` as a number; None for what is no decimal of 1 to 15 digits."""
    return int(text) if _MONOTONIC.fullmatch(text) else None


def compose(
    *,
    device: DevicePath,
    event_id: EventId,
    kind: EventType,
    data: EventData,
    at: Moment,
    subject: str | None = None,
) -> bytes:
    """The event's bytes without epoch and sequence, ready to be stored in an outbox."""
    return msgspec.json.encode(
        _Draft(
            specversion="1.0",
            id=event_id,
            source=device.prefix,
            type=kind.name,
            time=utc_ms(at.wall),
            datacontenttype="application/json",
            dataschema=kind.schema,
            subject=subject,
            bootid=at.bootid,
            monotonic=str(at.monotonic_ms),
            clockquality=at.quality,
            data=msgspec.Raw(msgspec.json.encode(data)),
        )
    )


def stamp(body: bytes, epoch: str, sequence: int, *, historical: bool = False) -> bytes:
    """Complete a composed event with where it stands in its stream."""
    return stamp_run([body], epoch, sequence, historical=historical)[0]


def stamp_run(
    bodies: Iterable[bytes], epoch: str, first: int, *, historical: bool = False
) -> list[bytes]:
    """The same for consecutive events, of which the first has the sequence ``first``."""
    before = b',"epoch":"%b","sequence":"' % epoch.encode()
    after = b'"%b}' % (LATE if historical else b"")
    return [
        b"".join((body[:-1], before, b"%d" % sequence, after))
        for sequence, body in enumerate(bodies, first)
    ]


def open_envelope(raw: bytes | msgspec.Raw) -> Envelope:
    """Read the outside of a stamped event.

    Raises:
        BadEvent: not a CloudEvents object of ours, larger than MAX_EVENT_BYTES, or a sequence
            that is not a positive decimal number.
    """
    if len(memoryview(raw)) > MAX_EVENT_BYTES:
        raise BadEvent(Reason.TOO_LARGE, f"an event may hold {MAX_EVENT_BYTES} bytes")
    try:
        envelope = _ENVELOPES.decode(raw)
    except DECODE_FAULTS as error:
        raise BadEvent(Reason.MALFORMED, f"envelope: {describe(error)}") from error
    if envelope.specversion != "1.0":
        raise BadEvent(Reason.MALFORMED, "envelope: specversion must be 1.0")
    if envelope.time.tzinfo is None:
        raise BadEvent(Reason.MALFORMED, "envelope: time has no offset")
    if not _SEQUENCE.fullmatch(envelope.sequence):
        raise BadEvent(Reason.MALFORMED, "envelope: sequence must be a positive decimal string")
    return envelope


def expected_id(device: DevicePath, natural_key: str, digest: bytes) -> EventId:
    """The id that an event with a natural key must carry."""
    return keyed_event_id(device.tenant, natural_key, digest.hex())
