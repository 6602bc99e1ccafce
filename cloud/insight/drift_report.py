"""Drift over weeks: what the counting leaves inside night after night. Pure.

A day's drift is a witness of one day; the same sign every night is a line that misses one way. The
days are those of ``occupancy``, to the last minute, but most of their quarters come in one piece.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cloud.footfall import Interval, Quarter, looking
from cloud.insight.hours import MINUTE_MS, QUARTER
from cloud.insight.occupancy import Drift, drift_of
from cloud.insight.trading_day import TradingDay
from cloud.insight.watching import ENOUGH, seen_minutes
from cloud.storage.columns import to_ms

ENOUGH_MS: Final = round(ENOUGH * MINUTE_MS)
"""Of a minute that counts as watched."""


@dataclass(frozen=True, slots=True)
class DriftDay:
    """One business day.

    Attributes:
        drift: None until the day is over, and where no door was ever watched.
    """

    day: date
    is_over: bool
    drift: Drift | None


@dataclass(frozen=True, slots=True)
class DriftSum:
    """Several days together.

    Attributes:
        days: how many of them have a drift.
        flagged: how many of those are flagged.
        whole: their drifts added, signs and all; None where there is none.
    """

    days: int
    flagged: int
    whole: Drift | None


@dataclass(frozen=True, slots=True)
class DriftReport:
    """A store's last business days, the earliest first."""

    days: tuple[DriftDay, ...]

    def last(self, days: int) -> DriftSum:
        """The last so many business days, or as many as there are."""
        known = [each.drift for each in self.days[-days:] if each.drift]
        return DriftSum(
            days=len(known),
            flagged=sum(each.is_flagged for each in known),
            whole=_added(known) if known else None,
        )


class Weeks:
    """Business days that follow one another, and what was told of their quarters of an hour."""

    def __init__(self, days: Sequence[TradingDay], quarters: Iterable[Quarter]) -> None:
        """``days`` by their dates; ``quarters`` are those between their begin and end."""
        self._days = days
        self._begins = [to_ms(day.begin_at) // MINUTE_MS // QUARTER for day in days]
        self._quarters = list(quarters)

    def unlike(self) -> set[int]:
        """Quarters whose minutes have to be read: those of which it matters which minute it was.

        Beside quarters of unlike minutes they are the first and the last of a day with a crossing:
        what was not watched is counted from there and to there.
        """
        unlike = {each.number for each in self._quarters if each.as_interval(ENOUGH_MS) is None}
        crossed: defaultdict[int, list[int]] = defaultdict(list)
        for each in self._quarters:
            if each.crossed:
                crossed[self._place(each.number)].append(each.number)
        return unlike | {
            edge for numbers in crossed.values() for edge in (min(numbers), max(numbers))
        }

    def report(self, minutes: Iterable[Interval], now: datetime) -> DriftReport:
        """The report as of now; ``minutes`` are all intervals that begin in ``unlike`` quarters."""
        told = self._told(minutes)
        days = []
        for place, day in enumerate(self._days):
            is_over = now >= day.end_at
            days.append(DriftDay(day.day, is_over, _drift(told[place]) if is_over else None))
        return DriftReport(tuple(days))

    def _told(self, minutes: Iterable[Interval]) -> Mapping[int, list[Interval]]:
        """By the place of their day."""
        unlike = self.unlike()
        told: defaultdict[int, list[Interval]] = defaultdict(list)
        for quarter in self._quarters:
            whole = None if quarter.number in unlike else quarter.as_interval(ENOUGH_MS)
            if whole:
                told[self._place(quarter.number)].append(whole)
        for each in minutes:
            told[self._place(each.first_minute // QUARTER)].append(each)
        return told

    def _place(self, quarter: int) -> int:
        return bisect_right(self._begins, quarter) - 1


def _drift(told: Sequence[Interval]) -> Drift | None:
    doors = [each for each in looking(told) if each.door]
    return drift_of(doors, seen_minutes(doors))


def _added(drifts: Sequence[Drift]) -> Drift:
    return Drift(
        left=sum(each.left for each in drifts),
        ingress=sum(each.ingress for each in drifts),
        unwatched_min=sum(each.unwatched_min for each in drifts),
    )
