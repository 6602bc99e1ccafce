"""What the books may lack, read from where it is safe: the outbox.

A sale is durable in the outbox before the books note it, and they note its sequence with it. So
what a kill, a power cut or a full disk took from them lies in the outbox behind that mark, or a
little before it, since several threads append at once and the last of them may note first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from agent.capture.books.books import Noted
from agent.capture.books.file import Mark
from agent.outbox.inspection import Inspection
from agent.outbox.selection import Kept, Selection
from models.wire.errors import DECODE_FAULTS
from models.wire.events.sale import Flag, SaleRecorded
from models.wire.registry import SALE_RECORDED
from models.wire.topics import Stream

UNDER_WAY: Final = 1_000
"""Sales that other threads may have appended and not noted yet: a few hundred for each source."""


class _Event(msgspec.Struct, frozen=True):
    """A stored body; what of it is sealed reads as text."""

    type: str
    data: msgspec.Raw


_EVENTS: Final = msgspec.json.Decoder(_Event)
_SALES: Final = msgspec.json.Decoder(SaleRecorded)


def sales_behind(outbox_file: Path, mark: Mark) -> Iterator[tuple[Noted, Mark]]:
    """The sales that an outbox keeps behind a mark, settled ones too, in order.

    All of them where the mark is of another epoch: what has moved has new sequences.

    Raises:
        DiskUnusable, OutboxCorrupt, OutboxBusy: the outbox cannot be read now.
    """
    with closing(Inspection.open(outbox_file)) as inspection:
        is_same = inspection.epoch == mark.epoch
        first = max(1, mark.sequence - UNDER_WAY) if is_same else 1
        epoch = mark.epoch if is_same else ""
        every = Selection(Stream.SALE, epoch, first, pending=True, settled=True)
        for kept in inspection.select(every):
            sale = _sale(kept)
            if sale is not None:
                late = Flag.LATE in sale.capture.flags
                seen_s = kept.appended_at.timestamp()
                yield Noted(sale, late, seen_s), Mark(kept.epoch, kept.sequence)


def _sale(kept: Kept) -> SaleRecorded | None:
    """None for another fact on the stream, and for what is damaged."""
    try:
        event = _EVENTS.decode(kept.body)
        return _SALES.decode(event.data) if event.type == SALE_RECORDED.name else None
    except DECODE_FAULTS:
        return None
