"""Lanes: one stream of one epoch each, held in memory so that nothing needs a full scan.

A lane knows its last sequence, how far it was ever sent, what the ledger has settled (as ranges),
where its events lie (as spans) and what is leased (in memory only: a crash forgets leases). Memory
follows the disk: it changes after the commit, under the file's lock; what leases look at, also
under the lanes' own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf

from agent.outbox.facts import Lease
from agent.outbox.spans import Span, within
from models.wire.birth import EpochHeld
from models.wire.ids import Epoch
from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream


@dataclass(slots=True)
class Lane:
    """One stream of one epoch.

    Attributes:
        spans: where its events lie, in ascending order; sequences in none are gone. The current
            epoch's lanes end in an open span, closed ones do not.
        last: the greatest sequence assigned, 0 for none.
        claimed: the same, ahead of ``last`` within the transaction that assigns more.
        sent: the greatest sequence ever leased. What a ledger has settled beyond it, it has from
            another copy of this file.
        settled: always within 1..last.
        waived: what of it no ledger has acknowledged (see ``waiving``).
        unwritten: the file does not know yet what is settled; it refused to be told.
        heard: the greatest sequence that the cloud ever settled, in this process's life.
        leases: and until when they hold, on the monotonic clock of those who lease.
        leased: the sequences that they hold.
    """

    number: int
    epoch: Epoch
    stream: Stream
    spans: list[Span]
    last: int = 0
    claimed: int = 0
    sent: int = 0
    settled: RangeSet = field(default_factory=RangeSet)
    waived: RangeSet = field(default_factory=RangeSet)
    unwritten: bool = False
    heard: int = 0
    leases: dict[Lease, float] = field(default_factory=dict)
    leased: RangeSet = field(default_factory=RangeSet)
    _next_end_s: float = inf

    def owed(self) -> list[Span]:
        """The events that are here and that the ledger has not settled."""
        return within(self.spans, self.settled.gaps(1, self.last))

    def acknowledged(self) -> RangeSet:
        """What ledgers have settled by their own word, of events that are gone by now, too."""
        return self.settled.without(self.waived)

    def gone(self) -> list[Range]:
        """Unsettled sequences that lie here no more: a restored ledger asks for the lost.

        Their events ended their retention, always from the front, or were thinned.
        """
        return RangeSet([*self.settled, *self.kept()]).gaps(1, self.last)

    def kept(self) -> RangeSet:
        """The sequences whose events are here."""
        here = within(self.spans, [(1, self.last)])
        return RangeSet((span.first, span.last) for span in here)

    def idle(self, first: int) -> list[Span]:
        """From a sequence on, the events that are neither settled nor in any lease."""
        return within(self.spans, RangeSet([*self.settled, *self.leased]).gaps(first, self.last))

    def find(self, sequence: int) -> int | None:
        """The position of a sequence's event, None where it is gone."""
        found = within(self.spans, [(sequence, sequence)])
        return found[0].positions[0] if found else None

    def free_run(self, first: int, last: int, now_s: float) -> list[Span]:
        """The first run within [first, last] that is neither settled nor leased by now.

        Its sequences are consecutive, in one or more spans; empty where nothing is free. Only for
        the current epoch, whose spans leave no hole between them.
        """
        if now_s >= self._next_end_s:
            self._hold({lease: end_s for lease, end_s in self.leases.items() if end_s > now_s})
        for gap in self.settled.gaps(max(first, 1), min(last, self.last)):
            for run in self.leased.gaps(*gap):
                if spans := within(self.spans, [run]):
                    return spans
        return []

    def lend(self, lease: Lease, end_s: float) -> None:
        """A free run is taken, until then at most."""
        self.leases[lease] = end_s
        self.leased.add(lease.first, lease.last)
        self._next_end_s = min(self._next_end_s, end_s)

    def take_back(self, lease: Lease) -> None:
        """Its events are free again; does nothing for a lease that has ended."""
        if self.leases.pop(lease, None) is not None:
            self._hold(self.leases)

    def end_leases(self) -> None:
        """The lane is over: nothing of it is sent any more."""
        self._hold({})

    def believe(self, settled: RangeSet) -> None:
        """Take over what is settled; leases that it covers have done their work."""
        self.settled = settled
        self._hold(
            {
                lease: end_s
                for lease, end_s in self.leases.items()
                if settled.gaps(lease.first, lease.last)
            }
        )

    def _hold(self, leases: dict[Lease, float]) -> None:
        self.leases = leases
        self.leased = RangeSet((lease.first, lease.last) for lease in leases)
        self._next_end_s = min(leases.values(), default=inf)

    def whole(self) -> RangeSet:
        """All of the lane, which is settled when its epoch closes: nothing is owed there then."""
        return RangeSet([(1, self.last)] if self.last else ())


class Lanes:
    """All lanes of an outbox, the older epochs' first.

    Attributes:
        lock: guards what leases look at: ``settled``, ``spans`` and ``leases`` of every lane.
            Taken after the file's lock.
        epoch: the current one.
        current: the lanes into which events go now.
        rehome_owed: set when nothing may be sent before the next re-homing.
        renewed: the file was salvaged; set until the next birth has told the cloud what we hold.
    """

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self.lock = threading.Lock()
        self.rehome_owed = False
        self.renewed = False
        self._all: list[Lane] = []
        self.begin(lanes)

    def begin(self, lanes: Iterable[Lane]) -> None:
        """Add lanes; the newest epoch among them becomes the current one."""
        self._all.extend(lanes)
        self.epoch = self._all[-1].epoch
        self._named = {(str(lane.epoch), str(lane.stream)): lane for lane in self._all}
        self.current = {lane.stream: lane for lane in self._all if lane.epoch == self.epoch}

    def renew(self, lanes: Iterable[Lane]) -> None:
        """Take over the lanes of a salvaged file."""
        self._all = []
        self.begin(lanes)
        self.rehome_owed = False
        self.renewed = True

    def forget(self, epoch: Epoch) -> None:
        """Drop a closed epoch that holds nothing any more."""
        self._all = [lane for lane in self._all if lane.epoch != epoch]
        self.begin(())

    def __iter__(self) -> Iterator[Lane]:
        return iter(tuple(self._all))

    def open(self) -> list[Lane]:
        """The lanes of the current epoch."""
        return list(self.current.values())

    def older(self) -> list[Lane]:
        """The lanes of closed epochs, the oldest first."""
        return [lane for lane in self._all if lane.epoch != self.epoch]

    def held(self) -> list[EpochHeld]:
        """For the birth: the current epoch, then older ones that hold unsettled events.

        With it the cloud has been told of a salvaged file.
        """
        self.renewed = False
        owing = {self.epoch} | {lane.epoch for lane in self.older() if lane.owed()}
        lasts: dict[Epoch, dict[str, int]] = {}
        for lane in self:
            if lane.epoch in owing:
                told = lasts.setdefault(lane.epoch, {})
                if lane.last:
                    told[str(lane.stream)] = lane.last
        return [EpochHeld(epoch, told) for epoch, told in reversed(lasts.items())]

    def of(self, stream: Stream) -> list[Lane]:
        """A stream's lanes, the oldest first."""
        return [lane for lane in self._all if lane.stream == stream]

    def find(self, epoch: str, stream: str) -> Lane | None:
        """The lane that an acknowledgement names, if it is one of ours."""
        return self._named.get((epoch, stream))
