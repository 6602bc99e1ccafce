"""Which counted minutes become one, and what that one says. Pure.

Minutes of one camera are merged into a quarter of an hour, quarters into an hour: people, stays,
watched time, pictures and gaps are added (``footfall_sum``), so nobody is lost, only when exactly
they came. Hours are those of the shop's clock, which in a time zone such as +05:30 begin at half
past: no interval ever lies in two local hours. What differs in its network, rule, analyses or
audit, or in what its lines and zones are for, is not mixed.

The merged event names every event whose people it holds, down to the minutes. One of those may have
reached the cloud after all (docs/explanation/outbox.md); whoever has both counts the merged one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

import msgspec

from models.wire.errors import DECODE_FAULTS, BadEvent
from models.wire.events.footfall import FootfallCounted, LineKind, ZoneKind
from models.wire.events.footfall_sum import summed
from models.wire.ids import EventId
from models.wire.registry import FOOTFALL_COUNTED, decode_data

STEPS_S: Final = (900, 3600)
"""A quarter is the greatest step that every zone's hour is a multiple of; then the hour itself."""

MOST_REPLACED: Final = 256
"""Ids in a merged event, some 10 kB; 64 are usual, more come of an agent that starts and starts."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A stored event of the footfall stream that can be merged."""

    sequence: int
    event_id: EventId
    body: bytes
    data: FootfallCounted

    @property
    def names(self) -> list[str]:
        """Itself and all whose people it holds."""
        return [self.event_id, *self.data.replaces]


@dataclass(frozen=True, slots=True)
class Merge:
    """Two or more events that become one, and what it says; in ascending order of sequence."""

    parts: Sequence[Counted]
    data: FootfallCounted


class _Outside(msgspec.Struct):
    type: str
    data: msgspec.Raw


_OUTSIDES: Final = msgspec.json.Decoder(_Outside)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Key(NamedTuple):
    camera: str
    begin_at: datetime
    network: str
    rule: str
    analyses: str
    audit: str
    passing: frozenset[str]
    queues: frozenset[str]


def read_counted(sequence: int, event_id: EventId, body: bytes) -> Counted | None:
    """A stored event as one that can be merged; None for any other kind, which is left alone."""
    try:
        outside = _OUTSIDES.decode(body)
        if outside.type != FOOTFALL_COUNTED.name:
            return None
        data = decode_data(FOOTFALL_COUNTED, outside.data)
    except (*DECODE_FAULTS, BadEvent):
        return None
    assert isinstance(data, FootfallCounted), "the registry says so"
    return Counted(sequence, event_id, body, data)


def plan(
    events: Iterable[Counted], step_s: int, zone: tzinfo, *, spare_newest: bool = True
) -> list[Merge]:
    """What becomes one in this step.

    Args:
        events: in ascending order of sequence.
        step_s: one of ``STEPS_S``; what is as long already stays.
        zone: of the shop's clock.
        spare_newest: leave the newest interval alone, since more of it may follow.
    """
    groups: defaultdict[_Key, list[Counted]] = defaultdict(list)
    for event in events:
        if event.data.duration_s < step_s:
            groups[_key(event.data, step_s, zone)].append(event)
    newest = max((key.begin_at for key in groups), default=None) if spare_newest else None
    return [
        Merge(parts, _sum(parts, key.begin_at, step_s))
        for key, group in groups.items()
        if key.begin_at != newest
        for parts in _portions(group)
    ]


def begin_of(moment: datetime, step_s: int, zone: tzinfo) -> datetime:
    """When the quarter of an hour, or the hour of the shop's clock, began; aware UTC."""
    into = timedelta(
        minutes=moment.astimezone(zone).minute % (step_s // 60),
        seconds=moment.second,
        microseconds=moment.microsecond,
    )
    return moment - into


def compose_merged(merge: Merge, event_id: EventId) -> bytes:
    """The body of the merged event: that of its last part, with another id and content."""
    members: dict[str, Any] = {**_MEMBERS.decode(merge.parts[-1].body)}
    return msgspec.json.encode(members | {"id": event_id, "data": merge.data})


def _key(data: FootfallCounted, step_s: int, zone: tzinfo) -> _Key:
    begin_at = begin_of(data.begin_at, step_s, zone)
    return _Key(
        data.camera,
        begin_at,
        data.network,
        data.rule,
        data.analyses,
        data.audit,
        frozenset(each.line for each in data.lines if each.kind is LineKind.PASSING),
        frozenset(each.zone for each in data.zones if each.kind is ZoneKind.QUEUE),
    )


def _portions(group: Sequence[Counted]) -> Iterator[list[Counted]]:
    """The group in parts of at least two, none of which names too many."""
    portion: list[Counted] = []
    names = 0
    for event in group:
        if portion and names + len(event.names) > MOST_REPLACED:
            if len(portion) > 1:
                yield portion
            portion, names = [], 0
        portion.append(event)
        names += len(event.names)
    if len(portion) > 1:
        yield portion


def _sum(parts: Sequence[Counted], begin_at: datetime, step_s: int) -> FootfallCounted:
    return msgspec.structs.replace(
        summed([part.data for part in parts]),
        begin_at=begin_at,
        duration_s=step_s,
        replaces=[name for part in parts for name in part.names],
    )
