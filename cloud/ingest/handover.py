"""Where the thread that reads hands over to the one that commits: one group, open at the end.

While a group is being committed the next one grows, so groups are as large as the load asks for:
one message on a quiet day, a thousand events while a backlog drains. A full group makes the reader
wait; what it has not taken stays in the intake, and then with the broker.

A small group goes straight to the committer, who would otherwise wait for one more thread to have
its turn. A large one goes to the preparer first (``preparing``), which offers it when it is ready;
meanwhile the next one grows, and stays open until then. So groups are committed in the order in
which they were read, and no more than one commit lies between preparing a group and its own.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from cloud.ingest.documents import Document
from cloud.ledger.foresight import Foresight
from cloud.ledger.reading import Readable, Reading
from models.runtime.clock import Clock

WORTH_PREPARING: Final = 100
"""Events; preparing a smaller group, in a transaction of its own, would cost more than it saves."""


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
    """Between three threads: reader, preparer and committer, each with its own methods."""

    def __init__(self, clock: Clock, group_events: int, group_s: float) -> None:
        """``group_s``: how long a group that is not full waits for more, from its first item on."""
        self._clock = clock
        self._opened_s = 0.0
        self._limit = group_events
        self._group_s = group_s
        lock = threading.Lock()
        self._room = threading.Condition(lock)
        self._for_preparer = threading.Condition(lock)
        self._for_committer = threading.Condition(lock)
        self._open = Group()
        self._offered = Group()
        self._preparing = False
        self._closed = False
        self._fault: BaseException | None = None
        self._at_once = False

    def put(self, item: Reading | Document, timeout_s: float | None = None) -> bool:
        """The reader adds to the open group, which drops it once closed.

        Blocks while the group is full; False where it has been full for all of ``timeout_s``.
        """
        with self._room:
            if not self._room.wait_for(lambda: self._closed or not self._full, timeout_s):
                return False
            if not self._open:
                self._opened_s = self._clock.monotonic_s()
            if isinstance(item, Document):
                self._open.documents.append(item)
            else:
                self._open.readings.append(item)
                self._open.events += len(item.events) if isinstance(item, Readable) else 1
            (self._for_preparer if self._large else self._for_committer).notify()
            return True

    def fail(self, fault: BaseException, *, at_once: bool = False) -> None:
        """Nothing more will come; ``take`` raises this, ``at_once`` or after all that came before.

        For the reader and, at once, for the preparer, whose group is acknowledged to nobody.
        """
        with self._for_committer:
            self._fault = fault
            self._at_once = at_once
            self._for_committer.notify()
            self._for_preparer.notify()

    def take_large(self, timeout_s: float) -> Group:
        """The preparer takes the open group, once it is worth it; an empty one after a while.

        Waits as long as another one is on offer.
        """
        with self._for_preparer:
            self._for_preparer.wait_for(lambda: self._large and not self._offered, timeout_s)
            if not self._large or self._offered:
                return Group()
            self._for_preparer.wait_for(lambda: self._done, self._rest_s())
            self._preparing = True
            return self._taken()

    def offer(self, group: Group) -> None:
        """The preparer has done with what it took."""
        with self._for_committer:
            self._preparing = False
            self._offered = group
            self._for_committer.notify()

    def take(self, timeout_s: float) -> Group:
        """The committer takes the next group; an empty one when none was ready in time.

        A small one waits until its first item has waited long enough: the time that the group
        before it took counts. Raises what ``fail`` was given, once everything else was taken.
        """
        with self._for_committer:
            self._for_committer.wait_for(self._anything, timeout_s)
            if self._small:
                self._for_committer.wait_for(lambda: not self._small or self._done, self._rest_s())
            if self._fault is not None and (self._at_once or not self._more):
                raise self._fault
            if self._offered:
                group, self._offered = self._offered, Group()
                self._for_preparer.notify()
                return group
            return self._taken() if self._small else Group()

    def close(self) -> None:
        """Release a blocked reader. What is still here was acknowledged to nobody."""
        with self._room:
            self._closed = True
            self._room.notify()

    def _taken(self) -> Group:
        group, self._open = self._open, Group()
        self._room.notify()
        return group

    def _rest_s(self) -> float:
        """How long the open group still waits for more."""
        return max(self._opened_s + self._group_s - self._clock.monotonic_s(), 0.0)

    def _anything(self) -> bool:
        """Whether the committer has something to do."""
        over = self._fault is not None and (self._at_once or not self._more)
        return over or bool(self._offered) or self._small

    @property
    def _more(self) -> bool:
        """Whether there is something left to be committed."""
        return bool(self._open) or self._preparing or bool(self._offered)

    @property
    def _done(self) -> bool:
        """Whether the open group need not wait for more."""
        return self._full or self._fault is not None

    @property
    def _full(self) -> bool:
        return self._open.events >= self._limit

    @property
    def _large(self) -> bool:
        return self._open.events >= WORTH_PREPARING

    @property
    def _small(self) -> bool:
        """Whether the open group goes straight to the committer: none before it is on its way."""
        on_its_way = self._preparing or bool(self._offered)
        return bool(self._open) and not (self._large or on_its_way)
