"""What the ledger said: settled ranges, rejections, and the welcome after a birth.

Settlement is not synced. A power cut may forget the last of it, and then those events are sent
again and the ledger calls them duplicates. Appends on the other side never depend on it. Where the
file refuses it altogether, because the disk is full or read-only, it holds in memory and is written
later: sending is what frees a full disk, so it must not wait for the disk.

The file may be a copy of yesterday's, or there may be two of it. Then the cloud speaks of sequences
that another copy assigned, to other events. A copy is known by two signs: its births are not those
that the cloud heard under the epoch (``lineage``), or the cloud has settled what this file never
sent. Then nothing of that epoch is believed settled that was not settled before, and the outbox has
to re-home before it sends again. Events that then travel twice are duplicates by their id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.errors import DiskUnusable
from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.moments import unix_ms
from agent.outbox.retention import mark_settled, unmark
from agent.outbox.rows import save_settled
from agent.outbox.transaction import Transaction
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.ack import EpochSettled, Rejection
from models.wire.ranges import Range, RangeSet

_LEDGER = "ledger"
_BURY = (
    "INSERT OR IGNORE INTO dead_letter"
    " (epoch, stream, sequence, reason, rejected_at, event_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
)

_REMEMBER = "INSERT OR REPLACE INTO memo (name, value) VALUES (?, ?)"

Told = Mapping[tuple[str, str], RangeSet]
"""What a welcome says is settled, by epoch and stream."""


@dataclass(frozen=True, slots=True)
class _Quarrel:
    """What of a welcome contradicts this file.

    Attributes:
        replaced: it is another generation of the ledger.
        ahead: the ledger has settled what the present epoch never sent.
        forked: epochs under which another copy of the file has spoken.
    """

    replaced: bool
    ahead: bool
    forked: Collection[str]

    def is_about(self, lane: Lane) -> bool:
        """Whether what was settled of a lane counts no more."""
        return self.replaced or lane.epoch in self.forked

    def __bool__(self) -> bool:
        return self.replaced or self.ahead or bool(self.forked)


class Settlement:
    """Applies the cloud's answers to the lanes."""

    def __init__(self, file: OutboxFile, lanes: Lanes, clock: Clock, ledger: str) -> None:
        """Take up a file whose last known ledger generation is ``ledger``, empty for none."""
        self._file = file
        self._lanes = lanes
        self._clock = clock
        self.ledger = ledger
        self._logger = get_logger(__name__)
        self._unburied: list[tuple[object, ...]] = []
        self._unmarked: set[int] = set()
        self._unwritten = False
        self._written_ledger = ledger

    def settle(
        self,
        epoch: str,
        stream: str,
        ranges: Iterable[Range],
        rejections: Sequence[Rejection] = (),
    ) -> int:
        """Add settled ranges, with copies of rejected events; returns how many were news.

        What lies beyond anything this file has sent is another copy's, and asks for a re-homing.
        """
        lane = self._lanes.find(epoch, stream)
        if lane is None:
            self._logger.debug("settlement_of_unknown_epoch", epoch=epoch, stream=stream)
            return 0
        with self._file.lock:
            settled = RangeSet([*lane.settled, *self._sent_by_us(lane, ranges)])
            news = len(settled) - len(lane.settled)
            if news:
                self._unburied += self._letters(lane, settled, rejections)
                self._believe({lane.number: settled}, self._file.relaxed, self.ledger)
        return news

    def adopt(
        self, ledger: str, settled: Sequence[EpochSettled], forked: Sequence[str] = ()
    ) -> bool:
        """Take over a welcome (see ``Outbox.adopt``)."""
        told = _told(settled)
        with self._file.lock:
            quarrel = _Quarrel(self.ledger not in ("", ledger), self._is_ahead(told), set(forked))
            verdicts = self._verdicts(told, quarrel)
            self._unmarked |= {lane.number for lane in self._lanes if quarrel.is_about(lane)}
            if verdicts or ledger != self.ledger:
                self._believe(verdicts, self._file.durable, ledger)
                self.ledger = ledger
            ours = self._lanes.epoch not in quarrel.forked
            self._lanes.rehome_owed = quarrel.ahead or not ours or self._stranded()
        if quarrel:
            self._logger.warning(
                "outbox_welcome_disagrees",
                ledger_replaced=quarrel.replaced,
                cloud_is_ahead=quarrel.ahead,
                another_copy_under=sorted(quarrel.forked),
            )
        return self._lanes.rehome_owed

    def write_down(self) -> None:
        """Write what the file refused to be told; harmless where it still does."""
        with self._file.lock:
            if self._unwritten:
                self._believe({}, self._file.relaxed, self.ledger)

    def _sent_by_us(self, lane: Lane, ranges: Iterable[Range]) -> list[Range]:
        sane = [(first, last) for first, last in ranges if 1 <= first <= last]
        lane.heard = max([lane.heard, *(last for _, last in sane)])
        if any(last > lane.sent for _, last in sane) and lane.epoch == self._lanes.epoch:
            self._logger.warning(
                "settlement_beyond_what_was_sent", stream=lane.stream, sent=lane.sent
            )
            self._lanes.rehome_owed = True
        return [(first, min(last, lane.sent)) for first, last in sane if first <= lane.sent]

    def _is_ahead(self, told: Told) -> bool:
        """Whether the cloud has settled what the current epoch of this file never sent."""
        ahead = False
        for lane in self._lanes:
            last = told.get((lane.epoch, lane.stream), RangeSet()).last
            lane.heard = max(lane.heard, last)
            ahead |= lane.epoch == self._lanes.epoch and last > lane.sent
        return ahead

    def _verdicts(self, told: Told, quarrel: _Quarrel) -> dict[int, RangeSet]:
        """What each lane shall hold as settled, where that changes."""
        verdicts = {lane.number: self._verdict(lane, told, quarrel) for lane in self._lanes}
        return {
            lane.number: verdicts[lane.number]
            for lane in self._lanes
            if verdicts[lane.number] != lane.settled
        }

    def _verdict(self, lane: Lane, told: Told, quarrel: _Quarrel) -> RangeSet:
        """What is settled of a lane. Of an epoch that is not ours alone, nothing that is kept.

        What was acknowledged there before is owed again, too: should the ledger have been put back
        since, the other copy's events may have got its numbers, and nobody would miss it.
        """
        before = RangeSet(() if quarrel.replaced else lane.settled)
        if lane.epoch in quarrel.forked:
            return before.without(lane.kept())
        if quarrel.ahead and lane.epoch == self._lanes.epoch:
            return before
        heard = told.get((lane.epoch, lane.stream), ())
        sane = [(first, min(last, lane.last)) for first, last in heard if first <= lane.last]
        return RangeSet([*before, *sane])

    def _stranded(self) -> bool:
        """Whether a lane owes what cannot be sent under its present number.

        After the ledger was restored: events of closed epochs, and sequences of the current one
        whose events have ended their retention here (always from the front).
        """
        return any(lane.gone() for lane in self._lanes.open()) or any(
            lane.owed() for lane in self._lanes.older()
        )

    def _letters(
        self, lane: Lane, settled: RangeSet, rejections: Sequence[Rejection]
    ) -> list[tuple[object, ...]]:
        """Copies of the events that are rejected only now, as rows."""
        now_ms = unix_ms(self._clock.now())
        letters: list[tuple[object, ...]] = []
        for rejection in rejections:
            sequence, reason = rejection.sequence, rejection.reason
            if sequence in settled and sequence not in lane.settled:
                row = (lane.epoch, lane.stream, sequence, reason, now_ms)
                letters += [(*row, *event) for event in self._event(lane.find(sequence))]
                self._logger.warning(
                    "event_rejected", stream=lane.stream, sequence=sequence, reason=reason
                )
        return letters

    def _event(self, position: int | None) -> list[tuple[str, bytes]]:
        """Id and body of the event at a position, if there is one."""
        with self._lanes.lock, self._file.read() as db:
            return db.execute(
                "SELECT event_id, body FROM event WHERE position = ?", (position,)
            ).fetchall()

    def _believe(
        self, verdicts: Mapping[int, RangeSet], transaction: Transaction, ledger: str
    ) -> None:
        """Hold this for settled, in the file and in memory, or in memory alone for now."""
        try:
            with transaction as db:
                self._write(db, verdicts, ledger)
        except DiskUnusable as error:
            self._unwritten = True
            self._logger.warning("settlement_not_written", error=str(error), next_step="later")
        else:
            self._unwritten = False
            self._unburied.clear()
            self._unmarked.clear()
            self._written_ledger = ledger
        self._publish(verdicts)

    def _write(self, db: sqlite3.Connection, verdicts: Mapping[int, RangeSet], ledger: str) -> None:
        """All that is new, and all that the file refused before."""
        db.executemany(_BURY, self._unburied)
        now_ms = unix_ms(self._clock.now())
        for lane in self._lanes:
            if lane.number in self._unmarked:
                unmark(db, lane)
            if lane.unwritten or lane.number in self._unmarked or lane.number in verdicts:
                settled = verdicts.get(lane.number, lane.settled)
                save_settled(db, lane, settled)
                mark_settled(db, lane, settled, now_ms)
        if ledger != self._written_ledger:
            db.execute(_REMEMBER, (_LEDGER, ledger))

    def _publish(self, verdicts: Mapping[int, RangeSet]) -> None:
        with self._lanes.lock:
            for lane in self._lanes:
                if lane.number in verdicts:
                    lane.believe(verdicts[lane.number])
                    lane.unwritten |= self._unwritten
                lane.unwritten &= self._unwritten


def _told(settled: Sequence[EpochSettled]) -> Told:
    return {
        (one.epoch, stream): RangeSet(r for r in ranges if 1 <= r[0] <= r[1])
        for one in settled
        for stream, ranges in one.streams.items()
    }


def load_ledger(db: sqlite3.Connection) -> str:
    """The ledger generation last heard of, empty for none."""
    row = db.execute("SELECT value FROM memo WHERE name = ?", (_LEDGER,)).fetchone()
    return str(row[0]) if row else ""
