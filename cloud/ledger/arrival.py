"""What arrives at the ledger, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models.wire.ack import Ack
from models.wire.ids import DevicePath, Epoch
from models.wire.topics import Stream, up


@dataclass(frozen=True, slots=True)
class Arrival:
    """A payload as a device published it. Whether the device may speak is decided before.

    Attributes:
        device, stream: from the topic, never from the payload.
        received_at: aware UTC.
    """

    device: DevicePath
    stream: Stream
    payload: bytes = field(repr=False)
    received_at: datetime

    @property
    def topic(self) -> str:
        """The topic it came on."""
        return up(self.device, self.stream)


@dataclass(frozen=True, slots=True)
class Lane:
    """Sequences are counted per device, epoch and stream: one lane each."""

    device: DevicePath
    epoch: Epoch
    stream: Stream


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An answer and whom it is for. Publish it on the device's ``down/ack``."""

    device: DevicePath
    ack: Ack


@dataclass(frozen=True, slots=True)
class Appended:
    """What one transaction did; it is committed when you hold this.

    Attributes:
        acknowledgements: one per lane that arrived, in order of first arrival.
        head: the ledger's last position.
        accepted, duplicates, conflicts, rejected: events by what became of them.
        refused: batches whose body could not be read; their senders bisect them.
        unreadable: payloads that named no sequence.
        buried: dead letters that are new; a repeated one is not counted.
    """

    acknowledgements: Sequence[Acknowledgement]
    head: int
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    refused: int = 0
    unreadable: int = 0
    buried: int = 0

    @property
    def events(self) -> int:
        """How many events were settled."""
        return self.accepted + self.duplicates + self.conflicts + self.rejected
