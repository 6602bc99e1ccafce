"""Reads the fleet for people: who is there, who is silent, who owes what and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, Row, func, select

from cloud.devices.cameras import CameraView, view_of
from cloud.devices.clocks import ClockView, clock_of
from cloud.devices.enrolment import device_of
from cloud.devices.facts import Device
from cloud.devices.sources import SourceView, source_of
from cloud.devices.tables import DEVICE, DEVICE_STATUS
from cloud.storage import read
from cloud.storage.columns import from_ms
from models.runtime.clock import Clock
from models.wire.events.device import Heartbeat
from models.wire.ids import StoreId, TenantId

_SILENT_AFTER: Final = 3
"""Heartbeats that may be missed before a device that should be there is called silent."""


class DeviceState(StrEnum):
    """How a device is, at a glance."""

    NEW = "new"
    ONLINE = "online"
    SILENT = "silent"
    OFFLINE = "offline"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Owed:
    """What one stream has not handed over yet, as of now.

    Attributes:
        oldest_s: age of the oldest such event, still growing; 0 when nothing is pending.
    """

    stream: str
    pending: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as of now. Times are aware UTC, None where nothing was heard yet.

    Attributes:
        since: when it went online or offline.
        owed: per stream, as the last heartbeat said.
        cameras: by name, as the last heartbeat said.
        sources: of sales, likewise, in its order.
        heartbeat: the last one, for its other figures.
        clock: how its clock stood when the last heartbeat was made.
    """

    device: Device
    state: DeviceState
    agent_version: str
    since: datetime | None
    started_at: datetime | None
    last_birth_at: datetime | None
    last_heartbeat_at: datetime | None
    owed: tuple[Owed, ...]
    cameras: tuple[CameraView, ...]
    sources: tuple[SourceView, ...]
    heartbeat: Heartbeat | None
    clock: ClockView

    @property
    def pending(self) -> int:
        """Events of all streams that the ledger has not settled."""
        return sum(owed.pending for owed in self.owed)

    @property
    def oldest_unsettled_s(self) -> float:
        """Age of the oldest of them, in seconds; 0 when there are none."""
        return max((owed.oldest_s for owed in self.owed), default=0.0)


class Fleet:
    """Devices of one tenant or of all. Every call reads one consistent moment."""

    def __init__(self, engine: Engine, clock: Clock, heartbeat_s: float = 30.0) -> None:
        """``heartbeat_s`` is how often the agents are configured to give a sign of life."""
        self._engine = engine
        self._clock = clock
        self._silent_after = timedelta(seconds=_SILENT_AFTER * heartbeat_s)

    def devices(
        self, tenant: TenantId | None = None, store: StoreId | None = None, *, revoked: bool = False
    ) -> list[DeviceView]:
        """Devices by tenant, store and name; ``revoked`` adds those that may not log in."""
        query = select(DEVICE, *_status_columns()).join(
            DEVICE_STATUS, DEVICE_STATUS.c.device == DEVICE.c.device
        )
        if tenant is not None:
            query = query.where(DEVICE.c.tenant == tenant)
        if store is not None:
            query = query.where(DEVICE.c.store == store)
        if not revoked:
            query = query.where(DEVICE.c.revoked_ms.is_(None))
        query = query.order_by(DEVICE.c.tenant, DEVICE.c.store, DEVICE.c.device)
        with read(self._engine) as connection:
            rows = connection.execute(query).all()
        now = self._clock.now()
        return [self._view(row, now) for row in rows]

    def stamp(self) -> str:
        """Changes whenever a device was enrolled, changed or heard of."""
        query = select(
            select(func.max(DEVICE.c.version)).scalar_subquery(),
            func.max(DEVICE_STATUS.c.last_state_ms),
            func.max(DEVICE_STATUS.c.last_heartbeat_ms),
        )
        with read(self._engine) as connection:
            return "-".join(str(mark or 0) for mark in connection.execute(query).one())

    def _view(self, row: Row[Any], now: datetime) -> DeviceView:
        heartbeat = msgspec.json.decode(row.heartbeat, type=Heartbeat) if row.heartbeat else None
        heard_at = _moment(row.last_heartbeat_ms)
        state = self._state(row, now)
        return DeviceView(
            device=device_of(row),
            state=state,
            agent_version=row.agent_version,
            since=_moment(row.last_state_ms),
            started_at=_moment(row.started_ms),
            last_birth_at=_moment(row.last_birth_ms),
            last_heartbeat_at=heard_at,
            owed=_owed(heartbeat, heard_at, now),
            cameras=_cameras(heartbeat, heard_at, now, state),
            sources=_sources(heartbeat, state),
            heartbeat=heartbeat,
            clock=clock_of(row.skew_ms, row.clock_quality),
        )

    def _state(self, row: Row[Any], now: datetime) -> DeviceState:
        if row.revoked_ms is not None:
            return DeviceState.REVOKED
        heard = [_moment(ms) for ms in (row.last_birth_ms, row.last_heartbeat_ms) if ms is not None]
        newest = max((moment for moment in heard if moment is not None), default=None)
        if newest is None:
            return DeviceState.NEW
        if not row.online:
            return DeviceState.OFFLINE
        return DeviceState.SILENT if now - newest > self._silent_after else DeviceState.ONLINE


def _status_columns() -> list[Any]:
    return [column for column in DEVICE_STATUS.c if column.name != "device"]


def _owed(
    heartbeat: Heartbeat | None, heard_at: datetime | None, now: datetime
) -> tuple[Owed, ...]:
    """What the heartbeat said, aged by the time since: what was owed then is owed until we hear."""
    if heartbeat is None or heard_at is None:
        return ()
    since_s = max(0.0, (now - heard_at).total_seconds())
    return tuple(
        Owed(depth.stream, depth.pending, depth.oldest_age_s + since_s if depth.pending else 0.0)
        for depth in heartbeat.streams
    )


def _cameras(
    heartbeat: Heartbeat | None, heard_at: datetime | None, now: datetime, state: DeviceState
) -> tuple[CameraView, ...]:
    """What the heartbeat said, unless the device has been silent: then nobody knows."""
    if heartbeat is None or heard_at is None:
        return ()
    since_s = max(0.0, (now - heard_at).total_seconds())
    cameras = sorted(heartbeat.cameras, key=lambda camera: camera.name)
    return tuple(view_of(each, since_s, known=state is DeviceState.ONLINE) for each in cameras)


def _sources(heartbeat: Heartbeat | None, state: DeviceState) -> tuple[SourceView, ...]:
    said = heartbeat.sources if heartbeat else ()
    return tuple(source_of(each, known=state is DeviceState.ONLINE) for each in said)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
