"""Whoever was counted is in the ledger exactly once, however the disk is short and the line is bad.

A device counts people with two cameras, each minute under a line of its own, so that every minute
can be told apart in any sum. Batches arrive late or never, acknowledgements are lost, pending
minutes are merged and heartbeats dropped at any moment, the process is killed, an older image of
the disk is put back, the ledger is restored from a backup. In the end each line's one visitor is
in the ledger's figure once, and no more heartbeats are missing than ``range.void`` has announced.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from agent.outbox import Draft, Lease
from cloud.ledger.promised import missing
from models.wire.ack import EpochSettled
from models.wire.envelope import open_envelope
from models.wire.events.device import RangeVoid
from models.wire.ranges import from_sequences
from models.wire.topics import Stream
from tests.simulators.facts import NOON, a_minute
from tests.simulators.outbox_parts import Premises, fast_folder, plain, take
from tests.simulators.small_disk import a_count, a_pulse, counts, voids

STREAMS = (Stream.FOOTFALL, Stream.TELEMETRY, Stream.SALE)


@dataclass
class Ledger:
    """What the cloud has; the same event again is a duplicate, and void gives way to content."""

    generation: int = 1
    events: dict[str, bytes] = field(default_factory=dict)
    slots: dict[tuple[str, str, int], str] = field(default_factory=dict)

    def receive(self, lease: Lease) -> None:
        for sequence, event in enumerate(lease.events, start=lease.first):
            event_id = open_envelope(event).id
            slot = (lease.epoch, str(lease.stream), sequence)
            assert self.slots.setdefault(slot, event_id) == event_id, "one number, two events"
            assert plain(self.events.setdefault(event_id, event)) == plain(event)

    def welcome(self) -> list[EpochSettled]:
        found: dict[str, dict[str, list[int]]] = {}
        for epoch, stream, sequence in self.slots:
            found.setdefault(epoch, {}).setdefault(stream, []).append(sequence)
        return [
            EpochSettled(epoch, {name: from_sequences(held) for name, held in streams.items()})
            for epoch, streams in found.items()
        ]

    def backup(self) -> Ledger:
        return Ledger(self.generation, dict(self.events), dict(self.slots))

    def people(self) -> Counter[str]:
        """Whom the figures hold, by line: the rule of ``cloud.footfall.merged``, in plain words."""
        told = {event_id: data for event_id, event in self.events.items()
                for data in counts([event])}  # fmt: skip
        merged = {event_id: set(data.replaces) for event_id, data in told.items() if data.replaces}
        winners = [
            names for event_id, names in merged.items() if not _outdone(event_id, names, merged)
        ]
        return Counter(
            tally.line
            for event_id, data in told.items()
            if (
                merged.get(event_id) in winners if data.replaces else not _in_any(event_id, winners)
            )
            for tally in data.lines
            for _ in range(tally.ingress)
        )

    def merged_in_two_ways(self) -> bool:
        """Whether two lives of the disk have merged the same minutes and overlap only in part."""
        sets = [set(each.replaces) for each in counts(self.events.values()) if each.replaces]
        return any(a & b and not (a <= b or b <= a) for a in sets for b in sets)


def _outdone(event_id: str, names: set[str], merged: dict[str, set[str]]) -> bool:
    return any(
        names & theirs and (-len(theirs), rival) < (-len(names), event_id)
        for rival, theirs in merged.items()
    )


def _in_any(event_id: str, sets: list[set[str]]) -> bool:
    return any(event_id in names for names in sets)


class ShortOfDisk(RuleBasedStateMachine):
    """One device, one ledger, too small a disk, and everything that goes wrong between them."""

    @initialize()
    def begin(self) -> None:
        self.folder = fast_folder()
        self.premises = Premises(self.folder)
        self.outbox = self.premises.open()
        self.random = random.Random(3)
        self.ledger = Ledger()
        self.generations = 1
        self.backups: list[Ledger] = []
        self.images: list[tuple[Path, set[str], set[str]]] = []
        self.lines: set[str] = set()
        self.pulses: set[str] = set()
        self.under_way: list[Lease] = []
        self.minute = 0
        self.welcomed = False

    @rule(minutes=st.integers(10, 40))
    def count(self, minutes: int) -> None:
        drafts: list[Draft] = []
        for _ in range(minutes):
            begin_at = NOON + self.minute * timedelta(minutes=1)
            for camera in ("door", "yard"):
                line = f"{camera}{self.minute}"
                self.lines.add(line)
                data = a_minute(begin_at, camera=camera, line=line, ingress=1)
                drafts.append(a_count(data, self.random))
            self.minute += 1
        self.outbox.append(Stream.FOOTFALL, drafts)

    @rule(times=st.integers(1, 5))
    def beat(self, times: int) -> None:
        pulses = [a_pulse(self.random) for _ in range(times)]
        self.pulses |= {pulse.event_id for pulse in pulses}
        self.outbox.append(Stream.TELEMETRY, pulses)

    @rule(times=st.integers(1, 3))
    def thin(self, times: int) -> None:
        for _ in range(times):
            self.outbox._upkeep._thin()

    @rule()
    def drop(self) -> None:
        self.outbox._upkeep._drop()

    def connect(self) -> None:
        while self._welcomed_by(self.ledger.welcome()):
            self.outbox.rehome("test")
        self.welcomed = True

    def _welcomed_by(self, settled: list[EpochSettled]) -> bool:
        lacks = missing(self.outbox.acknowledged(), settled)
        return self.outbox.adopt(f"g{self.ledger.generation}", settled, lacks)

    @rule(
        stream=st.sampled_from((Stream.FOOTFALL, *STREAMS)),
        most=st.integers(1, 60),
        first=st.sampled_from([1, 1, 1, 7, 40]),
        fate=st.sampled_from(["acknowledged", "arrives", "late", "late and released", "lost"]),
    )
    def send(self, stream: Stream, most: int, first: int, fate: str) -> None:
        if not self.welcomed:
            self.connect()
        lease = take(self.outbox, stream, max_events=most, first=first)
        if lease is None:
            return
        if fate in ("acknowledged", "arrives"):
            self.ledger.receive(lease)
        if fate.startswith("late"):
            self.under_way.append(lease)
        if fate == "acknowledged":
            self.outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
        elif fate != "late":
            self.outbox.release(lease)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), acknowledged=st.booleans())
    def arrive(self, data: st.DataObject, acknowledged: bool) -> None:
        lease = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        self.ledger.receive(lease)
        if acknowledged:
            self.outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
        self.outbox.release(lease)

    @rule()
    def kill(self) -> None:
        self._put_back(self.premises.copy(self._name()))

    @rule()
    def take_image(self) -> None:
        image = self.premises.copy(self._name())
        self.images.append((image, set(self.lines), set(self.pulses)))

    @precondition(lambda self: self.images)
    @rule(data=st.data())
    def put_image_back(self, data: st.DataObject) -> None:
        image, lines, pulses = data.draw(st.sampled_from(self.images))
        self.lines, self.pulses = set(lines), set(pulses)
        self._put_back(image)

    @rule()
    def back_the_ledger_up(self) -> None:
        self.backups.append(self.ledger.backup())

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def restore_the_ledger(self, data: st.DataObject) -> None:
        self.generations += 1
        self.ledger = data.draw(st.sampled_from(self.backups)).backup()
        self.ledger.generation = self.generations
        self.welcomed = False

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def put_the_ledger_back_without_a_word(self, data: st.DataObject) -> None:
        self.ledger = data.draw(st.sampled_from(self.backups)).backup()
        self.welcomed = False

    def _name(self) -> str:
        return f"image-{len(list(self.folder.iterdir()))}"

    def _put_back(self, image: Path) -> None:
        self.outbox.close()
        shutil.rmtree(self.premises.path.parent)
        shutil.copytree(image.parent, self.premises.path.parent)
        self.outbox = self.premises.open()
        self.welcomed = False

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        for late in self.under_way:
            self.ledger.receive(late)
        self.connect()
        for stream in STREAMS:
            while lease := take(self.outbox, stream, now_s=1000.0):
                self.ledger.receive(lease)
                self.outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
        owed = sum(depth.pending for depth in self.outbox.depths())
        imagined = missing(self.outbox.acknowledged(), self.ledger.welcome())
        self.outbox.close()
        self.premises.close()
        shutil.rmtree(self.folder)
        assert not owed
        assert not imagined, "what was thinned, dropped or moved was acknowledged by nobody"
        people = self.ledger.people()
        assert max(people.values(), default=1) == 1, "nobody counts twice"
        if not self.ledger.merged_in_two_ways():
            assert people.keys() >= self.lines, "nobody is lost"
        gone = len(self.pulses - self.ledger.events.keys())
        assert gone <= _announced(self.ledger, "dropped")


def _announced(ledger: Ledger, reason: str) -> int:
    notices: list[RangeVoid] = voids(ledger.events.values())
    return sum(notice.count for notice in notices if notice.reason == reason)


ShortOfDisk.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestEverybodyCountsOnce = ShortOfDisk.TestCase
