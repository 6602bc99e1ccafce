"""Keeps a worker that stood still from working for parts that it has lost meanwhile.

A process can stand still at any line: a paused machine, a frozen container, a stopped process. When
it goes on, what it was about to store may belong to somebody else. Others take a worker's parts
only by striking it from the roster. So the roster is asked within the ledger's transaction: until
that is over nobody else can store anything, since the ledger's turn is ours. A worker that was
struck signs in again and is given other parts; what it still has of the old ones is left aside.

What is left aside is not answered: its shop sends it again, to whoever holds its part now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from sqlalchemy import Connection, bindparam, select

from cloud.errors import CloudError
from cloud.ingest.shift import Shift
from cloud.ingest.tables import INGEST_WORKER
from cloud.storage.prepared import Prepared
from models.wire.ids import DevicePath, part_of

_INCARNATION: Final = Prepared(
    select(INGEST_WORKER.c.incarnation).where(INGEST_WORKER.c.worker == bindparam("worker"))
)


class PartsLost(CloudError):
    """This worker was struck from the roster, or another process has taken its name."""


class Fence(Protocol):
    """What a worker must ask before it stores or answers anything."""

    def serves(self, device: DevicePath) -> bool:
        """Whether this device's part is ours at this moment."""
        ...

    def permit(self) -> Permit:
        """The leave to store what is taken now, as often as that is tried."""
        ...


Permit = Callable[[Connection], Callable[[], None]]
"""Asks the roster, within the ledger's transaction.

Returns what reads the answer, once ``storage.together`` has ended; it raises PartsLost.
"""


class ShiftFence:
    """Implements ``Fence`` for a worker that shares parts with others."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._worker = shift.terms.worker

    def serves(self, device: DevicePath) -> bool:
        """See ``Fence``. A part that was just given away counts until its next holder listens."""
        return part_of(device.store) in self._shift.serving

    def permit(self) -> Permit:
        """See ``Fence``. It is void once this worker was struck, though it sign in again."""
        incarnation = self._shift.incarnation

        def ask(connection: Connection) -> Callable[[], None]:
            found = _INCARNATION(connection, {"worker": self._worker})
            return lambda: self._check(found.fetchone(), incarnation)

        return ask

    def _check(self, found: tuple[str] | None, incarnation: str) -> None:
        if found is None or found[0] != incarnation:
            raise PartsLost(
                f"ingest worker {self._worker!r} was taken for dead while it stood still; what it "
                "held is left to the others"
            )
