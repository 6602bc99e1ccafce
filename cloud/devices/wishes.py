"""Sends desired documents to devices as soon as they change.

How far it sent is kept in memory only: a device that was away, or that missed one, reports at its
next connection which version it has, and is answered with the present one (see ``ingest``).
"""

from __future__ import annotations

from typing import Protocol

import msgspec
from sqlalchemy import Engine, func, select

from cloud.devices.tables import DEVICE, DEVICE_TWIN
from cloud.errors import TransientError
from cloud.storage import read
from models.runtime.logs import get_logger
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from models.wire.topics import Down, down
from models.wire.twin import Desired

_LOG = get_logger(__name__)


class Downlink(Protocol):
    """The way to the devices."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand over one message, QoS 1, not retained; raises TransientError when it cannot."""
        ...


class WishPublisher:
    """Publishes what is wanted anew of each device. For one thread."""

    def __init__(self, engine: Engine, downlink: Downlink) -> None:
        """Begins at the present versions."""
        self._engine = engine
        self._downlink = downlink
        self._sum = -1
        self._sent: dict[str, int] = {}
        self._sent = self._versions()

    def publish_new(self) -> int:
        """Send what was wanted since the last call; returns of how many devices.

        What cannot be sent now stays due and goes with a later call.
        """
        sent = 0
        try:
            if (total := self._total()) == self._sum:
                return 0
            for device, version in self._versions().items():
                if version > self._sent.get(device, 0):
                    self._publish(device)
                    self._sent[device] = version
                    sent += 1
            self._sum = total
        except TransientError as error:
            _LOG.warning("desired_twins_wait", error=str(error))
        return sent

    def _total(self) -> int:
        """Versions only grow, so their sum changes when any of them does."""
        with read(self._engine) as connection:
            total = select(func.coalesce(func.sum(DEVICE_TWIN.c.desired_version), 0))
            return int(connection.execute(total).scalar_one())

    def _versions(self) -> dict[str, int]:
        query = select(DEVICE_TWIN.c.device, DEVICE_TWIN.c.desired_version)
        with read(self._engine) as connection:
            rows = connection.execute(query.where(DEVICE_TWIN.c.desired_version > 0)).all()
        return {row.device: row.desired_version for row in rows}

    def _publish(self, device: str) -> None:
        query = (
            select(
                DEVICE.c.tenant,
                DEVICE.c.store,
                DEVICE_TWIN.c.desired_version,
                DEVICE_TWIN.c.desired,
            )
            .join_from(DEVICE_TWIN, DEVICE, DEVICE.c.device == DEVICE_TWIN.c.device)
            .where(DEVICE.c.device == device)
        )
        with read(self._engine) as connection:
            row = connection.execute(query).one()
        path = DevicePath(TenantId(row.tenant), StoreId(row.store), DeviceId(device))
        document = msgspec.json.decode(row.desired, type=dict[str, msgspec.Raw])
        wanted = Desired(version=row.desired_version, document=document)
        self._downlink.publish(down(path, Down.TWIN), msgspec.json.encode(wanted))
