"""The port by which the ledger asks what the time was: it stores the answer beside the original."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, Self

from sqlalchemy import Connection

from cloud.ledger.verdict import Kept
from models.wire.ids import DeviceId


class Recollection(Protocol):
    """What was known of some devices' clocks when their facts had their turn."""

    def correct(self, kept: Sequence[Kept]) -> Sequence[int | None]:
        """When each fact was captured, by our clock, in milliseconds since 1970; in their order.

        Called once, for every fact of these devices that one transaction keeps. None
        where neither the device's monotonic clock nor its boot can be read.
        """
        ...

    def save(self, connection: Connection) -> None:
        """Store what ``correct`` has learned; in that transaction, in ``storage.together``."""
        ...

    def after(self, before: Self) -> Self:
        """What will be known of these devices once ``before`` is saved, and nothing else since.

        Asks nobody: of what ``before`` has learned and this does not know.
        """
        ...

    def agrees(self, other: Self | None) -> bool:
        """Whether both knew the same of these devices before either has corrected anything."""
        ...


class Timekeeper(Protocol):
    """Knows how the devices' clocks stand to ours."""

    def recall(
        self, connection: Connection, devices: Collection[DeviceId]
    ) -> Callable[[], Recollection]:
        """Asks what is known of these devices; in the ledger's turn, what is then stored stands.

        May be called inside ``storage.together``; what it returns reads the answer after that,
        within the same transaction.
        """
        ...
