"""A store's drift over four weeks as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Engine

from cloud.console.bar_chart import BarChart, Frame, bar_chart
from cloud.insight import DriftDay, DriftReport, DriftSum, read_drift
from cloud.organisation import Store

WEEK: Final = 7
WEEKS: Final = 4 * WEEK

_FRAME: Final = Frame(top=26, floor=206, height=236, left=34, signed=True)


@dataclass(frozen=True, slots=True)
class DriftPage:
    """Everything that the page shows; ``report`` None for a store without cameras."""

    store: Store
    day: date
    report: DriftReport | None

    @property
    def spans(self) -> tuple[tuple[int, DriftSum], ...]:
        """The last week and all four, by how many days they have."""
        report = self.report
        return tuple((days, report.last(days)) for days in (WEEK, WEEKS)) if report else ()

    @property
    def days(self) -> tuple[DriftDay, ...]:
        """The latest first, as one looks for them."""
        return self.report.days[::-1] if self.report else ()

    @property
    def chart(self) -> BarChart[DriftDay]:
        """A bar per day."""
        return drift_chart(self.report.days if self.report else ())


def read_page(engine: Engine, store: Store, day: date, now: datetime) -> DriftPage:
    """The four weeks up to a day, as it stands now."""
    return DriftPage(store, day, read_drift(engine, store, day, WEEKS, now))


def drift_chart(days: Sequence[DriftDay]) -> BarChart[DriftDay]:
    """Who was left stands upwards, who was seen to leave and never to come hangs down."""
    return bar_chart(days, lambda each: each.drift.left if each.drift else None, _FRAME)
