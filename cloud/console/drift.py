"""A store's drift over four weeks as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Engine

from cloud.console.chart import WIDTH, ticks
from cloud.insight import DriftDay, DriftReport, DriftSum, read_drift
from cloud.organisation import Store

WEEK: Final = 7
WEEKS: Final = 4 * WEEK

_TOP: Final = 26
_HALF: Final = 90
"""How far a bar may reach above and below nobody."""

_GAP: Final = 0.24  # of a day's width, left empty
_LEFT: Final = 34  # for what the lines mean, which bars would hide


@dataclass(frozen=True, slots=True)
class DriftBar:
    """One day's bar, from the upper left corner; above the middle are those who never left."""

    told: DriftDay
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where its labels are centred."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class DriftChart:
    """All bars, and the lines behind them as pairs of height and value."""

    bars: tuple[DriftBar, ...]
    lines: tuple[tuple[float, int], ...]
    nobody: int = _TOP + _HALF
    floor: int = _TOP + 2 * _HALF
    height: int = _TOP + 2 * _HALF + 30
    width: int = WIDTH


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
    def chart(self) -> DriftChart:
        """A bar per day."""
        return drift_chart(self.report.days if self.report else ())


def read_page(engine: Engine, store: Store, day: date, now: datetime) -> DriftPage:
    """The four weeks up to a day, as it stands now."""
    return DriftPage(store, day, read_drift(engine, store, day, WEEKS, now))


def drift_chart(days: Sequence[DriftDay]) -> DriftChart:
    """Who was left stands upwards, who was seen to leave and never to come hangs down."""
    left = [each.drift.left if each.drift else 0 for each in days]
    marks = ticks(max(map(abs, left), default=0))
    scale, step = _HALF / marks[-1], (WIDTH - _LEFT) / max(len(days), 1)
    bars = tuple(
        DriftBar(
            told=each,
            x=round(_LEFT + (place + _GAP / 2) * step, 1),
            y=round(_TOP + _HALF - max(left[place], 0) * scale, 1),
            width=round(step * (1 - _GAP), 1),
            height=round(abs(left[place]) * scale, 1),
        )
        for place, each in enumerate(days)
    )
    values = (*(-mark for mark in reversed(marks)), *marks)
    return DriftChart(bars, tuple((round(_TOP + _HALF - v * scale, 1), v) for v in values))
