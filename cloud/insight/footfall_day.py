"""A store's day at its doors: who came, who left, who bought, and what nobody watched. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cloud.footfall import CameraReport, Interval, LineCount
from cloud.insight.conversion import Conversion, active_minutes, convert
from cloud.insight.doors import at_doors
from cloud.insight.hours import MINUTE_MS, QUARTER, HourClock, by_hour
from cloud.insight.trading_day import TradingDay
from cloud.insight.watching import minutes_of, seen_minutes
from cloud.storage.columns import to_ms

REPORTED_WITHIN: Final = timedelta(seconds=90)
"""A minute is reported when it is over, and travels; until then nobody misses it."""


@dataclass(frozen=True, slots=True)
class FootfallHour:
    """One hour of the shop's clock.

    Attributes:
        hour: counted on from the business day's midnight; 24 is 00:00-00:59 of the next day.
        ingress: people who came in as far as anybody watched; None where nobody did.
        egress: people who went out, likewise.
        visitors: who came in without staff and without those who had only just gone out, as far as
            all of that is known, else ``ingress``.
        conversion: of the watched minutes, and how many of those that have passed they are.
    """

    hour: int
    ingress: int | None
    egress: int | None
    visitors: int | None
    conversion: Conversion


@dataclass(frozen=True, slots=True)
class FootfallDay:
    """One business day; fields as in ``FootfallHour``.

    Attributes:
        trading_day: from when to when it is.
        hours: from the first to the last with a report or a sale, none left out between.
        cameras: what each reported; a day without any has none.
        ignored: reports that made no sense and are in no figure.
    """

    trading_day: TradingDay
    hours: tuple[FootfallHour, ...]
    ingress: int | None
    egress: int | None
    visitors: int | None
    conversion: Conversion
    cameras: tuple[CameraReport, ...]
    ignored: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says of the day; ``sales`` that count, by the minute of their end.

    ``intervals`` and ``lines`` are those of all cameras, whatever they look at.
    """

    intervals: Sequence[Interval]
    cameras: Sequence[CameraReport]
    lines: Sequence[LineCount]
    sales: Mapping[int, int]
    ignored: int


def compose(day: TradingDay, facts: Facts, now: datetime) -> FootfallDay:
    """Put the day together as of now, from the cameras that look at a door."""
    facts = replace(facts, intervals=[each for each in facts.intervals if each.door])
    seen = seen_minutes(facts.intervals)
    active = active_minutes(facts.intervals, facts.sales)
    doors = at_doors(facts.intervals)
    return FootfallDay(
        trading_day=day,
        hours=tuple(_hours(day, facts, seen, now)),
        ingress=doors.ingress,
        egress=doors.egress,
        visitors=doors.entrants,
        conversion=convert(facts.intervals, facts.sales, seen & set(active), len(active)),
        cameras=tuple(facts.cameras),
        ignored=facts.ignored,
    )


def _hours(
    day: TradingDay, facts: Facts, seen: Iterable[int], now: datetime
) -> Iterator[FootfallHour]:
    clock = HourClock(day)
    intervals = by_hour(facts.intervals, lambda each: clock.hour_of(each.first_minute))
    sales = by_hour(facts.sales.items(), lambda sold: clock.hour_of(sold[0]))
    watched = by_hour(seen, clock.hour_of)
    told = intervals.keys() | sales.keys()
    reported = {minute for each in facts.intervals for minute in minutes_of(each)}
    for hour, passed in _passed(day, clock, reported, now).items():
        if told and min(told) <= hour <= max(told):
            here = intervals[hour]
            doors = at_doors(here)
            yield FootfallHour(
                hour=hour,
                ingress=doors.ingress,
                egress=doors.egress,
                visitors=doors.entrants,
                conversion=convert(here, dict(sales[hour]), set(watched[hour]), passed),
            )


def _passed(
    day: TradingDay, clock: HourClock, reported: AbstractSet[int], now: datetime
) -> Counter[int]:
    """Minutes of every hour, in order, that have passed long enough to be reported, or were.

    A device's clock may be ahead of ours, and a recorded clip may tell of any time.
    """
    begin, end = (to_ms(moment) // MINUTE_MS for moment in (day.begin_at, day.end_at))
    until = to_ms(now - REPORTED_WITHIN) // MINUTE_MS
    passed: Counter[int] = Counter()
    for quarter in range(begin, end, QUARTER):
        told = sum(minute in reported for minute in range(quarter, quarter + QUARTER))
        passed[clock.hour_of(quarter)] += max(min(until - quarter, QUARTER), told)
    return passed
