"""What the fleet shows: devices that owe and are not heard of, clocks that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cloud.devices import DeviceState, DeviceView
from cloud.ingest.alarms.deciding import Place, Sign, Trouble
from cloud.ingest.alarms.vocabulary import AlarmKind
from models.wire.topics import Stream

PATIENCE: Final = timedelta(minutes=2)
"""A box that restarts, or a line that is switched over, is no alarm."""

_THERE: Final = frozenset({DeviceState.ONLINE, DeviceState.NEW})
_MATTERS: Final = frozenset(Stream) - {Stream.TELEMETRY}
"""Telemetry is always a little behind."""


def fleet(views: Sequence[DeviceView], now: datetime) -> list[Sign]:
    """How every device stands that may log in."""
    return [_silent(views, now), _clocks(views)]


def _silent(views: Sequence[DeviceView], now: datetime) -> Sign:
    owing = [(view, _owed(view)) for view in views if _is_silent(view, now)]
    troubles = [
        Trouble(
            about=view.device.path.device,
            place=Place.of(view.device.path),
            facts={
                "owed": sum(owed.values()),
                "streams": ", ".join(f"{stream} {count}" for stream, count in owed.items()),
            },
        )
        for view, owed in owing
        if owed
    ]
    return Sign(AlarmKind.DEVICE_SILENT, troubles)


def _is_silent(view: DeviceView, now: datetime) -> bool:
    heard = max(filter(None, (view.last_heartbeat_at, view.since)), default=None)
    return view.state not in _THERE and heard is not None and now - heard >= PATIENCE


def _owed(view: DeviceView) -> dict[str, int]:
    owed = {each.stream: each.pending for each in view.owed}
    return {stream.value: owed[stream] for stream in Stream if owed.get(stream) and _counts(stream)}


def _counts(stream: Stream) -> bool:
    return stream in _MATTERS


def _clocks(views: Sequence[DeviceView]) -> Sign:
    """Only a device that is heard of shows how its clock stands."""
    troubles = [
        Trouble(
            about=view.device.path.device,
            place=Place.of(view.device.path),
            facts={
                "quality": str(view.clock.quality or "unknown"),
                "minutes": round((view.clock.skew_s or 0.0) / 60),
            },
        )
        for view in views
        if view.clock.wrong and view.state is DeviceState.ONLINE
    ]
    unheard = [view for view in views if view.state is not DeviceState.ONLINE]
    unclear = frozenset(view.device.path.device for view in unheard)
    return Sign(AlarmKind.CLOCK_WRONG, troubles, unclear)
