"""Between reading and committing: looks up, seals and decides while the group before is committed.

Preparing only saves time. Whatever goes wrong with it is left for the commit to meet again, which
knows how to wait, to isolate and to set aside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from cloud.errors import CloudError
from cloud.ingest.edge import Mishap, attempt
from cloud.ingest.handover import Group, Handover
from cloud.ledger.foresight import Foresight
from cloud.ledger.reading import Reading
from models.wire.errors import WireError

_IDLE_S: Final = 0.05
"""How often an idle thread looks whether it shall stop."""


class Preparer:
    """Takes large groups and offers them to the committer, one at a time, in order."""

    def __init__(
        self, handover: Handover, foresee: Callable[[Sequence[Reading]], Foresight]
    ) -> None:
        self._handover = handover
        self._foresee = foresee

    def run(self, ended: threading.Event) -> None:
        """Prepare until it has ended."""
        try:
            while not ended.is_set():
                group = self._handover.take_large(_IDLE_S)
                if group:
                    self._prepare(group)
                    self._handover.offer(group)
        except BaseException as fault:  # noqa: BLE001 - a thread's edge: the other one raises it
            self._handover.fail(fault, at_once=True)

    def _prepare(self, group: Group) -> None:
        try:
            foresight = attempt(lambda: self._foresee(group.readings))
        except (CloudError, WireError):
            return
        if not isinstance(foresight, Mishap):
            group.foresight = foresight
