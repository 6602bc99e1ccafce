"""How many are inside, from who came and who went, and what does not add up at night. Pure.

Nobody is inside when a business day begins: there the count starts anew, at the boundary at which
the day before handed over (``trading_day``). Everybody counts, staff too, since they go home as
well. What is left at the next boundary is the drift: people who were missed on one way, or
counted too often on the other. It measures the counting with no other witness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.footfall import Interval
from cloud.insight.conversion import active_minutes
from cloud.insight.hours import QUARTER
from cloud.insight.trading_day import TradingDay
from cloud.insight.watching import minutes_of, watched_doors

DRIFT_LIMIT: Final = 0.05
"""Of those who came in. A line that is right for 95 of 100 either way stays within it."""

FEWEST_LEFT: Final = 5
"""Less is left of any day: one group that one way hid from the camera."""

ENOUGH_LACKS_MIN: Final = 15
"""So long without a look at every door leaves room for a group that nobody counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """The end of a quarter of an hour.

    Attributes:
        minute: since 1970, UTC.
        inside: who came less who went since the day began, below zero where more were seen to go;
            None where no door was watched in that quarter.
    """

    minute: int
    inside: int | None


@dataclass(frozen=True, slots=True)
class Drift:
    """What was left inside when the day was over.

    Attributes:
        left: who came less who went.
        ingress: who came.
        unwatched_min: minutes between the first and the last crossing that not every door was
            watched in: with any, the drift is not the counting's fault alone.
    """

    left: int
    ingress: int
    unwatched_min: int

    @property
    def share(self) -> float | None:
        """Of those who came in; None when nobody did."""
        return self.left / self.ingress if self.ingress else None

    @property
    def is_watched(self) -> bool:
        """Whether too little was missed to explain what is left."""
        return self.unwatched_min < ENOUGH_LACKS_MIN

    @property
    def is_flagged(self) -> bool:
        """Whether it is more than counting as well as we mean to leaves behind."""
        return abs(self.left) >= FEWEST_LEFT and abs(self.left) > DRIFT_LIMIT * self.ingress


@dataclass(frozen=True, slots=True)
class Occupancy:
    """One day.

    Attributes:
        steps: by quarters of an hour, from the first to the last with a report.
        drift: None until the day is over, and where no door was ever watched.
    """

    steps: tuple[Step, ...]
    drift: Drift | None

    @property
    def most(self) -> int | None:
        """As many were inside at the end of a quarter; None where nobody watched."""
        return max((each.inside for each in self.steps if each.inside is not None), default=None)

    @property
    def last(self) -> int | None:
        """How many were inside when a door was last watched."""
        return next((each.inside for each in reversed(self.steps) if each.inside is not None), None)


def occupancy(
    day: TradingDay, intervals: Sequence[Interval], seen: AbstractSet[int], now: datetime
) -> Occupancy:
    """The day as of now; ``seen`` are the minutes in which every door was watched."""
    watched = watched_doors(intervals)
    if not watched:
        return Occupancy((), None)
    return Occupancy(_steps(watched), drift_of(intervals, seen) if now >= day.end_at else None)


def drift_of(intervals: Sequence[Interval], seen: AbstractSet[int]) -> Drift | None:
    """What a day that is over left inside; None where no door was ever watched.

    ``seen`` are the minutes in which every door was watched.
    """
    watched = watched_doors(intervals)
    if not watched:
        return None
    return Drift(
        left=sum(each.ingress - each.egress for each in watched),
        ingress=sum(each.ingress for each in watched),
        unwatched_min=len(set(active_minutes(watched, {})) - seen),
    )


def _steps(watched: Sequence[Interval]) -> tuple[Step, ...]:
    balance: Counter[int] = Counter()
    looked: set[int] = set()
    for each in watched:
        minutes = minutes_of(each)
        # Whoever crossed in a coarser interval had done so when it was over, and not sooner.
        balance[minutes[-1] // QUARTER] += each.ingress - each.egress
        looked.update(minute // QUARTER for minute in minutes)
    steps, inside = [], 0
    for quarter in range(min(looked), max(looked) + 1):
        inside += balance[quarter]
        steps.append(Step((quarter + 1) * QUARTER, inside if quarter in looked else None))
    return tuple(steps)
