"""The outbox: every captured event, durable before ``append`` returns, until the ledger has it.

A delivered event is settled by the cloud's acknowledgement alone, never by the broker's. The file
is SQLite; one process writes it (see ``ownership``), many threads of it may. Appends are synced to
the disk one by one or, where several threads append at once, group by group.

What it will not do: decide what to send first (``agent.sync``), thin or drop anything, or delete an
event that is not settled.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent.outbox.connection import OutboxFile
from agent.outbox.depths import count_dead_letters, depths
from agent.outbox.facts import ComposeClosed, Depth, Draft, Lease, Stored
from agent.outbox.faults import in_our_words
from agent.outbox.group import GroupCommit
from agent.outbox.lanes import Lanes
from agent.outbox.leases import Leasing
from agent.outbox.opening import open_file
from agent.outbox.ownership import Ownership
from agent.outbox.rehome import Rehoming
from agent.outbox.retention import Retention
from agent.outbox.settlement import Settlement
from agent.outbox.storing import Parcel, Storing
from models.runtime.clock import Clock
from models.vault.seal import Sealer
from models.wire.ack import EpochSettled, Rejection
from models.wire.birth import EpochHeld
from models.wire.ids import Epoch
from models.wire.ranges import Range
from models.wire.topics import Stream

Listener = Callable[[Stream], None]
"""Called on the appending thread after its commit, with the stream; must be quick, not raise."""


class Outbox:
    """The events that this device owes the cloud. Safe for several threads of one process."""

    def __init__(
        self,
        ownership: Ownership,
        file: OutboxFile,
        lanes: Lanes,
        *,
        storing: Storing,
        leasing: Leasing,
        settlement: Settlement,
        rehoming: Rehoming,
        retention: Retention,
    ) -> None:
        """Put the parts together; use ``Outbox.open``."""
        self._ownership = ownership
        self._file = file
        self._lanes = lanes
        self._storing = storing
        self._group: GroupCommit[Parcel, list[Stored]] = GroupCommit(storing.store)
        self._leasing = leasing
        self._settlement = settlement
        self._rehoming = rehoming
        self._retention = retention
        self._listeners: tuple[Listener, ...] = ()

    @classmethod
    def open(
        cls,
        path: Path,
        sealer: Sealer,
        *,
        clock: Clock,
        compose_closed: ComposeClosed,
        random: Callable[[int], bytes] = os.urandom,
    ) -> Outbox:
        """Open an outbox for writing, or make one with a random epoch where there is none.

        Takes well under a second however many events wait; none of them is loaded.

        Args:
            path: the file; its folder is made if need be.
            sealer: seals personal data before it reaches the disk, and opens it for leases.
            clock: dates events and settlements.
            compose_closed: makes the event that announces a closed epoch. It is called while the
                outbox is locked, so it must not use the outbox.
            random: makes epochs.

        Raises:
            OutboxBusy: another process writes this outbox.
            OutboxCorrupt: not an outbox, damaged, or written by a newer agent.
            DiskUnusable: the disk is full, read-only, or cannot do what the promise needs.
        """
        ownership, file, lanes, ledger = open_file(path, clock, random)
        storing = Storing(file, lanes, sealer, clock)
        return cls(
            ownership,
            file,
            lanes,
            storing=storing,
            leasing=Leasing(file, lanes, sealer),
            settlement=Settlement(file, lanes, clock, ledger),
            rehoming=Rehoming(
                file, lanes, storing, clock=clock, random=random, compose_closed=compose_closed
            ),
            retention=Retention(file, lanes, clock),
        )

    @property
    def epoch(self) -> Epoch:
        """The current epoch."""
        return self._lanes.epoch

    @property
    def ledger(self) -> str:
        """The ledger generation last adopted, empty for none; a birth repeats it."""
        return self._settlement.ledger

    def on_append(self, listener: Listener) -> None:
        """Have ``listener`` told the stream whenever an append to it is on the disk."""
        self._listeners = (*self._listeners, listener)

    def append(self, stream: Stream, drafts: Sequence[Draft]) -> list[Stored]:
        """Store events; on the disk when this returns, all of them or, when it raises, none.

        An event whose id is remembered is passed over, so capturing the same file again adds
        nothing. Ids are remembered as long as their events are kept (see ``housekeep``).

        Raises:
            EventTooLarge: an event could never be sent.
            BadEvent: a personal member is not where its span says it is.
            DiskUnusable: nothing was stored; free the disk and append again.
            OutboxCorrupt: the file is damaged.
            OutboxBusy: locked for too long, or interrupted; append again.
        """
        if not drafts:
            return []
        stored = self._group.submit((stream, self._storing.seal(drafts)))
        for listener in self._listeners:
            listener(stream)
        return stored

    def lease(
        self,
        stream: Stream,
        *,
        max_events: int,
        max_bytes: int,
        now_s: float,
        lease_s: float,
        first: int = 1,
        last: int | None = None,
        historical: bool = False,
    ) -> Lease | None:
        """Take the first run of consecutive events that are neither settled nor leased.

        Args:
            stream: of the current epoch.
            max_events: of the lease.
            max_bytes: of its stamped events together; one event is always given.
            now_s: on any monotonic clock, the same for all calls.
            lease_s: after this the events may be leased again.
            first: look from this sequence of the current epoch on.
            last: and no further than this one.
            historical: stamp the events as sent late.

        Returns:
            None where nothing is free, and as long as ``adopt`` asks for a re-homing.

        Raises:
            OutboxCorrupt: an event cannot be read or opened.
        """
        window = (first, self.last_sequence(stream) if last is None else last)
        return self._leasing.lease(
            stream,
            window,
            max_events=max_events,
            max_bytes=max_bytes,
            now_s=now_s,
            lease_s=lease_s,
            historical=historical,
        )

    def release(self, lease: Lease) -> None:
        """Sending failed: the events are free at once. Harmless for an ended lease."""
        self._leasing.release(lease)

    def settle(self, epoch: str, stream: str, ranges: Sequence[Range]) -> int:
        """The ledger has these sequences; returns how many of them were news.

        Repeats, unknown epochs and sequences that were never leased count for nothing: the last
        can only be meant for another copy of this file. A power cut may forget a settlement.
        """
        return self._settlement.settle(epoch, stream, ranges)

    def reject(self, epoch: str, stream: str, rejections: Sequence[Rejection]) -> int:
        """The cloud can never accept these: settle them and copy them to the dead letters.

        Returns:
            How many were news. Sequences count as for ``settle``.
        """
        ranges = [(rejection.sequence, rejection.sequence) for rejection in rejections]
        return self._settlement.settle(epoch, stream, ranges, rejections)

    def adopt(self, ledger: str, settled: Sequence[EpochSettled]) -> bool:
        """Take over what a welcome says is settled, before anything is sent. Idempotent.

        The ledger of another generation replaces what we knew, and kept events that it lacks are
        owed again; the same generation's adds to it.

        Returns:
            True when the present epoch cannot go on: the cloud has settled what this file never
            sent (it is a copy), or a restored ledger asks for what has no number here any more.
            Nothing is leased until ``rehome``.
        """
        return self._settlement.adopt(ledger, settled)

    def rehome(self, reason: str) -> Epoch:
        """Start a new epoch and return it; durable on return, in one transaction.

        Unsettled events get new sequences in their old order, their content untouched. An event
        on stream ``sale`` names each epoch that they left, with its last sequences as far as we or
        the cloud know them. Leases end.
        """
        return self._rehoming.rehome(reason)

    def held(self) -> list[EpochHeld]:
        """For the birth: the current epoch, then older ones that hold unsettled events."""
        with self._lanes.lock:
            owing = {self.epoch} | {lane.epoch for lane in self._lanes.older() if lane.owed()}
            lanes = [lane for lane in self._lanes if lane.epoch in owing]
        epochs = reversed(dict.fromkeys(lane.epoch for lane in lanes))
        return [
            EpochHeld(epoch, {str(x.stream): x.last for x in lanes if x.epoch == epoch and x.last})
            for epoch in epochs
        ]

    def depths(self) -> list[Depth]:
        """Every stream's depth, in the order of ``Stream``. Costs the same at any depth."""
        with self._lanes.lock, self._file.read() as db:
            return depths(db, self._lanes)

    def last_sequence(self, stream: Stream) -> int:
        """The greatest sequence assigned in the current epoch, 0 for none."""
        return self._lanes.current[stream].last

    def dead_letters(self) -> int:
        """How many events the cloud has rejected for ever."""
        with self._lanes.lock, self._file.read() as db:
            return count_dead_letters(db)

    def housekeep(self, keep_s: Mapping[Stream, float]) -> int:
        """Delete events that were settled at least ``keep_s`` seconds ago; returns how many.

        Works from the front of each stream in small transactions, so appends wait for
        milliseconds. Streams that are not named keep everything. What is unsettled is never
        deleted, nor is anything behind it.
        """
        return self._retention.housekeep(keep_s)

    def close(self) -> None:
        """Close the file and let another process own it. May be called twice."""
        with in_our_words(self._file.path):
            self._file.close()
        self._ownership.release()
