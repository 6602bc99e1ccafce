"""Keeps a worker that stood still from working for parts that it has lost meanwhile.

A process can stand still at any line: a paused machine, a frozen container, a stopped process. When
it goes on, what it was about to store may belong to somebody else. Others take a worker's parts
only by striking it from the roster. So the roster is asked within the ledger's transaction: until
that is over nobody else can store anything, since the ledger's turn is ours. A worker that was
struck signs in again and is given other parts; what it still has of the old ones is left aside.

What is left aside is not answered: its shop sends it again, to whoever holds its part now.
"""

from __future__ import annotations

from typing import Final, Protocol

from sqlalchemy import Connection, bindparam, select

from cloud.errors import CloudError
from cloud.ingest.shift import Shift
from cloud.ingest.tables import INGEST_WORKER
from models.wire.ids import DevicePath, part_of

# Made once: to compose it took as long as to ask, in every transaction of a single sale.
_INCARNATION: Final = select(INGEST_WORKER.c.incarnation).where(
    INGEST_WORKER.c.worker == bindparam("worker")
)


class PartsLost(CloudError):
    """This worker was struck from the roster, or another process has taken its name."""


class Fence(Protocol):
    """What a worker must ask before it stores or answers anything."""

    def serves(self, device: DevicePath) -> bool:
        """Whether this device's part is ours at this moment."""
        ...

    def check(self, connection: Connection) -> None:
        """Ask the roster, within the ledger's transaction; raises PartsLost."""
        ...


class ShiftFence:
    """Implements ``Fence`` for a worker that shares parts with others."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._worker = shift.terms.worker
        self._incarnation = shift.terms.incarnation

    def serves(self, device: DevicePath) -> bool:
        """See ``Fence``. A part that was just given away counts until its next holder listens."""
        return part_of(device.store) in self._shift.serving

    def check(self, connection: Connection) -> None:
        """See ``Fence``."""
        found = connection.execute(_INCARNATION, {"worker": self._worker}).scalar_one_or_none()
        if found != self._incarnation:
            raise PartsLost(
                f"ingest worker {self._worker!r} was taken for dead while it stood still; what it "
                "held is left to the others"
            )
