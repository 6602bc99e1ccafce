"""The twin's two documents. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, select, update

from cloud.devices.tables import DEVICE_TWIN
from cloud.errors import NotFound
from models.wire.ids import DeviceId
from models.wire.twin import Desired, Reported


def report(connection: Connection, device: DeviceId, reported: Reported) -> None:
    """Keep what a device says it is; a version that was passed already is ignored."""
    connection.execute(
        update(DEVICE_TWIN)
        .where(
            DEVICE_TWIN.c.device == device,
            DEVICE_TWIN.c.reported_version < reported.version,
        )
        .values(
            reported_version=reported.version,
            reported=msgspec.json.encode(reported.document).decode(),
        )
    )


def desire(
    connection: Connection, device: DeviceId, document: Mapping[str, msgspec.Raw]
) -> Desired:
    """Want another document of a device; returns it under its new version, ready to be sent.

    Raises:
        NotFound: the device was never enrolled.
    """
    mine = DEVICE_TWIN.c.device == device
    version: int | None = connection.execute(
        select(DEVICE_TWIN.c.desired_version).where(mine)
    ).scalar_one_or_none()
    if version is None:
        raise NotFound(f"no device {device[:48]!r} is enrolled; list the devices first")
    wanted = Desired(version=version + 1, document=dict(document))
    connection.execute(
        update(DEVICE_TWIN)
        .where(mine)
        .values(
            desired_version=wanted.version, desired=msgspec.json.encode(wanted.document).decode()
        )
    )
    return wanted


def owed(connection: Connection, device: DeviceId, reported: Reported) -> Desired | None:
    """The desired document that a report shows to be lacking; one that it refuses is not repeated.

    A device that has a later one than we know of, for our database was put back or the device
    enrolled anew, keeps it; what is wanted next gets a version above it.
    """
    row = connection.execute(
        select(DEVICE_TWIN.c.desired_version, DEVICE_TWIN.c.desired).where(
            DEVICE_TWIN.c.device == device
        )
    ).one_or_none()
    if row is None or row.desired_version == reported.desired:
        return None
    if reported.refusal and reported.refused in (0, row.desired_version):
        return None
    if row.desired_version < reported.desired:
        connection.execute(
            update(DEVICE_TWIN)
            .where(DEVICE_TWIN.c.device == device)
            .values(desired_version=reported.desired)
        )
        return None
    document = msgspec.json.decode(row.desired, type=dict[str, msgspec.Raw])
    return Desired(version=row.desired_version, document=document)
