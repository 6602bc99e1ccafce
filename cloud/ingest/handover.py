"""Where the thread that reads hands over to the one that prepares: one group, open at the end.

While a group is being prepared the next one grows, so groups are as large as the load asks for:
one message on a quiet day, a thousand events while a backlog drains. A full group makes the reader
wait; what it has not taken stays in the intake, and then with the broker.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from cloud.ingest.documents import Document
from cloud.ledger.foresight import Foresight
from cloud.ledger.reading import Readable, Reading
from models.runtime.clock import Clock


@dataclass(slots=True)
class Group:
    """What is committed together, and the documents that are answered after it.

    Attributes:
        events: how many events the readings hold; what cannot be read counts as one.
        foresight: of the readings, where it was worth it.
    """

    readings: list[Reading] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    events: int = 0
    foresight: Foresight | None = None

    def __bool__(self) -> bool:
        return bool(self.readings or self.documents)


class Handover:
    """Between exactly two threads: one calls ``put`` and ``fail``, the other ``take``."""

    def __init__(self, clock: Clock, group_events: int, group_s: float) -> None:
        """``group_s``: how long a group that is not full waits for more, from its first item on."""
        self._clock = clock
        self._opened_s = 0.0
        self._limit = group_events
        self._group_s = group_s
        self._changed = threading.Condition()
        self._open = Group()
        self._closed = False
        self._fault: BaseException | None = None

    def put(self, item: Reading | Document) -> None:
        """Add to the open group; blocks while it is full. Drops the item once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._full)
            if not self._open:
                self._opened_s = self._clock.monotonic_s()
            if isinstance(item, Document):
                self._open.documents.append(item)
            else:
                self._open.readings.append(item)
                self._open.events += len(item.events) if isinstance(item, Readable) else 1
            self._changed.notify_all()

    def fail(self, fault: BaseException) -> None:
        """Nothing more will come; ``take`` raises this once the open group is taken."""
        with self._changed:
            self._fault = fault
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Group:
        """The open group; an empty one when nothing came in time. Raises what ``fail`` was given.

        Waits until it is full, or until its first item has waited long enough: the time that the
        group before it took counts.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._open or self._fault, timeout_s)
            if self._open:
                rest_s = self._opened_s + self._group_s - self._clock.monotonic_s()
                self._changed.wait_for(lambda: self._full or self._fault, max(rest_s, 0.0))
            if self._fault is not None and not self._open:
                raise self._fault
            group, self._open = self._open, Group()
            self._changed.notify_all()
        return group

    def close(self) -> None:
        """Release a blocked reader. What is still open was acknowledged to nobody."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def _full(self) -> bool:
        return self._open.events >= self._limit
