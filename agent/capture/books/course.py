"""How the business days of a workstation went, as one profile told of them: what comes late.

A day is closed by the till's end of day or settlement, for what had happened by then, and by the
first transaction of a newer business day. Late is what is captured a while after that. Of a day
that nobody watched while it was open, nothing is late: whoever reads last year's files today, in
any order, learns of its sales and of its end at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from agent.capture.books.entry import Entry

GRACE_S: Final = 600.0
"""Files of the same minutes may overtake each other; what is so close to the close is not late."""

_SKEW_S: Final = 86_400.0
"""A transaction that ends so long after its capture tells of a wrong clock, and nothing else."""


@dataclass(slots=True)
class DayCourse:
    """One business day. Moments are Unix time; ``seen`` ones by our clock, others by the till's.

    Attributes:
        earliest_s: when its first transaction was.
        seen_s: when the first of it was captured; None while our clock cannot be believed.
        settled_s: when the till was settled last.
        settled_seen_s: when that was captured.
        late: those that came late, by their identity.
        begun_by: the file that told of the day first.
        settled_by: the file that told of the settlement.
    """

    earliest_s: int
    seen_s: float | None = None
    settled_s: int | None = None
    settled_seen_s: float = 0.0
    late: set[int] = field(default_factory=set)
    begun_by: str = ""
    settled_by: str = ""

    def note(self, entry: Entry, now_s: float) -> bool:
        """Take up one transaction; whether that changed anything."""
        before = (self.earliest_s, self.seen_s, self.settled_s)
        self.earliest_s = min(self.earliest_s, entry.at_s)
        is_first = self.seen_s is None or now_s < self.seen_s
        if is_first and now_s > entry.ended_s - _SKEW_S:
            self.seen_s, self.begun_by = now_s, entry.raw
        if entry.closes and (self.settled_s is None or entry.ended_s > self.settled_s):
            self.settled_s, self.settled_seen_s = entry.ended_s, now_s
            self.settled_by = entry.raw
        return before != (self.earliest_s, self.seen_s, self.settled_s)

    def join(self, other: DayCourse) -> None:
        """Take up what is known of the same day from another time."""
        self.earliest_s = min(self.earliest_s, other.earliest_s)
        self.late |= other.late
        if other.seen_s is not None and (self.seen_s is None or other.seen_s < self.seen_s):
            self.seen_s, self.begun_by = other.seen_s, other.begun_by
        if (other.settled_s or 0) > (self.settled_s or 0):
            self.settled_s, self.settled_seen_s = other.settled_s, other.settled_seen_s
            self.settled_by = other.settled_by


class Course:
    """The days of one workstation, as one profile tells of them."""

    def __init__(self) -> None:
        self.days: dict[date, DayCourse] = {}

    def is_late(self, entry: Entry, now_s: float) -> bool:
        """Whether a transaction that is captured now belongs to a day that was closed before."""
        own = self.days.get(entry.day)
        if own is None or own.seen_s is None:
            return False
        newer = (each for day, each in self.days.items() if day > entry.day)
        return _settled_before(own, entry, now_s) or _over_before(own, newer, entry, now_s)

    def join(self, other: Course) -> None:
        """Take up what is known of the same days from another time."""
        for day, each in other.days.items():
            self.days.setdefault(day, each).join(each)

    def note(self, entry: Entry, now_s: float) -> DayCourse | None:
        """Take up a captured transaction; the day if that changed it."""
        day = self.days.get(entry.day)
        is_new = day is None
        if day is None:
            day = self.days[entry.day] = DayCourse(entry.at_s)
        return day if day.note(entry, now_s) or is_new else None


def _settled_before(own: DayCourse, entry: Entry, now_s: float) -> bool:
    """What happened after a settlement is not late: the till went on with its day."""
    if own.settled_s is None or entry.ended_s > own.settled_s or entry.raw == own.settled_by:
        return False
    return _was_watched(own, own.settled_s) and now_s - own.settled_seen_s >= GRACE_S


def _over_before(own: DayCourse, newer: Iterable[DayCourse], entry: Entry, now_s: float) -> bool:
    return any(
        each.seen_s is not None
        and now_s - each.seen_s >= GRACE_S
        and entry.raw != each.begun_by
        and _was_watched(own, each.earliest_s)
        for each in newer
    )


def _was_watched(day: DayCourse, closed_s: float) -> bool:
    return day.seen_s is not None and day.seen_s < closed_s
