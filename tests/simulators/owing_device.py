"""A device that owes a ledger events, and what befalls any two of them, for state machines.

The process is killed, yesterday's disk image is put back, the ledger is restored from a backup,
with or without a word. What the device captures, and how its batches travel, is up to the machine
that derives from this one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from agent.outbox import Lease, Outbox
from cloud.ledger.promised import missing
from models.wire.ack import EpochSettled
from models.wire.ranges import from_sequences
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, fast_folder, plain, take

Slot = tuple[str, str, int]


@dataclass
class NotedLedger:
    """A ledger reduced to what a device can notice of it.

    Attributes:
        generation: a restored one says that it is another.
        events: as they came, by their id.
        slots: which event came under an epoch, stream and sequence.
    """

    generation: int = 1
    events: dict[str, bytes] = field(default_factory=dict)
    slots: dict[Slot, str] = field(default_factory=dict)

    def receive(self, lease: Lease) -> None:
        """Store a batch; the same id again is a duplicate."""
        for sequence, event in enumerate(lease.events, start=lease.first):
            event_id = json.loads(event)["id"]
            slot = (lease.epoch, str(lease.stream), sequence)
            assert self.slots.setdefault(slot, event_id) == event_id, "one number, two events"
            assert plain(self.events.setdefault(event_id, event)) == plain(event)

    def welcome(self) -> list[EpochSettled]:
        """What is settled; void numbers are not content and are left out."""
        found: dict[str, dict[str, list[int]]] = {}
        for epoch, stream, sequence in self.slots:
            found.setdefault(epoch, {}).setdefault(stream, []).append(sequence)
        return [
            EpochSettled(epoch, {name: from_sequences(held) for name, held in streams.items()})
            for epoch, streams in found.items()
        ]

    def backup(self) -> NotedLedger:
        """A copy of the ledger, to be restored."""
        return NotedLedger(self.generation, dict(self.events), dict(self.slots))


class OwingDevice(RuleBasedStateMachine):
    """One device, one ledger, and what befalls both.

    Attributes:
        captured: what the present disk ever took in, in words of the deriving machine.
        welcomed: the present ledger has answered the present process.
    """

    @initialize()
    def begin(self) -> None:
        self.folder = fast_folder()
        self.premises = Premises(self.folder)
        self.captured: set[str] = set()
        self.outbox = self.opened()
        self.ledger = NotedLedger()
        self.welcomed = False
        self._generations = 1
        self._backups: list[NotedLedger] = []
        self._images: list[tuple[Path, set[str]]] = []

    def opened(self) -> Outbox:
        """The outbox of a process that begins."""
        return self.premises.open()

    def connect(self) -> None:
        """Exchange birth and welcome until the present epoch may go on."""
        while self._welcomed_by(self.ledger.welcome()):
            assert take(self.outbox) is None
            self.outbox.rehome("test")
        self.welcomed = True

    def drain(self, streams: Iterable[Stream], now_s: float) -> None:
        """A line that is good for long enough."""
        self.connect()
        for stream in streams:
            while lease := take(self.outbox, stream, now_s=now_s):
                self.ledger.receive(lease)
                self.acknowledge(lease)

    def acknowledge(self, lease: Lease) -> None:
        """The ledger's answer to a batch arrives."""
        self.outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])

    def imagined(self) -> list[EpochSettled]:
        """What the device holds as acknowledged and the ledger does not have."""
        return missing(self.outbox.acknowledged(), self.ledger.welcome())

    def leave(self) -> None:
        """Close and delete everything."""
        self.outbox.close()
        self.premises.close()
        shutil.rmtree(self.folder)

    @rule()
    def kill(self) -> None:
        self._put_back(self.premises.copy(self._name()))

    @rule()
    def take_image(self) -> None:
        self._images.append((self.premises.copy(self._name()), set(self.captured)))

    @precondition(lambda self: self._images)
    @rule(data=st.data())
    def put_image_back(self, data: st.DataObject) -> None:
        image, captured = data.draw(st.sampled_from(self._images))
        self.captured = set(captured)
        self._put_back(image)

    @rule()
    def back_the_ledger_up(self) -> None:
        self._backups.append(self.ledger.backup())

    @precondition(lambda self: self._backups)
    @rule(data=st.data())
    def restore_the_ledger(self, data: st.DataObject) -> None:
        self._generations += 1
        self._restore(data)
        self.ledger.generation = self._generations

    @precondition(lambda self: self._backups)
    @rule(data=st.data())
    def put_the_ledger_back_without_a_word(self, data: st.DataObject) -> None:
        self._restore(data)

    def _restore(self, data: st.DataObject) -> None:
        self.ledger = data.draw(st.sampled_from(self._backups)).backup()
        self.welcomed = False

    def _welcomed_by(self, settled: list[EpochSettled]) -> bool:
        lacks = missing(self.outbox.acknowledged(), settled)
        return self.outbox.adopt(f"g{self.ledger.generation}", settled, lacks)

    def _name(self) -> str:
        return f"image-{len(list(self.folder.iterdir()))}"

    def _put_back(self, image: Path) -> None:
        self.outbox.close()
        shutil.rmtree(self.premises.path.parent)
        shutil.copytree(image.parent, self.premises.path.parent)
        self.outbox = self.opened()
        self.welcomed = False
