"""Outboxes with small budgets, a disk whose free bytes the test sets, and minutes to fill them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from agent.config.outbox import OutboxSettings
from agent.outbox import Draft, Outbox, Thrift
from models.wire.envelope import Moment, compose, open_envelope
from models.wire.events.device import Heartbeat, RangeVoid
from models.wire.events.footfall import FootfallCounted
from models.wire.ids import uuid7
from models.wire.registry import (
    FOOTFALL_COUNTED,
    HEARTBEAT,
    EventData,
    EventType,
    decode_data,
    event_type,
)
from models.wire.topics import Stream
from tests.simulators.facts import NOON, SHOP, a_minute
from tests.simulators.outbox_parts import take

SMALL = OutboxSettings(
    budget_bytes=2 << 20,
    sale_reserve_bytes=1 << 20,
    footfall_bytes=50_000,
    telemetry_bytes=50_000,
    free_floor_bytes=1 << 20,
)


@dataclass
class Disk:
    """A disk with so many bytes free as the test says."""

    free_bytes: int = 1 << 40

    def ask(self, _folder: Path) -> int:
        """What ``Thrift.free_bytes`` wants."""
        return self.free_bytes

    def thrift(self, settings: OutboxSettings = SMALL) -> Thrift:
        """Budgets on this disk."""
        return Thrift(settings, free_bytes=self.ask)


@dataclass
class Camera:
    """Counts minute after minute, and remembers everybody."""

    name: str = "door"
    minute: int = 0
    ingress: int = 0
    random: random.Random = field(default_factory=lambda: random.Random(5))

    def next(self, count: int = 1) -> list[Draft]:
        """The next minutes, as drafts."""
        return [a_count(self._minute(), self.random) for _ in range(count)]

    def _minute(self) -> FootfallCounted:
        came = self.minute % 4
        self.ingress += came
        self.minute += 1
        begin_at = NOON + (self.minute - 1) * timedelta(minutes=1)
        return a_minute(begin_at, camera=self.name, ingress=came)


def a_count(data: FootfallCounted, source: random.Random) -> Draft:
    """What a camera counted, as a draft."""
    return a_fact(FOOTFALL_COUNTED, data, source)


def a_pulse(source: random.Random) -> Draft:
    """A heartbeat, as a draft."""
    return a_fact(HEARTBEAT, Heartbeat(uptime_s=1.0, streams=[]), source)


def a_fact(kind: EventType, data: EventData, source: random.Random) -> Draft:
    """An event of the device's own making."""
    event_id = uuid7(1, source.randbytes(10))
    at = Moment(NOON, 1, "boot-1")
    return Draft(event_id, compose(device=SHOP, event_id=event_id, kind=kind, data=data, at=at))


def drained(outbox: Outbox, stream: Stream) -> list[bytes]:
    """All that is owed of a stream, sent and settled."""
    events: list[bytes] = []
    while lease := take(outbox, stream, max_events=500):
        events += lease.events
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
    return events


def voids(events: Iterable[bytes]) -> list[RangeVoid]:
    """The announcements among events."""
    return [data for data in map(_data, events) if isinstance(data, RangeVoid)]


def counts(events: Iterable[bytes]) -> list[FootfallCounted]:
    """What cameras counted, among events."""
    return [data for data in map(_data, events) if isinstance(data, FootfallCounted)]


def _data(event: bytes) -> EventData:
    envelope = open_envelope(event)
    return decode_data(event_type(envelope.type, envelope.dataschema), envelope.data)
