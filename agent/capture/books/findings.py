"""What the books find wrong with a workstation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from agent.capture.books.counters import OpenGaps, Pages
from agent.capture.books.course import Course
from agent.capture.books.entry import Till

ALARMING_DAYS: Final = 7
"""A gap or repeat of a business day so long before the newest is told, but no alarm any more."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Consecutive numbers of one business day, as the till writes them.

    Attributes:
        count: how many.
        is_recent: of the last days of a till that is in use.
    """

    day: date
    first: str
    last: str
    count: int = 1
    is_recent: bool = True


@dataclass(frozen=True, slots=True)
class Findings:
    """One workstation, in the days that the books keep.

    Attributes:
        profiles: by which its transactions were read.
        gaps: numbers that are missing and not under way, day by day.
        repeats: numbers that two transactions of a day bear.
        late: transactions whose business day was closed before they came.
        late_days: of which business days.
        is_ripening: more is missing, which may still be under way.
    """

    till: Till
    profiles: frozenset[str]
    gaps: Sequence[Numbers] = ()
    repeats: Sequence[Numbers] = ()
    late: int = 0
    late_days: Sequence[date] = ()
    is_ripening: bool = False

    @property
    def missing(self) -> int:
        """How many numbers are missing."""
        return sum(each.count for each in self.gaps)

    @property
    def since(self) -> date | None:
        """The first business day with something to say; None where there is nothing."""
        told = (each.day for each in (*self.gaps, *self.repeats))
        return min((*told, *self.late_days), default=None)


def findings_of(
    pages: Pages,
    courses: Mapping[tuple[Till, str], Course],
    gaps: Mapping[Till, Sequence[OpenGaps]],
    now: datetime,
) -> list[Findings]:
    """Every workstation that the books know, the worst first."""
    found = [_of(till, pages, courses, gaps.get(till, ()), now) for till in _tills(courses)]
    return sorted(
        found, key=lambda each: (-each.missing, -len(each.repeats), -each.late, each.till)
    )


def _tills(courses: Mapping[tuple[Till, str], Course]) -> list[Till]:
    return list(dict.fromkeys(till for till, _ in courses))


def _of(
    till: Till,
    pages: Pages,
    courses: Mapping[tuple[Till, str], Course],
    gaps: Sequence[OpenGaps],
    now: datetime,
) -> Findings:
    own = {profile: course for (of, profile), course in courses.items() if of == till}
    since = _alarming_since(own, now)
    repeated = sorted(
        (key.day, number, key.series)
        for key, page in pages.items()
        if key.till == till
        for number in page.repeats
    )
    days = [(day, len(each.late)) for course in own.values() for day, each in course.days.items()]
    return Findings(
        till,
        frozenset(own),
        gaps=[
            Numbers(
                gap.day,
                f"{each.counter.series}{gap.first}",
                f"{each.counter.series}{gap.last}",
                len(gap),
                gap.day >= since,
            )
            for each in gaps
            for gap in each.gaps
        ],
        repeats=[
            Numbers(day, f"{series}{number}", f"{series}{number}", is_recent=day >= since)
            for day, number, series in repeated
        ],
        late=sum(late for _, late in days),
        late_days=sorted(day for day, late in days if late),
        is_ripening=any(each.is_ripening for each in gaps),
    )


def _alarming_since(courses: Mapping[str, Course], now: datetime) -> date:
    """From which business day on something is an alarm; never, where a till is out of use."""
    days = [(day, each) for course in courses.values() for day, each in course.days.items()]
    seen = [each.seen_s for _, each in days if each.seen_s is not None]
    week = timedelta(days=ALARMING_DAYS)
    if seen and now.timestamp() - max(seen) > week.total_seconds():
        return date.max
    return max(day for day, _ in days) - week
