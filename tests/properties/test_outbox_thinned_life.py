"""Whoever was counted is in the ledger exactly once, however the disk is short and the line is bad.

A device counts people with two cameras, each minute under a line of its own, so that every minute
can be told apart in any sum. Batches arrive late or never, acknowledgements are lost, pending
minutes are merged and heartbeats dropped at any moment, the process is killed, an older image of
the disk is put back, the ledger is restored from a backup. In the end each line's one visitor is
in the ledger's figure once, and no more heartbeats are missing than ``range.void`` has announced.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from agent.outbox import Draft, Lease
from models.wire.topics import Stream
from tests.simulators.facts import NOON, a_minute
from tests.simulators.outbox_parts import take
from tests.simulators.owing_device import OwingDevice
from tests.simulators.small_disk import a_count, a_pulse, counts, voids

STREAMS = (Stream.FOOTFALL, Stream.TELEMETRY, Stream.SALE)


def people(events: Mapping[str, bytes]) -> Counter[str]:
    """Whom the figures hold, by line: the rule of ``cloud.footfall.merged``, in plain words."""
    told = {event_id: data for event_id, event in events.items()
            for data in counts([event])}  # fmt: skip
    merged = {event_id: set(data.replaces) for event_id, data in told.items() if data.replaces}
    winners = [names for event_id, names in merged.items() if not _outdone(event_id, names, merged)]
    return Counter(
        tally.line
        for event_id, data in told.items()
        if (merged.get(event_id) in winners if data.replaces else not _in_any(event_id, winners))
        for tally in data.lines
        for _ in range(tally.ingress)
    )


def merged_in_two_ways(events: Mapping[str, bytes]) -> bool:
    """Whether two lives of the disk have merged the same minutes and overlap only in part."""
    sets = [set(each.replaces) for each in counts(events.values()) if each.replaces]
    return any(a & b and not (a <= b or b <= a) for a in sets for b in sets)


def _outdone(event_id: str, names: set[str], merged: dict[str, set[str]]) -> bool:
    return any(
        names & theirs and (-len(theirs), rival) < (-len(names), event_id)
        for rival, theirs in merged.items()
    )


def _in_any(event_id: str, sets: list[set[str]]) -> bool:
    return any(event_id in names for names in sets)


class ShortOfDisk(OwingDevice):
    """One device, one ledger, too small a disk, and everything that goes wrong between them."""

    @initialize()
    def begin(self) -> None:
        super().begin()
        self.random = random.Random(3)
        self.pulses: set[str] = set()
        self.under_way: list[Lease] = []
        self.minute = 0

    @rule(minutes=st.integers(10, 40))
    def count(self, minutes: int) -> None:
        drafts: list[Draft] = []
        for _ in range(minutes):
            begin_at = NOON + self.minute * timedelta(minutes=1)
            for camera in ("door", "yard"):
                line = f"{camera}{self.minute}"
                self.captured.add(line)
                data = a_minute(begin_at, camera=camera, line=line, ingress=1)
                drafts.append(a_count(data, self.random))
            self.minute += 1
        self.outbox.append(Stream.FOOTFALL, drafts)

    @rule(times=st.integers(1, 5))
    def beat(self, times: int) -> None:
        pulses = [a_pulse(self.random) for _ in range(times)]
        beaten = {pulse.event_id for pulse in pulses}
        self.pulses |= beaten
        self.captured.update(beaten)
        self.outbox.append(Stream.TELEMETRY, pulses)

    @rule(times=st.integers(1, 3))
    def thin(self, times: int) -> None:
        for _ in range(times):
            self.outbox._upkeep._thin()

    @rule()
    def drop(self) -> None:
        self.outbox._upkeep._drop()

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
            self.acknowledge(lease)
        elif fate != "late":
            self.outbox.release(lease)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), acknowledged=st.booleans())
    def arrive(self, data: st.DataObject, acknowledged: bool) -> None:
        lease = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        self.ledger.receive(lease)
        if acknowledged:
            self.acknowledge(lease)
        self.outbox.release(lease)

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        for late in self.under_way:
            self.ledger.receive(late)
        self.drain(STREAMS, 1000.0)
        owed = sum(depth.pending for depth in self.outbox.depths())
        imagined = self.imagined()
        self.leave()
        assert not owed
        assert not imagined, "what was thinned, dropped or moved was acknowledged by nobody"
        counted = people(self.ledger.events)
        assert max(counted.values(), default=1) == 1, "nobody counts twice"
        if not merged_in_two_ways(self.ledger.events):
            assert counted.keys() >= self.captured - self.pulses, "nobody is lost"
        gone = len((self.captured & self.pulses) - self.ledger.events.keys())
        assert gone <= _announced(self.ledger.events.values(), "dropped")


def _announced(events: Iterable[bytes], reason: str) -> int:
    return sum(notice.count for notice in voids(events) if notice.reason == reason)


ShortOfDisk.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestEverybodyCountsOnce = ShortOfDisk.TestCase
