"""Lanes: one stream of one epoch each, mirrored in memory so that nothing needs a full scan.

A lane knows its last sequence, how far it was ever sent, what the ledger has settled (as ranges)
and what is leased (in memory only: a crash forgets leases). Memory follows the disk: it changes
after the commit, under the file's lock; settlement and leases also under the lanes' own.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from agent.outbox.facts import Lease
from models.wire.ids import Epoch
from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream

EPOCH_BYTES: Final = 16
"""Randomness of an epoch: two files never meet with the same one."""


@dataclass(slots=True)
class Lane:
    """One stream of one epoch.

    Attributes:
        last: the greatest sequence assigned, 0 for none.
        sent: the greatest sequence ever leased. Up to here, and no further, the ledger and this
            file must mean the same events, even if the file is a copy brought back from yesterday.
        settled: always within 1..last.
        heard: the greatest sequence that the cloud ever settled, in this process's life.
        leases: and until when they hold, on the monotonic clock of those who lease.
    """

    number: int
    epoch: Epoch
    stream: Stream
    last: int = 0
    sent: int = 0
    settled: RangeSet = field(default_factory=RangeSet)
    heard: int = 0
    leases: dict[Lease, float] = field(default_factory=dict)

    def owed(self) -> list[Range]:
        """What the ledger has not settled."""
        return self.settled.gaps(1, self.last)

    def free_run(self, first: int, last: int, now_s: float) -> Range | None:
        """The first run within [first, last] that is neither settled nor leased by now."""
        self.leases = {lease: until for lease, until in self.leases.items() if until > now_s}
        leased = RangeSet((lease.first, lease.last) for lease in self.leases)
        for gap in self.settled.gaps(max(first, 1), min(last, self.last)):
            for run in leased.gaps(*gap):
                return run
        return None


class Lanes:
    """All lanes of an outbox, the older epochs' first.

    Attributes:
        lock: guards ``settled`` and ``leases`` of every lane; taken after the file's lock.
        rehome_owed: set when nothing may be sent before the next re-homing.
    """

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self.lock = threading.Lock()
        self.rehome_owed = False
        self._all: list[Lane] = []
        self.begin(lanes)

    def begin(self, lanes: Iterable[Lane]) -> None:
        """Add lanes; the newest epoch among them becomes the current one."""
        self._all.extend(lanes)
        self.epoch = self._all[-1].epoch
        self._named = {(str(lane.epoch), str(lane.stream)): lane for lane in self._all}
        self._current = {lane.stream: lane for lane in self._all if lane.epoch == self.epoch}

    def forget(self, epoch: Epoch) -> None:
        """Drop a closed epoch that holds nothing any more."""
        self._all = [lane for lane in self._all if lane.epoch != epoch]
        self.begin(())

    def __iter__(self) -> Iterator[Lane]:
        return iter(tuple(self._all))

    def current(self, stream: Stream) -> Lane:
        """The lane into which a stream's events go now."""
        return self._current[stream]

    def older(self) -> list[Lane]:
        """The lanes of closed epochs, the oldest first."""
        return [lane for lane in self._all if lane.epoch != self.epoch]

    def find(self, epoch: str, stream: str) -> Lane | None:
        """The lane that an acknowledgement names, if it is one of ours."""
        return self._named.get((epoch, stream))


def open_epoch(db: sqlite3.Connection, epoch: Epoch, now_ms: int) -> list[Lane]:
    """Insert an epoch with a lane for every stream; part of the caller's transaction."""
    db.execute("INSERT INTO epoch (epoch, opened_at) VALUES (?, ?)", (epoch, now_ms))
    return add_missing_lanes(db, epoch, ())


def add_missing_lanes(
    db: sqlite3.Connection, epoch: Epoch, present: Iterable[Stream]
) -> list[Lane]:
    """Insert the lanes an epoch lacks: all of a new one, one where an agent learned a stream."""
    lanes: list[Lane] = []
    for stream in sorted(set(Stream) - set(present)):
        cursor = db.execute(
            "INSERT INTO lane (epoch, stream, last, sent)"
            " SELECT number, ?, 0, 0 FROM epoch WHERE epoch = ?",
            (stream, epoch),
        )
        lanes.append(Lane(cursor.lastrowid or 0, epoch, stream))
    return lanes


def load(db: sqlite3.Connection) -> list[Lane]:
    """Read all lanes. Costs a few look-ups a lane, however many events wait.

    A stream that this agent does not know (a newer one wrote it) is left alone.
    """
    rows = db.execute(
        "SELECT lane.number, epoch.epoch, lane.stream, lane.sent, max(lane.last, coalesce("
        "  (SELECT max(slot.sequence) FROM slot WHERE slot.lane = lane.number), 0))"
        " FROM lane JOIN epoch ON epoch.number = lane.epoch ORDER BY epoch.number, lane.number"
    ).fetchall()
    return [
        Lane(number, Epoch(epoch), Stream(stream), last, sent, _load_settled(db, number))
        for number, epoch, stream, sent, last in rows
        if stream in set(Stream)
    ]


def save_settled(db: sqlite3.Connection, lane: Lane, settled: RangeSet) -> None:
    """Make the lane's rows say ``settled``, writing only what differs from memory."""
    old, new = set(lane.settled), set(settled)
    db.executemany(
        "DELETE FROM settled_range WHERE lane = ? AND first = ?",
        [(lane.number, first) for first, _ in old - new],
    )
    db.executemany(
        "INSERT INTO settled_range (lane, first, last) VALUES (?, ?, ?)",
        [(lane.number, first, last) for first, last in new - old],
    )


def count_owed(db: sqlite3.Connection, lane: Lane) -> int:
    """How many events of the lane are here and unsettled; counts rows, gap by gap."""
    query = "SELECT count(*) FROM slot WHERE lane = ? AND sequence BETWEEN ? AND ?"
    return sum(db.execute(query, (lane.number, *gap)).fetchone()[0] for gap in lane.owed())


def forgotten(db: sqlite3.Connection, lane: Lane) -> int:
    """Up to which sequence the lane's events have ended their retention: always from the front."""
    query = "SELECT min(sequence) FROM slot WHERE lane = ?"
    first: int | None = db.execute(query, (lane.number,)).fetchone()[0]
    return lane.last if first is None else first - 1


def _load_settled(db: sqlite3.Connection, lane: int) -> RangeSet:
    return RangeSet(
        db.execute("SELECT first, last FROM settled_range WHERE lane = ?", (lane,)).fetchall()
    )
