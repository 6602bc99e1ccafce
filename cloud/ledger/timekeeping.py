"""The port by which the ledger asks what the time was: it stores the answer beside the original."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from sqlalchemy import Connection

from cloud.ledger.verdict import Kept
from models.wire.ids import DeviceId


class Recollection(Protocol):
    """What was known of some devices' clocks when their facts had their turn."""

    def correct(self, kept: Sequence[Kept]) -> Sequence[int | None]:
        """When each fact was captured, by our clock, in milliseconds since 1970; in their order.

        Called once, in the same transaction, for every fact of these devices that is kept. None
        where neither the device's monotonic clock nor its boot can be read.
        """
        ...

    def save(self, connection: Connection) -> None:
        """Store what ``correct`` has learned; in the same transaction, in ``storage.together``."""
        ...


class Timekeeper(Protocol):
    """Knows how the devices' clocks stand to ours."""

    def recall(self, connection: Connection, devices: Collection[DeviceId]) -> Recollection:
        """Asks what is known of these devices; within the ledger's transaction and in its turn.

        May be called inside ``storage.together``; the answer is read by ``correct``.
        """
        ...
