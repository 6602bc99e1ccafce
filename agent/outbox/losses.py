"""Events that are gone, told in as many ``range.void`` as it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from agent.outbox.lanes import Lane
from models.wire.events.device import RangeVoid
from models.wire.ranges import Range

RANGES_PER_NOTICE: Final = 1000
"""Ranges in one ``range.void``: about 20 kB, well below what an event may have."""


def notices_of(lane: Lane, lost: Sequence[Range], reason: str) -> Iterator[RangeVoid]:
    """What says that these ranges of a lane will never come; nothing for none."""
    for start in range(0, len(lost), RANGES_PER_NOTICE):
        ranges = list(lost[start : start + RANGES_PER_NOTICE])
        yield RangeVoid(
            epoch=lane.epoch,
            stream=lane.stream,
            ranges=ranges,
            count=sum(last - first + 1 for first, last in ranges),
            reason=reason,
        )
