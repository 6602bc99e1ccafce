"""How a tap is: figures that both of its threads count, and everybody may read."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class TapStatus:
    """What a tap has done since it was made, and what is wrong with it.

    Attributes:
        listening: whether tills can connect.
        reachable: whether the printer took the last connection; None until the first.
        unreachable_why: what the last attempt met; empty when it went well.
        connections: tills connected now.
        jobs: connections that were passed on to the printer.
        forwarded_bytes: from tills to the printer.
        prints: receipts written down, ``broken_prints`` of them not whole.
        lost_bytes: printed, and not written down.
        failures: mistakes of ours that cost no print, but perhaps a record of it.
        blocked: why nothing is written down at present; empty when all is well.
        out_of_room: nothing is written down because the disk has no room or takes nothing.
        last_print_at: by the wall clock.
    """

    listening: bool = False
    reachable: bool | None = None
    unreachable_why: str = ""
    connections: int = 0
    jobs: int = 0
    forwarded_bytes: int = 0
    prints: int = 0
    broken_prints: int = 0
    lost_bytes: int = 0
    failures: int = 0
    blocked: str = ""
    out_of_room: bool = False
    last_print_at: datetime | None = None


class Board:
    """The status under way. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status = TapStatus()

    @property
    def status(self) -> TapStatus:
        """As it is now."""
        return self._status

    def say(self, **facts: Any) -> None:
        """Replace what is no count."""
        with self._lock:
            self._status = replace(self._status, **facts)

    def count(self, **steps: int) -> None:
        """Add to counts."""
        with self._lock:
            sums = {name: getattr(self._status, name) + step for name, step in steps.items()}
            self._status = replace(self._status, **sums)
