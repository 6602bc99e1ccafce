"""Whether a device is there, from its births and states. Works inside the caller's transaction.

Every connection has a birth id. A broker may speak a device's will long after the device has come
back, and repeats retained births and states whenever we subscribe anew, in either order. So a word
counts only for the connection that it names: an end closes its own connection and no newer one, and
a birth that is heard after its own end, or for the second time, brings nobody back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from cloud.devices.tables import DEVICE, DEVICE_STATUS
from cloud.storage.columns import to_ms
from models.wire.birth import Birth, State
from models.wire.ids import DevicePath

_LONGEST_VERSION = 64


def is_news(connection: Connection, path: DevicePath, birth: Birth) -> bool:
    """Whether a birth is of an enrolled device and not the connection heard of last; ask first."""
    row = _status(connection, path)
    return row is not None and row.birth != birth.birth


def born(connection: Connection, path: DevicePath, birth: Birth, at: datetime) -> bool:
    """Note a new connection; a birth that is known already changes nothing.

    Returns:
        Whether the device is enrolled at this very place.
    """
    row = _status(connection, path)
    if row is None or row.birth == birth.birth:
        return row is not None
    online = row.closed_birth != birth.birth
    _set(
        connection,
        path,
        online=online,
        birth=birth.birth,
        bootid=birth.bootid,
        agent_version=birth.agent_version[:_LONGEST_VERSION],
        started_ms=_moment_ms(birth.started_at),
        last_birth_ms=to_ms(at),
        last_state_ms=to_ms(at),
    )
    return True


def state_changed(connection: Connection, path: DevicePath, state: State, at: datetime) -> None:
    """Note that a connection is up or has ended. Idempotent."""
    row = _status(connection, path)
    if row is None:
        return
    if not state.online and row.closed_birth != state.birth:
        _set(connection, path, closed_birth=state.birth)
    concerns_us = state.birth == row.birth
    ended_before = state.online and row.closed_birth == state.birth
    if concerns_us and not ended_before and state.online != row.online:
        _set(connection, path, online=state.online, last_state_ms=to_ms(at))


def _status(connection: Connection, path: DevicePath) -> Row[Any] | None:
    """The device's row; None when the device is not enrolled at this very place."""
    query = (
        select(DEVICE_STATUS)
        .join(DEVICE, DEVICE.c.device == DEVICE_STATUS.c.device)
        .where(
            DEVICE.c.device == path.device,
            DEVICE.c.tenant == path.tenant,
            DEVICE.c.store == path.store,
        )
    )
    return connection.execute(query).one_or_none()


def _set(connection: Connection, path: DevicePath, **values: Any) -> None:
    connection.execute(
        update(DEVICE_STATUS).where(DEVICE_STATUS.c.device == path.device).values(values)
    )


def _moment_ms(text: str) -> int | None:
    """An RFC 3339 time; None for what a device with a broken clock or program may send."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
