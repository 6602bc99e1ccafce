"""The outbox against plain lists and sets: whatever happens in whatever order, they agree.

The reference holds, per epoch and stream, a list of event ids and sets of sequences. Rules append,
lease, settle arbitrary ranges, reject, crash, adopt arbitrary welcomes, re-home and housekeep.
After each the outbox must say what the reference says, and every lease must carry the very bytes
that were appended.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from agent.outbox import Draft, Inspection, Lease, Outbox
from models.wire.ack import EpochSettled, Rejection
from models.wire.events.device import EpochClosed
from models.wire.ids import EventId
from models.wire.ranges import Range, from_sequences
from models.wire.topics import Stream
from tests.simulators.clocks import HandClock
from tests.simulators.outbox_parts import LEASE_S, Premises, fast_folder, plain

STREAMS = st.sampled_from([Stream.SALE, Stream.SALE, Stream.FOOTFALL])
SEQUENCES = st.integers(1, 12)
RANGES = st.lists(
    st.tuples(SEQUENCES, st.integers(-1, 8)).map(lambda one: (one[0], one[0] + one[1])),
    max_size=2,
)
UNKNOWN = "f" * 32


@dataclass
class Lane:
    """What should be true of one stream of one epoch; sequences count from 1."""

    ids: list[str] = field(default_factory=list)
    here: set[int] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    sent: int = 0
    heard: int = 0

    @property
    def owed(self) -> list[int]:
        return sorted(self.here - self.settled)

    @property
    def watermark(self) -> int:
        return next(n for n in range(len(self.ids) + 1) if n + 1 not in self.settled)

    def add(self, event_id: str) -> int:
        self.ids.append(event_id)
        self.here.add(len(self.ids))
        return len(self.ids)


def numbers(ranges: list[Range]) -> set[int]:
    """The sequences that sane ranges cover."""
    return {n for first, last in ranges for n in range(first, last + 1)}


class OutboxMachine(RuleBasedStateMachine):
    """Rules run on the outbox and on the reference."""

    @initialize()
    def open(self) -> None:
        self.folder = fast_folder()
        self.clock = HandClock()
        self.premises = Premises(self.folder, self.clock)
        self.outbox = self._opened(self.premises.path)
        self.crashes = 0
        self.now_s = 0.0
        self.ledger = ""
        self.rehome_owed = False
        self.epochs: list[str] = [self.outbox.epoch]
        self.lanes: dict[tuple[str, Stream], Lane] = {}
        self.bodies: dict[str, bytes] = {}
        self.leases: list[tuple[Lease, float]] = []
        self.notices: list[tuple[str, EpochClosed]] = []

    def _opened(self, path: Path) -> Outbox:
        return Outbox.open(
            path,
            self.premises.sealer,
            clock=self.clock,
            random=self.premises.random,
            compose_closed=self._compose_closed,
            compose_void=self.premises.compose_void,
        )

    def _compose_closed(self, closed: EpochClosed) -> Draft:
        draft = self.premises.compose_closed(closed)
        self.bodies[draft.event_id] = draft.body
        self.notices.append((draft.event_id, closed))
        return draft

    def lane(self, stream: Stream, epoch: str | None = None) -> Lane:
        return self.lanes.setdefault((epoch or self.epochs[-1], stream), Lane())

    @property
    def remembered(self) -> set[str]:
        return {lane.ids[n - 1] for lane in self.lanes.values() for n in lane.here}

    @rule(stream=STREAMS, wanted=st.lists(st.integers(1, 60), min_size=1, max_size=8))
    def append(self, stream: Stream, wanted: list[int]) -> None:
        drafts = [Draft(EventId(f"{stream}-{n}"), b'{"id":"%d"}' % n) for n in wanted]
        expected = []
        for draft in drafts:
            known = draft.event_id in self.remembered
            sequence = None if known else self.lane(stream).add(draft.event_id)
            expected.append((draft.event_id, sequence, known))
            self.bodies[draft.event_id] = draft.body
        stored = self.outbox.append(stream, drafts)
        assert [(one.event_id, one.sequence, one.known) for one in stored] == expected

    @rule(stream=STREAMS, most=st.integers(1, 8))
    def lease(self, stream: Stream, most: int) -> None:
        self.lease_window(stream, most, 1, 10_000)

    @rule(stream=STREAMS, most=st.integers(1, 8), first=SEQUENCES, width=st.integers(0, 20))
    def lease_window(self, stream: Stream, most: int, first: int, width: int) -> None:
        lease = self.outbox.lease(
            stream,
            max_events=most,
            max_bytes=1 << 20,
            now_s=self.now_s,
            lease_s=LEASE_S,
            first=first,
            last=first + width,
        )
        expected = self._free_run(stream, first, first + width)[:most]
        if lease is None:
            assert not expected
            return
        assert list(range(lease.first, lease.last + 1)) == expected
        self._check_content(lease)
        self.lane(stream).sent = max(self.lane(stream).sent, lease.last)
        self.leases.append((lease, self.now_s + LEASE_S))

    def _free_run(self, stream: Stream, first: int, last: int) -> list[int]:
        if self.rehome_owed:
            return []
        lane = self.lane(stream)
        taken = {n for lease in self._live(stream) for n in range(lease.first, lease.last + 1)}
        run: list[int] = []
        for sequence in sorted((lane.here - lane.settled - taken) & set(range(first, last + 1))):
            if run and sequence != run[-1] + 1:
                break
            run.append(sequence)
        return run

    def _live(self, stream: Stream) -> list[Lease]:
        return [
            lease
            for lease, until_s in self.leases
            if lease.stream is stream and until_s > self.now_s
        ]

    def _end_settled_leases(self) -> None:
        self.leases = [
            (lease, until_s)
            for lease, until_s in self.leases
            if set(range(lease.first, lease.last + 1))
            - self.lane(lease.stream, lease.epoch).settled
        ]

    def _check_content(self, lease: Lease) -> None:
        lane = self.lane(lease.stream)
        for sequence, event in enumerate(lease.events, start=lease.first):
            assert plain(event) == self.bodies[lane.ids[sequence - 1]]
            assert event.endswith(b',"epoch":"%b","sequence":"%d"}' % (
                lease.epoch.encode(), sequence
            ))  # fmt: skip

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        chosen = data.draw(st.integers(0, len(self.leases) - 1))
        lease, _ = self.leases.pop(chosen)
        self.outbox.release(lease)
        self.outbox.release(lease)

    @rule(passed_s=st.sampled_from([1.0, 9.0, 11.0]))
    def time_passes(self, passed_s: float) -> None:
        self.now_s += passed_s
        self.clock.move(passed_s)

    @rule(stream=STREAMS, data=st.data())
    def settle_what_was_sent(self, stream: Stream, data: st.DataObject) -> None:
        self.settle(stream, self._some_of(data, self.lane(stream)), 0)

    @rule(stream=STREAMS, ranges=RANGES, back=st.integers(0, 3))
    def settle(self, stream: Stream, ranges: list[Range], back: int) -> None:
        epoch = [UNKNOWN, *self.epochs][-1 - min(back, len(self.epochs))]
        news = self._settle_reference(epoch, stream, ranges)
        assert self.outbox.settle(epoch, stream, ranges) == news
        assert self.outbox.settle(epoch, stream, ranges) == 0  # a repeat is no news

    @rule(stream=STREAMS, sequences=st.lists(SEQUENCES, max_size=3))
    def reject(self, stream: Stream, sequences: list[int]) -> None:
        epoch = self.epochs[-1]
        news = self._settle_reference(epoch, stream, from_sequences(sequences))
        rejections = [Rejection(sequence, "malformed") for sequence in sequences]
        assert self.outbox.reject(epoch, stream, rejections) == news

    def _settle_reference(self, epoch: str, stream: Stream, ranges: list[Range]) -> int:
        if epoch == UNKNOWN:
            return 0
        lane = self.lane(stream, epoch)
        told = numbers(ranges)
        lane.heard = max([lane.heard, *told])
        self.rehome_owed |= epoch == self.epochs[-1] and lane.heard > lane.sent and bool(told)
        fresh = {n for n in told if n <= lane.sent} - lane.settled
        lane.settled |= fresh
        self._end_settled_leases()
        return len(fresh)

    @rule()
    def crash(self) -> None:
        self.crashes += 1
        image = self.premises.copy(f"crash-{self.crashes}")
        self.outbox.close()
        shutil.rmtree(self.premises.path.parent)
        shutil.copytree(image.parent, self.premises.path.parent)
        self.outbox = self._opened(self.premises.path)
        self.leases.clear()
        self.rehome_owed = False
        for lane in self.lanes.values():
            lane.heard = 0
        with Inspection.open(self.premises.path) as inspection:
            assert [x for x in inspection.verify() if "re-homes" not in x] == []

    @rule(ledger=st.sampled_from(["g1", "g1", "g2"]), data=st.data())
    def adopt_what_was_sent(self, ledger: str, data: st.DataObject) -> None:
        streams = [Stream.SALE, Stream.FOOTFALL]
        epoch = data.draw(st.sampled_from(self.epochs))
        self._adopt(ledger, epoch, {s: self._some_of(data, self.lane(s, epoch)) for s in streams})

    @rule(ledger=st.sampled_from(["g1", "g2"]), sale=RANGES, footfall=RANGES)
    def adopt_anything(self, ledger: str, sale: list[Range], footfall: list[Range]) -> None:
        streams = {Stream.SALE: sale, Stream.FOOTFALL: footfall}
        self._adopt(ledger, self.epochs[-1], streams)
        if self.rehome_owed:
            self.rehome()

    def _some_of(self, data: st.DataObject, lane: Lane) -> list[Range]:
        if not lane.sent:
            return []
        return from_sequences(data.draw(st.sets(st.integers(1, lane.sent), max_size=12)))

    def _adopt(self, ledger: str, epoch: str, streams: dict[Stream, list[Range]]) -> None:
        replaced, self.ledger = self.ledger not in ("", ledger), ledger
        told = {(epoch, stream): numbers(ranges) for stream, ranges in streams.items()}
        forked = epoch == self.epochs[-1] and any(
            max(told[epoch, stream], default=0) > self.lane(stream).sent for stream in streams
        )
        for (number, stream), lane in self.lanes.items():
            heard = told.get((number, stream), set())
            lane.heard = max([lane.heard, *heard])
            believed = set() if forked and number == self.epochs[-1] else heard
            lane.settled = (set() if replaced else lane.settled) | {
                n for n in believed if n <= len(lane.ids)
            }
        self._end_settled_leases()
        self.rehome_owed = forked or self._stranded()
        welcome = [EpochSettled(epoch, {str(s): ranges for s, ranges in streams.items()})]
        assert self.outbox.adopt(ledger, welcome) is self.rehome_owed
        assert self.outbox.ledger == ledger

    def _stranded(self) -> bool:
        for (epoch, _), lane in self.lanes.items():
            missing = set(range(1, len(lane.ids) + 1)) - lane.settled
            if epoch == self.epochs[-1] and missing - lane.here:
                return True
            if epoch != self.epochs[-1] and missing & lane.here:
                return True
        return False

    @rule()
    def rehome(self) -> None:
        closed = self.epochs[-1]
        lasts = {s: max(len(x.ids), x.heard) for (e, s), x in self.lanes.items() if e == closed}
        owing = {epoch for (epoch, _), lane in self.lanes.items() if lane.owed} | {closed}
        moved = self._leave_all_owed()
        self.notices.clear()
        self.epochs.append(self.outbox.rehome("test"))
        for stream, ids in moved.items():
            for event_id in ids:
                self.lane(stream).add(event_id)
        for event_id, _ in self.notices:
            self.lane(Stream.SALE).add(event_id)
        self.leases.clear()
        self.rehome_owed = False
        named = {notice.epoch: notice for _, notice in self.notices}
        assert set(named) <= owing
        if any(lasts.values()):
            streams = {Stream(one.stream): one.last for one in named[closed].streams}
            assert streams == {stream: last for stream, last in lasts.items() if last}

    def _leave_all_owed(self) -> dict[Stream, list[str]]:
        """Take what is owed out of every lane, the oldest epoch first; nothing is owed there."""
        moved: dict[Stream, list[str]] = {}
        for (_, stream), lane in sorted(
            self.lanes.items(), key=lambda one: self.epochs.index(one[0][0])
        ):
            moved.setdefault(stream, []).extend(lane.ids[n - 1] for n in lane.owed)
            lane.here &= lane.settled
            lane.settled = set(range(1, len(lane.ids) + 1))
        return moved

    @rule()
    def housekeep(self) -> None:
        going = 0
        for lane in self.lanes.values():
            gone = {n for n in lane.here if n <= lane.watermark}
            lane.here -= gone
            going += len(gone)
        assert self.outbox.housekeep(dict.fromkeys(Stream, 0.0)) == going
        held = {epoch for (epoch, _), lane in self.lanes.items() if lane.here}
        self.epochs = [e for e in self.epochs if e in held or e == self.epochs[-1]]
        self.lanes = {key: lane for key, lane in self.lanes.items() if key[0] in self.epochs}

    @invariant()
    def depths_and_birth_agree(self) -> None:
        depths = {depth.stream: depth for depth in self.outbox.depths()}
        for stream in (Stream.SALE, Stream.FOOTFALL):
            pending = sum(len(x.owed) for (_, s), x in self.lanes.items() if s is stream)
            assert depths[stream].pending == pending
            assert depths[stream].last == len(self.lane(stream).ids)
            assert (depths[stream].oldest_appended_at is None) == (pending == 0)
        held = self.outbox.held()
        assert held[0].epoch == self.epochs[-1]
        owing = {e for (e, _), lane in self.lanes.items() if lane.owed} | {self.epochs[-1]}
        assert {one.epoch for one in held} == owing

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
            self.premises.close()
            shutil.rmtree(self.folder)


OutboxMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestOutboxAgainstPlainSets = OutboxMachine.TestCase
