"""What capture hands on, to whom, and what it must be told of the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from agent.capture.pos.operators import OperatorKey
from agent.capture.pos.witness import Witness
from models.wire.envelope import Moment
from models.wire.events.sale import SaleRecorded
from models.wire.ids import DevicePath, EventId, SaleId
from models.wire.personal import PersonalSpan


@dataclass(frozen=True, slots=True)
class CapturedSale:
    """One transaction, ready for the outbox.

    Attributes:
        event_id: the same for the same content, however often and wherever it is read.
        sale_id: the same through all revisions of the sale.
        body: the composed event, plain, without epoch and sequence.
        spans: where ``body`` holds personal data, for the outbox to seal.
    """

    event_id: EventId
    sale_id: SaleId
    sale: SaleRecorded
    body: bytes
    spans: Sequence[PersonalSpan]

    def __repr__(self) -> str:
        """Without the content: it would print phone numbers into logs and test reports."""
        return f"CapturedSale({self.event_id})"


class SaleSink(Protocol):
    """Where captured sales go."""

    def captured(self, sales: Sequence[CapturedSale]) -> None:
        """Store the sales; durable on return, all or none, and a known event is no error.

        Raises:
            TransientError: not now; the file stays and is offered again.
            DiskUnusable: as above, and somebody must look at the disk.
        """
        ...


class NamedSinks(Protocol):
    """Knows whose sales it takes."""

    def of(self, source: str) -> SaleSink:
        """The sink of one source, by its name."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class CaptureContext:
    """What the reader must know that no file says.

    Attributes:
        device: who captures; its store begins every natural key.
        timezone: for times without an offset, unless the profile names another.
        moment: the device's clocks, asked once per file.
        phone_region: ISO 3166 region for phone numbers without country code.
        operator_key: keys the pseudonyms of cashiers; see ``Cashiers``. It may come while we run.
        witness: who listens; nobody while a shop's day is captured.
    """

    device: DevicePath
    timezone: tzinfo
    moment: Callable[[], Moment]
    phone_region: str = "CN"
    operator_key: OperatorKey = bytes
    witness: Witness | None = None
