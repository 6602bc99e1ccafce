"""Between reading and committing: looks up and seals a group while the one before is committed.

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

WORTH_EVENTS: Final = 100
"""A smaller group is passed on as it is: a second transaction would cost more than it saves."""

_IDLE_S: Final = 0.05
"""How often an idle thread looks whether it shall stop."""


class Preparer:
    """Takes groups from the reader and offers them to the committer, one at a time, in order.

    Between exactly two threads: one calls ``run``, the other ``take``. The next group is taken when
    the one on offer is gone, so that not more than one commit lies between look-up and use.
    """

    def __init__(
        self, handover: Handover, foresee: Callable[[Sequence[Reading]], Foresight]
    ) -> None:
        self._handover = handover
        self._foresee = foresee
        self._changed = threading.Condition()
        self._offered = Group()
        self._closed = False
        self._fault: BaseException | None = None

    def run(self) -> None:
        """Prepare until closed, or until the reader has failed."""
        try:
            while not self._closed:
                group = self._handover.take(_IDLE_S)
                if group:
                    self._prepare(group)
                    self._offer(group)
        except BaseException as fault:  # noqa: BLE001 - a thread's edge: the other one raises it
            with self._changed:
                self._fault = fault
                self._changed.notify_all()

    def take(self, timeout_s: float) -> Group:
        """The group on offer; an empty one when none came in time.

        Raises what ended the reader or ``run``, once all groups before it were taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._offered or self._fault, timeout_s)
            group, self._offered = self._offered, Group()
            if self._fault is not None and not group:
                raise self._fault
            self._changed.notify_all()
        return group

    def close(self) -> None:
        """Let ``run`` end. What is on offer was acknowledged to nobody."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _prepare(self, group: Group) -> None:
        if group.events < WORTH_EVENTS:
            return
        try:
            foresight = attempt(lambda: self._foresee(group.readings))
        except (CloudError, WireError):
            return
        if not isinstance(foresight, Mishap):
            group.foresight = foresight

    def _offer(self, group: Group) -> None:
        with self._changed:
            self._offered = group
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or not self._offered)
