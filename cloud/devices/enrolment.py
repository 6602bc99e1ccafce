"""Who may log in: the rows behind it. Every function works inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from cloud.broker.logins import DeviceLogin
from cloud.broker.secret_hash import SecretHash
from cloud.devices.facts import Device, DeviceKind
from cloud.devices.tables import (
    DEVICE,
    DEVICE_BIRTH,
    DEVICE_BOOT,
    DEVICE_CLAIM,
    DEVICE_EPOCH,
    DEVICE_STATUS,
    DEVICE_TWIN,
)
from cloud.errors import Conflict, NotFound
from cloud.organisation import find_store
from cloud.storage import in_turn
from cloud.storage.columns import from_ms, to_ms
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId

AnyRow = Row[*tuple[Any, ...]]


def newest_version(connection: Connection) -> int:
    """Grows with every change of the list of logins; 0 before the first."""
    query = select(func.coalesce(func.max(DEVICE.c.version), 0))
    version: int = connection.execute(query).scalar_one()
    return version


def enrol(
    connection: Connection, path: DevicePath, kind: DeviceKind, secret: SecretHash, now: datetime
) -> None:
    """Let a device log in. One that was revoked may come back, also in another store.

    Raises:
        NotFound: there is no such store.
        Conflict: the name is taken by a device that may log in.
    """
    in_turn(connection, "devices")
    if find_store(connection, path.tenant, path.store) is None:
        raise NotFound(f"store {path.store} is not known; write it down before its devices")
    version = newest_version(connection) + 1  # before the greatest one may be forgotten
    known = _row(connection, path.device)
    if known is not None:
        _refuse_taken(known, path)
        _forget(connection, path.device)
    connection.execute(
        insert(DEVICE).values(
            device=path.device,
            tenant=path.tenant,
            store=path.store,
            kind=kind.value,
            bcrypt=secret.bcrypt,
            pbkdf2=secret.pbkdf2,
            version=version,
            enrolled_ms=to_ms(now),
            revoked_ms=None,
        )
    )
    for table in (DEVICE_STATUS, DEVICE_TWIN):
        connection.execute(insert(table).values(device=path.device))


def rotate(connection: Connection, device: DeviceId, secret: SecretHash) -> DevicePath:
    """Give a device another secret; the old one ends at once.

    Raises:
        NotFound: no such device may log in.
    """
    return _change(connection, device, bcrypt=secret.bcrypt, pbkdf2=secret.pbkdf2)


def revoke(connection: Connection, device: DeviceId, now: datetime) -> DevicePath:
    """End a device's login. What it recorded stays.

    Raises:
        NotFound: no such device may log in.
    """
    return _change(connection, device, revoked_ms=to_ms(now))


def find(connection: Connection, device: DeviceId) -> Device | None:
    """One device, revoked or not; None when the name was never enrolled."""
    row = _row(connection, device)
    return None if row is None else device_of(row)


def logins(connection: Connection) -> list[DeviceLogin]:
    """The logins of all devices that may log in, by name."""
    query = select(DEVICE).where(DEVICE.c.revoked_ms.is_(None)).order_by(DEVICE.c.device)
    return [
        DeviceLogin(path_of(row), SecretHash(bcrypt=row.bcrypt, pbkdf2=row.pbkdf2))
        for row in connection.execute(query)
    ]


def path_of(row: AnyRow) -> DevicePath:
    """The path in a row that has the columns tenant, store and device."""
    return DevicePath(TenantId(row.tenant), StoreId(row.store), DeviceId(row.device))


def device_of(row: AnyRow) -> Device:
    """The device in a row of its table."""
    return Device(
        path=path_of(row),
        kind=DeviceKind(row.kind),
        enrolled_at=from_ms(row.enrolled_ms),
        revoked_at=None if row.revoked_ms is None else from_ms(row.revoked_ms),
    )


def _row(connection: Connection, device: DeviceId) -> Row[Any] | None:
    return connection.execute(select(DEVICE).where(DEVICE.c.device == device)).one_or_none()


def _change(connection: Connection, device: DeviceId, **values: object) -> DevicePath:
    in_turn(connection, "devices")
    row = _live(connection, device)
    changed = update(DEVICE).where(DEVICE.c.device == device)
    connection.execute(changed.values(version=newest_version(connection) + 1, **values))
    return path_of(row)


def _live(connection: Connection, device: DeviceId) -> Row[Any]:
    row = _row(connection, device)
    if row is None or row.revoked_ms is not None:
        raise NotFound(f"no device {device[:48]!r} is enrolled; list the devices first")
    return row


def _refuse_taken(known: Row[Any], path: DevicePath) -> None:
    if known.revoked_ms is not None:
        return
    if path_of(known) == path:
        raise Conflict(f"device {path.device} is enrolled already; rotate its secret instead")
    if known.tenant == path.tenant:
        raise Conflict(
            f"device {path.device} is enrolled in store {known.store}; revoke it there first"
        )
    raise Conflict(f"the name {path.device} is taken on this broker; choose another one")


def _forget(connection: Connection, device: DeviceId) -> None:
    """A box that comes back is a new one: it reports from version 1 and was never heard of."""
    for table in (
        DEVICE_BIRTH,
        DEVICE_CLAIM,
        DEVICE_EPOCH,
        DEVICE_BOOT,
        DEVICE_STATUS,
        DEVICE_TWIN,
        DEVICE,
    ):
        connection.execute(delete(table).where(table.c.device == device))
