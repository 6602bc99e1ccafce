"""What a day's bars stand for: every hour's sales, and its visitors where cameras count them.

Sales stand alone, or below the visitors over the same hours, each with a scale of its own: a
boutique sells to one in fifty, and its sales would vanish beside its visitors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.console.bar_chart import ABOVE, ALONE, BarChart, Frame, bar_chart
from cloud.insight import FootfallHour
from cloud.sales import HourFigure

_LONGEST_DAY: Final = 48  # hours; a till whose clock is years off must not ask for a million bars


@dataclass(frozen=True, slots=True)
class HourSum:
    """An hour as the text beside the chart tells it.

    Attributes:
        hour: counted on from the business day's midnight, so 25 is 01:00 of the next day.
        net: minor units by currency.
        visits: what the cameras say of it; None where they said nothing.
    """

    hour: int
    sales: int
    returns: int
    net: Mapping[str, int]
    visits: FootfallHour | None = None

    @property
    def label(self) -> str:
        """The hour of the clock, ``01``."""
        return f"{self.hour % 24:02d}"

    @property
    def visitors(self) -> int | None:
        """Who came in as far as anybody watched; None where nobody did."""
        return self.visits.visitors if self.visits else None

    @property
    def is_watched(self) -> bool:
        """Whether nearly all of it was watched; if not, more may have come."""
        return self.visits is not None and self.visits.conversion.is_whole


def sum_hours(figures: Sequence[HourFigure], visits: Sequence[FootfallHour] = ()) -> list[HourSum]:
    """Hours over all currencies: sales may be added, amounts may not.

    From the first to the last hour in which money moved or somebody crossed a line. Quiet hours
    between them are there too, with nothing in them, unless the hours are so far apart that some
    clock must be wrong.
    """
    by_hour: dict[int, list[HourFigure]] = defaultdict(list)
    for figure in figures:
        by_hour[figure.hour].append(figure)
    seen = {each.hour: each for each in visits}
    busy = {each.hour for each in visits if each.ingress or each.egress}
    hours: Sequence[int] = sorted(by_hour.keys() | busy)
    if hours and hours[-1] - hours[0] < _LONGEST_DAY:
        hours = range(hours[0], hours[-1] + 1)
    return [_sum(hour, by_hour[hour], seen.get(hour)) for hour in hours]


def sales_chart(hours: Sequence[HourSum], frame: Frame = ALONE) -> BarChart[HourSum]:
    """A bar per hour for its sales."""
    return bar_chart(hours, lambda hour: hour.sales, frame)


def visitors_chart(hours: Sequence[HourSum], frame: Frame = ABOVE) -> BarChart[HourSum]:
    """A bar per hour for its visitors, as far as they were counted."""
    return bar_chart(hours, lambda hour: hour.visitors, frame)


def _sum(hour: int, figures: Sequence[HourFigure], visits: FootfallHour | None) -> HourSum:
    return HourSum(
        hour=hour,
        sales=sum(figure.sales for figure in figures),
        returns=sum(figure.returns for figure in figures),
        net={figure.currency: figure.net_minor for figure in figures},
        visits=visits,
    )
