"""The port by which the ledger asks what the time was: it stores the answer beside the original."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from cloud.ledger.verdict import Kept


class Timekeeper(Protocol):
    """Knows how the devices' clocks stand to ours."""

    def correct(self, connection: Connection, kept: Sequence[Kept]) -> Sequence[int | None]:
        """When each fact was captured, by our clock, in milliseconds since 1970; in their order.

        Called within the ledger's transaction and in its turn, once for every fact that is kept.
        None where neither the device's monotonic clock nor its boot can be read.
        """
        ...
