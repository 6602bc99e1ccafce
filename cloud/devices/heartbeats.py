"""Follows the ledger for signs of life: the newest heartbeat of every device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from cloud.devices.enrolment import path_of
from cloud.devices.tables import DEVICE, DEVICE_STATUS
from cloud.ledger.entry import LedgerEntry
from cloud.storage.columns import to_ms
from models.wire.ids import DeviceId, DevicePath
from models.wire.registry import HEARTBEAT

_BEAT = (
    update(DEVICE_STATUS)
    .where(DEVICE_STATUS.c.device == bindparam("of"))
    .values(
        last_heartbeat_ms=bindparam("at_ms"),
        heartbeat=bindparam("said"),
        skew_ms=bindparam("skew_ms"),
        clock_quality=bindparam("clock_quality"),
    )
)


class HeartbeatFold:
    """A fold for a ledger follower.

    Heartbeats that were sent late, after an outage, say how things were; they are passed over. Of
    the others the last one in the ledger counts, by the time at which it arrived: a device's clock
    may be wrong, and silence is measured by ours.
    """

    name = "heartbeats"

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Fold the entries' heartbeats; those of devices that are not enrolled are passed over."""
        newest: dict[DeviceId, LedgerEntry] = {}
        for entry in entries:
            if entry.kind.name == HEARTBEAT.name and not entry.historical:
                newest[entry.device] = entry
        known = _enrolled(connection, newest)
        beats = [
            {
                "of": device,
                "at_ms": to_ms(entry.received_at),
                "said": msgspec.json.encode(entry.data()).decode(),
                "skew_ms": _skew_ms(entry),
                "clock_quality": entry.clock_quality().value,
            }
            for device, entry in newest.items()
            if known.get(device) == DevicePath(entry.tenant, entry.store, entry.device)
        ]
        if beats:
            connection.execute(_BEAT, beats)

    def clear(self, connection: Connection) -> None:
        """Forget every heartbeat, to fold the ledger anew."""
        connection.execute(
            update(DEVICE_STATUS).values(
                last_heartbeat_ms=None, heartbeat="", skew_ms=None, clock_quality=""
            )
        )


def _skew_ms(entry: LedgerEntry) -> int | None:
    """By how much the device's clock is ahead of ours; the delay on the way is not in it."""
    return None if entry.corrected is None else to_ms(entry.time) - to_ms(entry.corrected)


def _enrolled(
    connection: Connection, devices: Mapping[DeviceId, object]
) -> dict[DeviceId, DevicePath]:
    query = select(DEVICE.c.tenant, DEVICE.c.store, DEVICE.c.device).where(
        DEVICE.c.device.in_(list(devices))
    )
    paths = [path_of(row) for row in connection.execute(query)] if devices else []
    return {path.device: path for path in paths}
