"""The outbox: every captured event, durable before ``append`` returns, until the ledger has it.

A delivered event is settled by the cloud's acknowledgement alone, never by the broker's. The file
is SQLite; one process writes it (see ``ownership``), many threads of it may. Appends are synced to
the disk one by one or, where several threads append at once, group by group.

Sales, members' and guides' events are never deleted before they are settled. Footfall is thinned
and telemetry dropped when their disk budgets are spent, and an event says so. What it will not do:
decide what to send first (``agent.sync``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from agent.errors import AgentError, OutboxDamaged
from agent.outbox.budget import Thrift
from agent.outbox.depths import count_dead_letters, depths
from agent.outbox.facts import ComposeClosed, ComposeVoid, Depth, Draft, Lease, Stored
from agent.outbox.group import GroupCommit
from agent.outbox.parts import Parts, put_together
from agent.outbox.selection import Selection
from agent.outbox.storing import Parcel
from agent.outbox.upkeep import Housekeeping
from models.runtime.clock import Clock
from models.vault.seal import Sealer
from models.wire.ack import EpochSettled, Rejection
from models.wire.birth import EpochHeld
from models.wire.ids import Epoch, EventId
from models.wire.ranges import Range
from models.wire.topics import Stream

Listener = Callable[[Stream], None]
"""Called on the appending thread after its commit, with the stream; must be quick, not raise."""


class Outbox:
    """The events that this device owes the cloud. Safe for several threads of one process."""

    def __init__(self, parts: Parts) -> None:
        """Of parts that belong together; use ``Outbox.open``."""
        self._ownership = parts.ownership
        self._file = parts.file
        self._lanes = parts.lanes
        self._storing = parts.storing
        self._group: GroupCommit[Parcel, list[Stored]] = GroupCommit(parts.storing.store)
        self._leasing = parts.leasing
        self._settlement = parts.settlement
        self._forgetting = parts.forgetting
        self._lineage = parts.lineage
        self._rehoming = parts.rehoming
        self._replaying = parts.replaying
        self._upkeep = parts.upkeep
        self._mending = parts.mending
        self._listeners: tuple[Listener, ...] = ()

    @classmethod
    def open(
        cls,
        path: Path,
        sealer: Sealer,
        *,
        clock: Clock,
        compose_closed: ComposeClosed,
        compose_void: ComposeVoid,
        thrift: Thrift | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> Outbox:
        """Open an outbox for writing, or make one with a random epoch where there is none.

        A damaged file is set aside, and what can be read goes on under a fresh epoch (``salvage``);
        so it does when damage is met later, in the middle of any call. Otherwise this takes well
        under a second however many events wait; none of them is loaded.

        Args:
            path: the file; its folder is made if need be.
            sealer: seals personal data before it reaches the disk, and opens it for leases.
            clock: dates events and settlements.
            compose_closed: makes the event that announces a closed epoch. It is called while the
                outbox is locked, so it must not use the outbox.
            compose_void: the same for sequences that will never come: thinned, dropped, lost.
            thrift: disk budgets, the shop's zone and where metrics go; defaults where absent.
            random: makes epochs.

        Raises:
            OutboxBusy: another process writes this outbox.
            OutboxCorrupt: not an outbox, or written by a newer agent.
            DiskUnusable: the disk is full, read-only, or cannot do what the promise needs.
        """
        parts = put_together(
            path,
            sealer,
            clock=clock,
            compose_closed=compose_closed,
            compose_void=compose_void,
            thrift=thrift or Thrift(),
            random=random,
        )
        return cls(parts)

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
            OutboxFull: no budget has room; nothing was stored, keep the input and try again.
            DiskUnusable: nothing was stored; free the disk and append again.
            OutboxCorrupt: the file is damaged, and so are those that were made of it.
            OutboxBusy: locked for too long, or interrupted; append again.
        """
        if not drafts:
            return []
        parcel = stream, self._storing.seal(drafts)
        life = self._file.life
        try:
            self._upkeep.admit(*parcel)
            stored = self._group.submit(parcel)
        except OutboxDamaged as damage:
            self._mending.mend(damage, life)
            stored = self._group.submit(parcel)
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
            OutboxCorrupt: an event cannot be opened.
            OutboxRenewed: the file was damaged and is salvaged; ask again after the next birth.
        """
        window = (first, self.last_sequence(stream) if last is None else last)
        return self._mending.outlive(
            lambda: self._leasing.lease(
                stream,
                window,
                max_events=max_events,
                max_bytes=max_bytes,
                now_s=now_s,
                lease_s=lease_s,
                historical=historical,
            )
        )

    def release(self, lease: Lease) -> None:
        """Sending failed: the events are free at once. Harmless for an ended lease."""
        self._leasing.release(lease)

    def settle(self, epoch: str, stream: str, ranges: Sequence[Range]) -> int:
        """The ledger has these sequences; returns how many of them were news.

        Repeats, unknown epochs and sequences that were never leased count for nothing: the last
        can only be meant for another copy of this file, and ask for a re-homing (``astray``). A
        power cut may forget a settlement; a disk that refuses it is told later.
        """
        return self._mending.outlive(lambda: self._settlement.settle(epoch, stream, ranges))

    def reject(self, epoch: str, stream: str, rejections: Sequence[Rejection]) -> int:
        """The cloud can never accept these: settle them and copy them to the dead letters.

        Returns:
            How many were news. Sequences count as for ``settle``.
        """
        ranges = [(rejection.sequence, rejection.sequence) for rejection in rejections]
        return self._mending.outlive(
            lambda: self._settlement.settle(epoch, stream, ranges, rejections)
        )

    def adopt(
        self,
        ledger: str,
        settled: Sequence[EpochSettled],
        missing: Sequence[EpochSettled] = (),
        forked: Sequence[str] = (),
    ) -> bool:
        """Take over what a welcome says is settled, before anything is sent. Idempotent.

        The ledger of another generation replaces what we knew, and kept events that it lacks are
        owed again; the same generation's adds to it. What is ``missing`` in either although it
        was acknowledged is owed again as well, or announced as lost where it is kept no more. Of
        the ``forked`` epochs, under which another copy of this file has spoken, all that is kept
        is owed again, whatever is settled there.

        Returns:
            True when the present epoch cannot go on (``astray``): another copy has spoken under
            it, the cloud has settled what this file never sent (it is a copy), or a restored
            ledger asks for what has no number here any more.
        """

        def take_over() -> bool:
            self._forgetting.take_back(missing)
            return self._settlement.adopt(ledger, settled, forked)

        return self._mending.outlive(take_over)

    @property
    def astray(self) -> bool:
        """Whether the present epoch cannot go on: nothing is leased until ``rehome``."""
        return self._lanes.rehome_owed

    def introduce(self, birth: str) -> dict[str, list[str]]:
        """Note a birth that is about to be said, durably; what it has to tell as ``said``.

        Where the disk refuses it, the births before it alone are told.
        """
        return self._mending.outlive(lambda: self._lineage.introduce(birth))

    def answered(self, birth: str) -> None:
        """The cloud has answered a birth."""
        self._lineage.answered(birth)

    def doubts(self, settled: Sequence[EpochSettled], missing: Sequence[EpochSettled]) -> bool:
        """Whether a welcome that was not asked for just now tells less than was acknowledged.

        It may be older than the last acknowledgement: only the answer to a fresh birth is certain.
        """
        return self._forgetting.doubts(settled, missing)

    def acknowledged(self) -> list[EpochSettled]:
        """For the birth: what ledgers have acknowledged of the epochs that are kept here."""
        return self._forgetting.acknowledged()

    def go_by(self, name: str) -> None:
        """Say once under what name events leave; another than before has nothing acknowledged.

        What was acknowledged under the other name is never asked of a ledger again.
        """
        self._mending.outlive(lambda: self._forgetting.go_by(name))

    def rehome(self, reason: str) -> Epoch:
        """Start a new epoch and return it; durable on return, in one transaction.

        Unsettled events get new sequences in their old order, their content untouched. An event
        on stream ``sale`` names each epoch that they left, with its last sequences as far as we or
        the cloud know them. Leases end.
        """
        return self._mending.outlive(lambda: self._rehoming.rehome(reason))

    def replay(self, selection: Selection) -> int:
        """Send settled events that are still kept again, under a fresh epoch; returns how many.

        Durable on return. What the ledger still has is a duplicate there.
        """
        return self._mending.outlive(lambda: self._replaying.replay(selection))

    def replay_letters(self, wanted: Iterable[EventId] | None = None) -> list[EventId]:
        """Send the named dead letters (or all) again under a fresh epoch; returns those that go.

        Durable on return; they are dead letters no more unless the cloud refuses them again. What
        cannot be read as an event stays.
        """
        named = None if wanted is None else list(wanted)
        return self._mending.outlive(lambda: self._replaying.replay_letters(named))

    def held(self) -> list[EpochHeld]:
        """For the birth: the current epoch, then older ones that hold unsettled events."""
        with self._lanes.lock:
            return self._lanes.held()

    def depths(self) -> list[Depth]:
        """Every stream's depth, in the order of ``Stream``. Costs the same at any depth."""
        return self._mending.outlive(self._depths)

    def last_sequence(self, stream: Stream) -> int:
        """The greatest sequence assigned in the current epoch, 0 for none."""
        return self._lanes.current[stream].last

    def dead_letters(self) -> int:
        """How many events the cloud has rejected for ever."""
        return self._mending.outlive(self._dead_letters)

    def housekeep(self, keep_s: Mapping[Stream, float]) -> int:
        """Delete events that were settled at least ``keep_s`` seconds ago; returns how many.

        Works from the front of each stream in small transactions, so appends wait for
        milliseconds. Streams that are not named keep everything. What is unsettled is never
        deleted, nor is anything behind it. Then footfall and telemetry are brought within their
        budgets, and room that is free goes back to the disk.
        """
        self._mending.outlive(self._settlement.write_down)
        return self._mending.outlive(lambda: self._upkeep.housekeep(keep_s))

    def room(self) -> Housekeeping:
        """How the disk budgets stand, and what gave way or was refused. Reads a few rows."""
        return self._mending.outlive(self._upkeep.stand)

    def close(self) -> None:
        """Close the file and let another process own it. May be called twice."""
        with suppress(AgentError):  # what is not written is sent again, and a duplicate
            self._settlement.write_down()
        self._storing.write_all_names()
        self._file.close()
        self._ownership.release()

    def _depths(self) -> list[Depth]:
        with self._lanes.lock, self._file.read() as db:
            return depths(db, self._lanes)

    def _dead_letters(self) -> int:
        with self._lanes.lock, self._file.read() as db:
            return count_dead_letters(db)
