"""A store's day as an auditor would read it: what was counted, of whom, and how far to trust it.

Pure: the day at the doors (``footfall_day``) with everything that cameras tell beside heads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud.footfall import CameraKey, Interval, KnownAudit, LineCount, ZoneCount
from cloud.insight.doors import CaptureRate, Doors, at_doors, both_seen, captured
from cloud.insight.footfall_day import Facts, FootfallDay, FootfallHour, compose
from cloud.insight.hours import HourClock, by_hour
from cloud.insight.occupancy import Occupancy, occupancy
from cloud.insight.trading_day import TradingDay
from cloud.insight.watching import minutes_of, seen_minutes
from cloud.insight.zones import ZoneFigures, zone_figures
from models.wire.events.footfall import MarkKind


@dataclass(frozen=True, slots=True)
class Beside:
    """What the database says beside heads; by camera where it is a mapping."""

    zones: Sequence[ZoneCount]
    heat: Mapping[CameraKey, Mapping[int, int]]
    marks: Mapping[CameraKey, Mapping[MarkKind, int]]
    audits: Mapping[CameraKey, KnownAudit]


@dataclass(frozen=True, slots=True)
class CrowdHour:
    """One hour of the shop's clock.

    Attributes:
        hour: counted on from the business day's midnight.
        capture: None where a door or the way past was not watched.
        marked_min: so many minutes, at most, of which some camera is not to be trusted.
        footfall: the same hour beside its sales; None where no door was told of.
        zones: what zones say of it.
    """

    hour: int
    doors: Doors
    capture: CaptureRate | None
    marked_min: int
    footfall: FootfallHour | None
    zones: tuple[ZoneFigures, ...]


@dataclass(frozen=True, slots=True)
class CrowdDay:
    """One business day; fields as in ``CrowdHour``.

    Attributes:
        hours: from the first to the last with a report, none left out between.
        heat: milliseconds by cell.
        marks: milliseconds by kind.
        audits: the last audit of each camera that ever had one.
    """

    footfall: FootfallDay
    doors: Doors
    capture: CaptureRate | None
    marked_min: int
    hours: tuple[CrowdHour, ...]
    occupancy: Occupancy
    lines: tuple[LineCount, ...]
    zones: tuple[ZoneFigures, ...]
    heat: Mapping[CameraKey, Mapping[int, int]]
    marks: Mapping[CameraKey, Mapping[MarkKind, int]]
    audits: Mapping[CameraKey, KnownAudit]


def compose_crowd(day: TradingDay, facts: Facts, beside: Beside, now: datetime) -> CrowdDay:
    """Put the day together as of now."""
    footfall = compose(day, facts, now)
    seen = seen_minutes([each for each in facts.intervals if each.door])
    both = both_seen(facts.intervals)
    return CrowdDay(
        footfall=footfall,
        doors=at_doors(facts.intervals),
        capture=captured(facts.intervals, both),
        marked_min=len(_marked(facts.intervals)),
        hours=tuple(_hours(footfall, facts.intervals, both, beside.zones)),
        occupancy=occupancy(day, facts.intervals, seen, now),
        lines=tuple(facts.lines),
        zones=tuple(zone_figures(beside.zones)),
        heat=beside.heat,
        marks=beside.marks,
        audits=beside.audits,
    )


def _hours(
    footfall: FootfallDay,
    intervals: Sequence[Interval],
    both: Iterable[int],
    zones: Sequence[ZoneCount],
) -> Iterator[CrowdHour]:
    clock = HourClock(footfall.trading_day)
    told = by_hour(intervals, lambda each: clock.hour_of(each.first_minute))
    stood = by_hour(zones, lambda each: clock.hour_of(each.first_minute))
    seen = by_hour(both, clock.hour_of)
    doors = {each.hour: each for each in footfall.hours}
    known = told.keys() | doors.keys()
    for hour in range(min(known), max(known) + 1) if known else ():
        here = told[hour]
        yield CrowdHour(
            hour=hour,
            doors=at_doors(here),
            capture=captured(here, set(seen[hour])),
            marked_min=len(_marked(here)),
            footfall=doors.get(hour),
            zones=tuple(zone_figures(stood[hour])),
        )


def _marked(intervals: Iterable[Interval]) -> set[int]:
    """Minutes of which a camera is not to be trusted; of a coarser interval, its first ones."""
    return {
        minute
        for each in intervals
        for minute in minutes_of(each)[: math.ceil(each.marked_ms / 60_000)]
    }
