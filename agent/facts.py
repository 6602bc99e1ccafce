"""Facts of the device's own making become events: heartbeats, closed epochs, registrations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from agent.clock import DeviceClock
from agent.outbox import Draft
from models.wire.digest import content_digest
from models.wire.envelope import Moment, compose
from models.wire.events.device import EpochClosed, RangeVoid
from models.wire.ids import DevicePath, EventId, keyed_event_id, uuid7
from models.wire.personal import personal_spans
from models.wire.registry import EPOCH_CLOSED, RANGE_VOID, EventData, EventType


@dataclass(frozen=True, slots=True)
class FactMaker:
    """Composes events whose ids are new and random. Safe from any thread."""

    device: DevicePath
    clock: DeviceClock
    random: Callable[[int], bytes]

    def draft(self, kind: EventType, data: EventData, offset_ms: int | None = None) -> Draft:
        """An event of this moment, ready for the outbox.

        ``offset_ms``: Unix time less the clock's monotonic time, where what the event tells was
        dated by another wall clock than there is now: the event is dated by that one, too.
        """
        at = self.clock.moment() if offset_ms is None else self.clock.moment_by(offset_ms)
        return self._compose(
            kind, data, at, uuid7(int(at.wall.timestamp() * 1000), self.random(10))
        )

    def repeatable(self, kind: EventType, data: EventData, key: str) -> Draft:
        """The same, of a fact that may be found again: key and content make its id."""
        revision = content_digest(msgspec.json.encode(data)).hex()
        event_id = keyed_event_id(self.device.tenant, f"{self.device.prefix}/{key}", revision)
        return self._compose(kind, data, self.clock.moment(), event_id)

    def _compose(self, kind: EventType, data: EventData, at: Moment, event_id: EventId) -> Draft:
        body = compose(device=self.device, event_id=event_id, kind=kind, data=data, at=at)
        return Draft(event_id, body, personal_spans(kind, msgspec.json.encode(data)))

    def closed(self, notice: EpochClosed) -> Draft:
        """The event that announces a closed epoch."""
        return self.draft(EPOCH_CLOSED, notice)

    def void(self, notice: RangeVoid) -> Draft:
        """The event that announces sequences which will never come."""
        return self.draft(RANGE_VOID, notice)
