"""A ledger that has forgotten what it acknowledged: an older one was put back in its place.

The birth says what we hold as acknowledged, under every epoch of which something is kept, and the
welcome names what of that the ledger has no word of. That much, and nothing else, is taken back:

- What is still kept is owed again, under its own number where the epoch goes on and under a fresh
  one where it was closed (``adopt`` asks for the re-homing).
- What has ended its retention can be sent no more. It stays settled, and ``range.void`` says how
  many events of which numbers that are: the ledger waits for nothing that will never come.

A welcome can take back only what a ledger once acknowledged, so whoever speaks for the ledger can
make us send again and can make us lose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent.outbox.connection import OutboxFile
from agent.outbox.facts import ComposeVoid
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.losses import notices_of
from agent.outbox.moments import unix_ms
from agent.outbox.retention import unmark
from agent.outbox.rows import save_settled
from agent.outbox.spans import within
from agent.outbox.storing import Storing
from agent.outbox.waiving import save_waived
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.ack import EpochSettled
from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream

FORGOTTEN: Final = "forgotten"
"""The reason of the ``range.void`` for what nobody keeps any more."""

MOST_EPOCHS: Final = 16
"""Epochs that a birth speaks of, the newest ones: so many are kept only where boxes are twins."""

MOST_RANGES: Final = 128
"""Ranges of one lane that a birth speaks of, the newest ones; a healthy lane is one range."""

_LOG = get_logger(__name__)
_NAME: Final = "name"


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is taken back of one lane.

    Attributes:
        again: ranges that are owed again.
        lost: ranges whose events are here no more.
    """

    lane: Lane
    again: RangeSet
    lost: RangeSet

    @property
    def settled(self) -> RangeSet:
        return self.lane.settled.without(self.again)

    @property
    def waived(self) -> RangeSet:
        return RangeSet([*self.lane.waived, *self.lost])


class Forgetting:
    """Takes back what a ledger has forgotten."""

    def __init__(
        self,
        file: OutboxFile,
        lanes: Lanes,
        storing: Storing,
        *,
        clock: Clock,
        compose_void: ComposeVoid,
    ) -> None:
        self._file = file
        self._lanes = lanes
        self._storing = storing
        self._clock = clock
        self._compose_void = compose_void

    def acknowledged(self) -> list[EpochSettled]:
        """What ledgers have acknowledged, the newest epoch first; of what was waived nothing."""
        with self._lanes.lock:
            held: dict[str, dict[str, list[Range]]] = {}
            for lane in self._lanes:
                if ranges := list(lane.acknowledged())[-MOST_RANGES:]:
                    held.setdefault(lane.epoch, {})[lane.stream] = ranges
        newest = list(reversed(held.items()))[:MOST_EPOCHS]
        return [EpochSettled(epoch, streams) for epoch, streams in newest]

    def take_back(self, missing: Sequence[EpochSettled]) -> None:
        """Owe again what is kept of it, and announce the rest; durable on return. Idempotent."""
        with self._file.lock, self._lanes.lock:
            findings = list(self._findings(missing))
            if not findings:
                return
            self._carry_out(findings)
        _LOG.error(
            "ledger_went_back",
            sent_again=sum(len(each.again) for each in findings),
            no_longer_kept=sum(len(each.lost) for each in findings),
        )

    def doubts(self, settled: Sequence[EpochSettled], missing: Sequence[EpochSettled]) -> bool:
        """Whether a welcome tells less than was acknowledged, of the epochs that it speaks of."""
        told = _by_lane(settled)
        spoken_of = {epoch for epoch, _ in told} | {self._lanes.epoch}
        with self._lanes.lock:
            return any(True for _ in self._findings(missing)) or any(
                lane.acknowledged().without(told.get((lane.epoch, lane.stream), RangeSet()))
                for lane in self._lanes
                if lane.epoch in spoken_of
            )

    def go_by(self, name: str) -> None:
        """Say under what name events leave. What was acknowledged under another is waived.

        Another name's events are not in this name's part of any ledger, and nobody would take them.
        """
        with self._file.lock, self._lanes.lock:
            with self._file.read() as db:
                row = db.execute("SELECT value FROM memo WHERE name = ?", (_NAME,)).fetchone()
            if row is not None and row[0] == name:
                return
            renamed = list(self._lanes) if row is not None else []
            with self._file.durable as db:
                db.execute("INSERT OR REPLACE INTO memo (name, value) VALUES (?, ?)", (_NAME, name))
                for lane in renamed:
                    save_waived(db, lane, lane.settled)
            for lane in renamed:
                lane.waived = RangeSet(lane.settled)

    def _findings(self, missing: Sequence[EpochSettled]) -> Iterator[_Finding]:
        asked = _by_lane(missing)
        for lane in self._lanes:
            back = lane.acknowledged().common(asked.get((lane.epoch, lane.stream), RangeSet()))
            if back:
                again = RangeSet((span.first, span.last) for span in within(lane.spans, back))
                yield _Finding(lane, again, back.without(again))

    def _carry_out(self, findings: Sequence[_Finding]) -> None:
        notices = [
            self._compose_void(notice)
            for each in findings
            for notice in notices_of(each.lane, list(each.lost), FORGOTTEN)
        ]
        announced = self._storing.seal(notices)
        sales = self._lanes.current[Stream.SALE]
        sales.claimed = sales.last
        with self._file.durable as db:
            parcels = [(Stream.SALE, announced)]
            now_ms = unix_ms(self._clock.now())
            stored = self._storing.insert(db, self._lanes.current, parcels, now_ms)
            for each in findings:
                unmark(db, each.lane)
                save_settled(db, each.lane, each.settled)
                save_waived(db, each.lane, each.waived)
        self._storing.believe(self._lanes.current, parcels, stored)
        for each in findings:
            waived = each.waived
            each.lane.believe(each.settled)
            each.lane.waived = waived


def _by_lane(told: Sequence[EpochSettled]) -> dict[tuple[str, str], RangeSet]:
    return {
        (one.epoch, stream): RangeSet(r for r in ranges if 1 <= r[0] <= r[1])
        for one in told
        for stream, ranges in one.streams.items()
    }
