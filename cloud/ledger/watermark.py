"""How far the ledger has come with every device: without holes, and with which holes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, Select, select

from cloud.ledger.settlement import Outcome
from cloud.ledger.tables import SettledRow, StreamRow, table_of
from cloud.storage.columns import from_ms
from cloud.storage.unit_of_work import read
from models.wire.ack import EpochSettled
from models.wire.ids import DevicePath, Epoch
from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream

_STREAMS: Final = table_of(StreamRow)
_SETTLED: Final = table_of(SettledRow)


@dataclass(frozen=True, slots=True)
class LaneProgress:
    """One stream of one epoch of a device, as the ledger has it.

    Attributes:
        watermark: everything up to here is settled.
        last: the greatest sequence settled.
        gaps: sequences below ``last`` that have not arrived; a gap means nothing but that.
        heard_at: when something last arrived for this lane, if only word of a loss; aware UTC.
    """

    epoch: Epoch
    stream: Stream
    watermark: int
    last: int
    gaps: Sequence[Range]
    heard_at: datetime

    @property
    def missing(self) -> int:
        """How many sequences the gaps hold."""
        return sum(last - first + 1 for first, last in self.gaps)


def settled(
    connection: Connection, device: DevicePath, epochs: Sequence[str] | None = None
) -> list[EpochSettled]:
    """What a device need not send again, per epoch and stream; of the named epochs when given.

    What was declared void is left out: a box that was put back to an older image of itself may
    still hold those very events, and nobody else does. Should they come, they are accepted.
    """
    streams: dict[str, dict[str, RangeSet]] = defaultdict(dict)
    runs = _runs(device, epochs).where(_SETTLED.c.outcome != Outcome.VOID)
    for epoch, stream, _, first, last in connection.execute(runs):
        streams[epoch].setdefault(stream, RangeSet()).add(first, last)
    return [
        EpochSettled(epoch, {stream: list(ranges) for stream, ranges in lanes.items()})
        for epoch, lanes in streams.items()
    ]


def progress(engine: Engine, device: DevicePath) -> list[LaneProgress]:
    """Watermark, gaps and last sign of life of each lane of a device, for the console."""
    lanes: dict[tuple[str, str, int], RangeSet] = defaultdict(RangeSet)
    with read(engine) as connection:
        for epoch, stream, heard_ms, first, last in connection.execute(_runs(device, None)):
            lanes[epoch, stream, heard_ms].add(first, last)
    return [
        LaneProgress(
            epoch=Epoch(epoch),
            stream=Stream(stream),
            watermark=ranges.watermark,
            last=ranges.last,
            gaps=ranges.gaps(1, ranges.last),
            heard_at=from_ms(heard_ms),
        )
        for (epoch, stream, heard_ms), ranges in lanes.items()
    ]


def _runs(device: DevicePath, epochs: Sequence[str] | None) -> Select[str, str, int, int, int]:
    runs = (
        select(
            _STREAMS.c.epoch,
            _STREAMS.c.stream,
            _STREAMS.c.heard_ms,
            _SETTLED.c.first,
            _SETTLED.c.last,
        )
        .join_from(_STREAMS, _SETTLED, _SETTLED.c.stream_id == _STREAMS.c.id)
        .where(
            _STREAMS.c.tenant == device.tenant,
            _STREAMS.c.store == device.store,
            _STREAMS.c.device == device.device,
        )
        .order_by(_STREAMS.c.id, _SETTLED.c.first)
    )
    return runs if epochs is None else runs.where(_STREAMS.c.epoch.in_(epochs))
