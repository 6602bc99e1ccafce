"""What the ledger said: settled ranges, rejections, and the welcome after a birth.

Settlement is not synced. A power cut may forget the last of it, and then those events are sent
again and the ledger calls them duplicates. Appends on the other side never depend on it.

The file may be a copy of yesterday's, or there may be two of it. Then the cloud speaks of sequences
that another copy assigned, to other events. So a settlement counts only up to the greatest
sequence this file has itself sent; what the cloud has beyond it proves the other copy, nothing of
this file's present epoch is believed settled that was not settled before, and the outbox has to
re-home before it sends again. Events that then travel twice are duplicates by their id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.moments import unix_ms
from agent.outbox.retention import mark_settled, unmark
from agent.outbox.rows import save_settled
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.ack import EpochSettled, Rejection
from models.wire.ranges import Range, RangeSet

_LEDGER = "ledger"
_COPY_TO_DEAD_LETTERS = (
    "INSERT OR IGNORE INTO dead_letter"
    " (event_id, epoch, stream, sequence, reason, rejected_at, body)"
    " SELECT event_id, ?, ?, ?, ?, ?, body FROM event WHERE position = ?"
)

Told = Mapping[tuple[str, str], RangeSet]
"""What a welcome says is settled, by epoch and stream."""


class Settlement:
    """Applies the cloud's answers to the lanes."""

    def __init__(self, file: OutboxFile, lanes: Lanes, clock: Clock, ledger: str) -> None:
        """Take up a file whose last known ledger generation is ``ledger``, empty for none."""
        self._file = file
        self._lanes = lanes
        self._clock = clock
        self.ledger = ledger
        self._logger = get_logger(__name__)

    def settle(
        self,
        epoch: str,
        stream: str,
        ranges: Iterable[Range],
        rejections: Sequence[Rejection] = (),
    ) -> int:
        """Add settled ranges, with copies of rejected events; returns how many were news."""
        lane = self._lanes.find(epoch, stream)
        if lane is None:
            self._logger.debug("settlement_of_unknown_epoch", epoch=epoch, stream=stream)
            return 0
        with self._file.lock:
            settled = RangeSet([*lane.settled, *self._sent_by_us(lane, ranges)])
            news = len(settled) - len(lane.settled)
            if news:
                with self._file.relaxed as db:
                    self._bury(db, lane, settled, rejections)
                    self._write(db, lane, settled)
                self._publish({lane.number: settled})
        return news

    def adopt(self, ledger: str, settled: Sequence[EpochSettled]) -> bool:
        """Take over a welcome (see ``Outbox.adopt``)."""
        told = _told(settled)
        with self._file.lock:
            replaced = self.ledger not in ("", ledger)
            forked = self._forked(told)
            verdicts = self._verdicts(told, replaced=replaced, forked=forked)
            self._write_all(verdicts, ledger, replaced=replaced)
            self._publish(verdicts)
            self.ledger = ledger
            self._lanes.rehome_owed = forked or self._stranded()
        if replaced or forked:
            self._logger.warning(
                "outbox_welcome_disagrees", ledger_replaced=replaced, cloud_is_ahead=forked
            )
        return self._lanes.rehome_owed

    def _sent_by_us(self, lane: Lane, ranges: Iterable[Range]) -> list[Range]:
        sane = [(first, last) for first, last in ranges if 1 <= first <= last]
        lane.heard = max([lane.heard, *(last for _, last in sane)])
        if any(last > lane.sent for _, last in sane) and lane.epoch == self._lanes.epoch:
            self._logger.warning(
                "settlement_beyond_what_was_sent", stream=lane.stream, sent=lane.sent
            )
        return [(first, min(last, lane.sent)) for first, last in sane if first <= lane.sent]

    def _forked(self, told: Told) -> bool:
        """Whether the cloud has settled what the current epoch of this file never sent."""
        ahead = False
        for lane in self._lanes:
            last = told.get((lane.epoch, lane.stream), RangeSet()).last
            lane.heard = max(lane.heard, last)
            ahead |= lane.epoch == self._lanes.epoch and last > lane.sent
        return ahead

    def _verdicts(self, told: Told, *, replaced: bool, forked: bool) -> dict[int, RangeSet]:
        """What each lane shall hold as settled, where that changes."""
        verdicts: dict[int, RangeSet] = {}
        for lane in self._lanes:
            verdict = RangeSet(() if replaced else lane.settled)
            if not (forked and lane.epoch == self._lanes.epoch):
                for first, last in told.get((lane.epoch, lane.stream), ()):
                    if first <= lane.last:
                        verdict.add(first, min(last, lane.last))
            if verdict != lane.settled:
                verdicts[lane.number] = verdict
        return verdicts

    def _stranded(self) -> bool:
        """Whether a lane owes what cannot be sent under its present number.

        After the ledger was restored: events of closed epochs, and sequences of the current one
        whose events have ended their retention here (always from the front).
        """
        return any(lane.gone() for lane in self._lanes.open()) or any(
            lane.owed() for lane in self._lanes.older()
        )

    def _bury(
        self,
        db: sqlite3.Connection,
        lane: Lane,
        settled: RangeSet,
        rejections: Sequence[Rejection],
    ) -> None:
        now_ms = unix_ms(self._clock.now())
        for rejection in rejections:
            sequence, reason = rejection.sequence, rejection.reason
            if sequence in settled and sequence not in lane.settled:
                row = (lane.epoch, lane.stream, sequence, reason, now_ms, lane.find(sequence))
                db.execute(_COPY_TO_DEAD_LETTERS, row)
                self._logger.warning(
                    "event_rejected", stream=lane.stream, sequence=sequence, reason=reason
                )

    def _write_all(self, verdicts: Mapping[int, RangeSet], ledger: str, *, replaced: bool) -> None:
        if not verdicts and ledger == self.ledger:
            return
        with self._file.durable as db:
            for lane in self._lanes:
                if replaced:
                    unmark(db, lane)
                if replaced or lane.number in verdicts:
                    self._write(db, lane, verdicts.get(lane.number, lane.settled))
            db.execute("INSERT OR REPLACE INTO memo (name, value) VALUES (?, ?)", (_LEDGER, ledger))

    def _write(self, db: sqlite3.Connection, lane: Lane, settled: RangeSet) -> None:
        save_settled(db, lane, settled)
        mark_settled(db, lane, settled, unix_ms(self._clock.now()))

    def _publish(self, verdicts: Mapping[int, RangeSet]) -> None:
        with self._lanes.lock:
            for lane in self._lanes:
                if lane.number in verdicts:
                    lane.believe(verdicts[lane.number])


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
