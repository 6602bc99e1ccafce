"""Who may still append, and what is said to who may not.

Everything together has a budget, a part of which only sales may use. Footfall and telemetry have
shares of their own within it. On a disk that is nearly full the outbox grows for sales alone, once
nothing settled is left that could make room for them; the others live on the pages that are free
within the file. A budget that is spent makes others give way
(``relief``); what does not fit even then is refused, and whoever captured it keeps it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Final

from prometheus_client import CollectorRegistry

from agent.config.outbox import OutboxSettings
from agent.errors import OutboxFull
from agent.outbox.metrics import OutboxMetrics
from agent.outbox.packing import pack
from agent.outbox.relief import Relief
from agent.outbox.space import ROW_BYTES, FreeBytes, Room, Space, disk_free_bytes
from agent.outbox.storing import SealedEvent
from models.runtime.logs import get_logger
from models.wire.topics import Stream

LOW_WATER: Final = 0.9
"""A share that is spent is brought down to this part of it, so that it gives way seldom."""

_MEASURED_EVERY: Final = 1 / 16
"""Of the whole budget: sales are taken in on one measurement for so long."""

_SHORT_OF_DISK_BYTES: Final = 1 << 20
"""The same on a disk below its floor."""

_MARGIN_BYTES: Final = 64 * 1024
"""Pages that a small append may touch in a file that must not grow."""


@dataclass(frozen=True, slots=True)
class Thrift:
    """How an outbox saves room.

    Attributes:
        zone: of the shop's clock, whose hours footfall is thinned to.
        registry: where the metrics are published.
        free_bytes: asks the disk.
    """

    settings: OutboxSettings = field(default_factory=OutboxSettings)
    zone: tzinfo = UTC
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    free_bytes: FreeBytes = disk_free_bytes


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget and how much of it is in use; ``name`` is ``total`` or a stream's."""

    name: str
    used_bytes: int
    limit_bytes: int


def shares(settings: OutboxSettings) -> Mapping[Stream, int]:
    """The streams that have a budget of their own, in bytes."""
    return {
        Stream.FOOTFALL: settings.footfall_bytes,
        Stream.TELEMETRY: settings.telemetry_bytes,
    }


class Budgets:
    """Admits appends. Safe for several threads.

    Two that come at once may both be let into the last room: budgets are kept to within a few
    events.
    """

    def __init__(
        self, settings: OutboxSettings, space: Space, relief: Relief, metrics: OutboxMetrics
    ) -> None:
        self._settings = settings
        self._shares = shares(settings)
        self._space = space
        self._relief = relief
        self._metrics = metrics
        self._logger = get_logger(__name__)
        self._refused: Counter[Stream] = Counter()
        self._unmeasured = 0

    @property
    def refused(self) -> Mapping[Stream, int]:
        """How many appends did not fit since the start, by stream."""
        return dict(self._refused)

    def admit(self, stream: Stream, events: Sequence[SealedEvent]) -> None:
        """Return if the events fit, perhaps after others gave way.

        Raises:
            OutboxFull: they do not, and nothing may give way for them.
        """
        need = _need(stream, events)
        if stream is Stream.SALE and need <= self._unmeasured:
            self._unmeasured -= need
            return
        if self._too_little(stream, need) and not self._found_room(stream, need):
            self._refuse(stream, need)
        if stream is Stream.SALE:
            self._spare_the_disk(need)

    def keep(self) -> None:
        """Bring every share within its limit and publish how the budgets stand; regular work."""
        for stream in self._shares:
            self._bring_down(stream, 0)
        self.stand()

    def disk_is_short(self) -> bool:
        """Whether the disk has so little left that only sales may use it."""
        return self._space.room().disk_free_bytes < self._settings.free_floor_bytes

    def stand(self) -> list[Budget]:
        """How the budgets stand, the total first."""
        room = self._space.room()
        self._metrics.disk_has(room.disk_free_bytes)
        found = [Budget("total", room.used_bytes, self._settings.budget_bytes)]
        for stream, limit in self._shares.items():
            found.append(Budget(stream.value, self._space.held_bytes(stream), limit))
        for budget in found:
            self._metrics.measured(budget.name, budget.used_bytes, budget.limit_bytes)
        return found

    def _found_room(self, stream: Stream, need: int) -> bool:
        if not self._bring_down(stream, need):
            return False
        return self._relief.make_room(stream, lambda: not self._too_little(stream, need))

    def _spare_the_disk(self, need: int) -> None:
        """On a disk that is nearly full a sale takes the place of settled events, if there are any.

        They are kept in case the ledger is restored from a backup; a disk without room would
        refuse sales.
        """
        floor = self._settings.free_floor_bytes

        def fits() -> bool:
            room = self._space.room()
            if room.disk_free_bytes - need >= floor:
                return True
            return room.slack_bytes >= need + _SHORT_OF_DISK_BYTES

        if not fits():
            self._relief.end_retention(fits)

    def _bring_down(self, stream: Stream, need: int) -> bool:
        """Have a stream keep to its share; whether it does."""
        limit = self._shares.get(stream)
        if limit is None or self._space.held_bytes(stream) + need <= limit:
            return True
        low = LOW_WATER * limit
        self._relief.within(stream, lambda: self._space.held_bytes(stream) + need <= low)
        return self._space.held_bytes(stream) + need <= limit

    def _too_little(self, stream: Stream, need: int) -> str:
        """Which limit the events would break, in words; empty when they fit."""
        settings, room = self._settings, self._space.room()
        limit = settings.budget_bytes
        if stream is Stream.SALE:
            left = limit - room.used_bytes
            above_floor = room.disk_free_bytes - settings.free_floor_bytes
            until_floor = max(above_floor, _SHORT_OF_DISK_BYTES)
            self._unmeasured = min(left, int(limit * _MEASURED_EVERY), until_floor) - need
            return "" if need <= left else f"budget_bytes = {limit}"
        share = self._shares.get(stream)
        if share is not None and self._space.held_bytes(stream) + need > share:
            return f"{stream}_bytes = {share}"
        if room.used_bytes + need > limit - settings.sale_reserve_bytes:
            return f"budget_bytes - sale_reserve_bytes = {limit - settings.sale_reserve_bytes}"
        return _of_disk(room, need, settings.free_floor_bytes)

    def _refuse(self, stream: Stream, need: int) -> None:
        self._metrics.refused(stream)
        if not self._refused[stream]:
            self._logger.error("outbox_refuses", stream=stream, bytes=need)
        self._refused[stream] += 1
        raise OutboxFull(
            f"{need} bytes of stream {stream} do not fit into the outbox "
            f"({self._too_little(stream, need) or 'room was found meanwhile'}); bring the line "
            "back so that it drains, or give it more in the part [outbox] of the configuration"
        )


def _need(stream: Stream, events: Sequence[SealedEvent]) -> int:
    """Bytes that events will take; of sales, which are many, no more than they can take."""
    if stream is Stream.SALE:
        return sum([len(body) for _, body in events]) + len(events) * ROW_BYTES
    return sum(len(pack(body)) + ROW_BYTES for _, body in events)


def _of_disk(room: Room, need: int, floor: int) -> str:
    if room.disk_free_bytes - need >= floor or need + _MARGIN_BYTES <= room.slack_bytes:
        return ""
    return f"free_floor_bytes = {floor} and the disk has {room.disk_free_bytes} free"
