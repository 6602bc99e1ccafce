"""A device's life against a cloud that remembers: in the end the ledger has every event, unchanged.

The till sells, batches travel, acknowledgements are lost, the process is killed, yesterday's disk
image is put back, the ledger is restored from a backup, with or without a word. Whatever the
order: what the present disk ever took in is in the ledger once the line has been good for long
enough, and no sequence of an epoch ever named two events.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from agent.outbox import Draft, Lease, Outbox
from cloud.ledger.promised import missing
from models.wire.ack import EpochSettled
from models.wire.events.device import EpochClosed
from models.wire.ids import EventId
from models.wire.ranges import from_sequences
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, fast_folder, plain, take

Slot = tuple[str, str, int]


@dataclass
class Cloud:
    """A ledger reduced to what a device can notice of it."""

    generation: int = 1
    events: dict[str, bytes] = field(default_factory=dict)
    slots: dict[Slot, str] = field(default_factory=dict)

    def receive(self, lease: Lease) -> None:
        """Store a batch; the same id again is a duplicate."""
        for sequence, event in enumerate(lease.events, start=lease.first):
            event_id = json.loads(event)["id"]
            slot = (lease.epoch, str(lease.stream), sequence)
            assert self.slots.setdefault(slot, event_id) == event_id, "one number, two events"
            assert self.events.setdefault(event_id, plain(event)) == plain(event)

    def welcome(self) -> list[EpochSettled]:
        """What is settled; void numbers are not content and are left out."""
        by_epoch: dict[str, dict[str, list[int]]] = {}
        for epoch, stream, sequence in self.slots:
            by_epoch.setdefault(epoch, {}).setdefault(stream, []).append(sequence)
        return [
            EpochSettled(epoch, {s: from_sequences(numbers) for s, numbers in streams.items()})
            for epoch, streams in by_epoch.items()
        ]

    def backup(self) -> Cloud:
        """A copy of the ledger, to be restored under another generation."""
        return Cloud(self.generation, dict(self.events), dict(self.slots))


class DeviceLife(RuleBasedStateMachine):
    """One device, one ledger, and everything that goes wrong between them."""

    @initialize()
    def begin(self) -> None:
        self.folder = fast_folder()
        self.premises = Premises(self.folder)
        self.outbox = self._opened()
        self.cloud = Cloud()
        self.generations = 1
        self.backups: list[Cloud] = []
        self.images: list[tuple[Path, set[str]]] = []
        self.taken_in: set[str] = set()
        self.bodies: dict[str, bytes] = {}
        self.sold = 0
        self.now_s = 0.0
        self.welcomed = False

    def _opened(self) -> Outbox:
        return Outbox.open(
            self.premises.path,
            self.premises.sealer,
            clock=self.premises.clock,
            random=self.premises.random,
            compose_closed=self._compose_closed,
            compose_void=self.premises.compose_void,
        )

    def _compose_closed(self, closed: EpochClosed) -> Draft:
        return self._remember(self.premises.compose_closed(closed))

    def _remember(self, draft: Draft) -> Draft:
        self.bodies[draft.event_id] = draft.body
        self.taken_in.add(draft.event_id)
        return draft

    @rule(stream=st.sampled_from([Stream.SALE, Stream.MEMBER]), count=st.integers(1, 4))
    def sell(self, stream: Stream, count: int) -> None:
        drafts = []
        for _ in range(count):
            self.sold += 1
            event_id = EventId(f"{stream}-{self.sold}")
            drafts.append(self._remember(Draft(event_id, b'{"id":"%b"}' % event_id.encode())))
        self.outbox.append(stream, drafts)

    @rule()
    def connect(self) -> None:
        generation = f"g{self.cloud.generation}"
        while self._welcomed_by(generation):
            assert take(self.outbox) is None
            self.outbox.rehome("test")
        self.welcomed = True

    def _welcomed_by(self, generation: str) -> bool:
        settled = self.cloud.welcome()
        return self.outbox.adopt(generation, settled, missing(self.outbox.acknowledged(), settled))

    @precondition(lambda self: self.welcomed)
    @rule(
        stream=st.sampled_from([Stream.SALE, Stream.MEMBER]),
        most=st.integers(1, 5),
        first=st.integers(1, 10),
        arrives=st.sampled_from([True, True, False]),
        acknowledged=st.booleans(),
    )
    def send(
        self, stream: Stream, most: int, first: int, *, arrives: bool, acknowledged: bool
    ) -> None:
        lease = take(self.outbox, stream, max_events=most, first=first, now_s=self.now_s)
        if lease is None:
            return
        if arrives:
            self.cloud.receive(lease)
        if arrives and acknowledged:
            self.outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
        else:
            self.outbox.release(lease)

    @rule()
    def kill(self) -> None:
        self._put_back(self.premises.copy(self._name()))

    @rule()
    def take_image(self) -> None:
        self.images.append((self.premises.copy(self._name()), set(self.taken_in)))

    @precondition(lambda self: self.images)
    @rule(data=st.data())
    def put_image_back(self, data: st.DataObject) -> None:
        image, taken_in = data.draw(st.sampled_from(self.images))
        self.taken_in = set(taken_in)
        self._put_back(image)

    @rule()
    def back_the_ledger_up(self) -> None:
        self.backups.append(self.cloud.backup())

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def restore_the_ledger(self, data: st.DataObject) -> None:
        self.generations += 1
        self.cloud = data.draw(st.sampled_from(self.backups)).backup()
        self.cloud.generation = self.generations
        self.welcomed = False

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def put_the_ledger_back_without_a_word(self, data: st.DataObject) -> None:
        self.cloud = data.draw(st.sampled_from(self.backups)).backup()
        self.welcomed = False

    @rule()
    def housekeep(self) -> None:
        self.outbox.housekeep(dict.fromkeys(Stream, 7 * 86400.0))

    def _name(self) -> str:
        return f"image-{len(list(self.folder.iterdir()))}"

    def _put_back(self, image: Path) -> None:
        self.outbox.close()
        shutil.rmtree(self.premises.path.parent)
        shutil.copytree(image.parent, self.premises.path.parent)
        self.outbox = self._opened()
        self.welcomed = False

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        self.connect()
        for stream in (Stream.SALE, Stream.MEMBER):
            while lease := take(self.outbox, stream, now_s=self.now_s + 1000):
                self.cloud.receive(lease)
                self.outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
        lost = {one for one in self.taken_in if self.cloud.events.get(one) != self.bodies[one]}
        imagined = missing(self.outbox.acknowledged(), self.cloud.welcome())
        self.outbox.close()
        self.premises.close()
        shutil.rmtree(self.folder)
        assert not lost
        assert not imagined, "only what the ledger holds was acknowledged"


DeviceLife.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestNothingIsLostInALife = DeviceLife.TestCase
