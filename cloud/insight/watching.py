"""Which minutes were watched. Pure; a minute is its number since 1970, UTC.

A shop is watched when all its doors are. A minute counts as seen when every camera that reported
anything about the day, if only that it was lost, watched at least nine tenths of it and was to be
trusted meanwhile. So one blind door makes the figures of the others no smaller, and makes no
conversion out of half the visitors; nor does a camera that was covered, dark, frozen or moved,
whose zeros are no visitors less.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from cloud.footfall import CameraKey, Interval

ENOUGH: Final = 0.9
"""Of a minute: a few pictures late are no gap, a restart is."""

_MINUTE_MS: Final = 60_000


def minutes_of(interval: Interval) -> range:
    """The minutes of an interval."""
    first = interval.first_minute
    return range(first, first + interval.duration_s // 60)


def watched_doors(intervals: Iterable[Interval]) -> list[Interval]:
    """Those at doors of which anybody watched any time."""
    return [
        each
        for each in intervals
        if each.door and (each.observed_ms or each.ingress or each.egress)
    ]


def seen_minutes(intervals: Sequence[Interval]) -> set[int]:
    """The minutes that every camera watched, and none of them in trouble.

    The minutes of a coarser interval are seen together or not at all: its visitors cannot be told
    apart by minute.
    """
    by_camera: defaultdict[CameraKey, Counter[int]] = defaultdict(Counter)
    for interval in intervals:
        minutes, trusted = minutes_of(interval), by_camera[interval.key]
        share_ms = interval.trusted_ms // len(minutes)
        for minute in minutes:
            trusted[minute] += share_ms
    if not by_camera:
        return set()
    seen = set.intersection(*(_watched(trusted) for trusted in by_camera.values()))
    return without_torn(seen, intervals)


def without_torn(seen: AbstractSet[int], intervals: Iterable[Interval]) -> set[int]:
    """The seen minutes but those of coarser intervals of which not every minute was seen."""
    whole = set(seen)
    for interval in _coarse(intervals):
        minutes = minutes_of(interval)
        if not whole.issuperset(minutes):
            whole.difference_update(minutes)
    return whole


def _watched(trusted_ms: Counter[int]) -> set[int]:
    return {minute for minute, ms in trusted_ms.items() if ms >= ENOUGH * _MINUTE_MS}


def _coarse(intervals: Iterable[Interval]) -> list[Interval]:
    """The shorter ones first: a longer one that falls holds the whole of any shorter one."""
    coarse = [interval for interval in intervals if interval.duration_s > 60]  # noqa: PLR2004 - a minute
    return sorted(coarse, key=lambda interval: interval.duration_s)
