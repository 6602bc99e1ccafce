"""A device that owes a ledger events, and what befalls any two of them, for state machines.

The process is killed, yesterday's disk image is put back, the ledger is restored from a backup,
with or without a word. Its disk may be copied, and then two boxes go on from there, one of which is
the present one. What the device captures, and how its batches travel, is up to the machine that
derives from this one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from agent.outbox import Lease, Outbox
from cloud.devices.lineage import is_forked
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
        last_births: heard under an epoch; by it a copy of the outbox is known.
    """

    generation: int = 1
    events: dict[str, bytes] = field(default_factory=dict)
    slots: dict[Slot, str] = field(default_factory=dict)
    last_births: dict[str, str] = field(default_factory=dict)

    def receive(self, lease: Lease) -> None:
        """Store a batch; the same id again is a duplicate."""
        for sequence, event in enumerate(lease.events, start=lease.first):
            event_id = json.loads(event)["id"]
            slot = (lease.epoch, str(lease.stream), sequence)
            assert self.slots.setdefault(slot, event_id) == event_id, "one number, two events"
            assert plain(self.events.setdefault(event_id, event)) == plain(event)

    def claim(self, birth: str, epoch: str, said: Mapping[str, list[str]]) -> list[str]:
        """Hear a birth; returns the epochs that are another copy's."""
        forked = [each for each in said if is_forked(self.last_births.get(each), said[each])]
        if epoch not in forked and birth in said[epoch]:
            self.last_births[epoch] = birth
        return forked

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
        return NotedLedger(
            self.generation, dict(self.events), dict(self.slots), dict(self.last_births)
        )


@dataclass
class Box:
    """A copy of the device's disk, and the process that lives on it.

    Attributes:
        captured: what this disk ever took in, in words of the deriving machine.
        welcomed: the present ledger has answered the present connection.
    """

    path: Path
    outbox: Outbox
    captured: set[str] = field(default_factory=set)
    welcomed: bool = False


class OwingDevice(RuleBasedStateMachine):
    """One device, one ledger, and what befalls both.

    Attributes:
        box: the present one; the rules are about it.
        other: a second one with a copy of its disk, if there is one.
    """

    @initialize()
    def begin(self) -> None:
        self.folder = fast_folder()
        self.premises = Premises(self.folder)
        self.box = Box(self.premises.path, self.opened(self.premises.path))
        self.other: Box | None = None
        self.ledger = NotedLedger()
        self._births = 0
        self._generations = 1
        self._backups: list[NotedLedger] = []
        self._images: list[tuple[Path, set[str]]] = []

    @property
    def outbox(self) -> Outbox:
        """The present box's."""
        return self.box.outbox

    @property
    def captured(self) -> set[str]:
        """What the present disk ever took in."""
        return self.box.captured

    @property
    def welcomed(self) -> bool:
        """Whether the present ledger has answered the present box."""
        return self.box.welcomed

    def opened(self, path: Path) -> Outbox:
        """The outbox of a process that begins."""
        return self.premises.open(path)

    def connect(self) -> None:
        """Exchange birth and welcome until the present epoch may go on."""
        birth = self.be_born()
        while self._answered(birth):
            assert take(self.outbox) is None
            self.outbox.rehome("test")
        self.box.welcomed = True

    def be_born(self) -> str:
        """Connect, which ends the other box's connection; the name of the new one."""
        if self.other is not None:
            self.other.welcomed = False
        self._births += 1
        return f"birth-{self._births}"

    def ask(self, birth: str) -> list[str]:
        """Say a birth to the ledger; which epochs are another copy's."""
        return self.ledger.claim(birth, self.outbox.epoch, self.outbox.introduce(birth))

    def copy_disk(self) -> None:
        """A second box goes on from a copy of the present disk, which may be in use."""
        path = self._image()
        self.other = Box(path, self.opened(path), set(self.captured))

    def turn_to_the_other(self) -> None:
        """The rules are about the other box from now on."""
        assert self.other is not None
        self.box, self.other = self.other, self.box

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
        for box in filter(None, (self.box, self.other)):
            box.outbox.close()
        self.premises.close()
        shutil.rmtree(self.folder)

    @rule()
    def kill(self) -> None:
        self._put_back(self._image())

    @rule()
    def take_image(self) -> None:
        self._images.append((self._image(), set(self.captured)))

    @precondition(lambda self: self._images)
    @rule(data=st.data())
    def put_image_back(self, data: st.DataObject) -> None:
        image, captured = data.draw(st.sampled_from(self._images))
        self.box.captured = set(captured)
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
        for box in filter(None, (self.box, self.other)):
            box.welcomed = False

    def _answered(self, birth: str) -> bool:
        forked, settled = self.ask(birth), self.ledger.welcome()
        lacks = missing(self.outbox.acknowledged(), settled)
        self.outbox.answered(birth)
        return self.outbox.adopt(f"g{self.ledger.generation}", settled, lacks, forked)

    def _image(self) -> Path:
        name = f"image-{len(list(self.folder.iterdir()))}"
        return self.premises.copy(name, self.box.path)

    def _put_back(self, image: Path) -> None:
        self.outbox.close()
        shutil.rmtree(self.box.path.parent)
        shutil.copytree(image.parent, self.box.path.parent)
        self.box.outbox = self.opened(self.box.path)
        self.box.welcomed = False
