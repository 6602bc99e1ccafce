"""The geometry of the day's bars: pure numbers for an SVG, nothing drawn here.

Sales stand alone, or below the visitors over the same hours, each with a scale of its own: a
boutique sells to one in fifty, and its sales would vanish beside its visitors.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.insight import FootfallHour
from cloud.sales import HourFigure

WIDTH: Final = 720

_FEWEST_HOURS: Final = 12
_LONGEST_DAY: Final = 48  # hours; a till whose clock is years off must not ask for a million bars
_GAP: Final = 0.24  # of an hour's width, left empty


@dataclass(frozen=True, slots=True)
class Frame:
    """Where bars may be in a drawing of this height: above ``top`` and below ``floor`` is text."""

    top: int
    floor: int
    height: int


ALONE: Final = Frame(top=24, floor=192, height=220)
ABOVE: Final = Frame(top=54, floor=194, height=476)
BELOW: Final = Frame(top=280, floor=420, height=476)


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
        """People who came in as far as anybody watched; None where nobody did."""
        return self.visits.ingress if self.visits else None

    @property
    def is_watched(self) -> bool:
        """Whether nearly all of it was watched; if not, more may have come."""
        return self.visits is not None and self.visits.conversion.is_whole


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour's bar in the chart's own units, from the upper left corner."""

    hour: HourSum
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where its labels are centred."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """All bars, and the lines behind them as pairs of height and value."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]
    frame: Frame
    width: int = WIDTH


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


def sales_chart(hours: Sequence[HourSum], frame: Frame = ALONE) -> Chart:
    """A bar per hour for its sales."""
    return _chart(hours, lambda hour: hour.sales, frame)


def visitors_chart(hours: Sequence[HourSum], frame: Frame = ABOVE) -> Chart:
    """A bar per hour for its visitors, as far as they were counted."""
    return _chart(hours, lambda hour: hour.visitors or 0, frame)


def ticks(largest: int) -> list[int]:
    """Two or three round numbers up to at least the largest: 1-2-5 and their tenfolds."""
    rough = max(largest, 2) / 3
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    return [step * number for number in range(1, math.ceil(max(largest, 1) / step) + 1)]


def _chart(hours: Sequence[HourSum], count: Callable[[HourSum], int], frame: Frame) -> Chart:
    """At least twelve places wide, so that a morning does not fill the screen."""
    step = WIDTH / max(len(hours), _FEWEST_HOURS)
    marks = ticks(max(map(count, hours), default=0))
    scale = (frame.floor - frame.top) / marks[-1]
    bars = tuple(
        Bar(
            hour=hour,
            x=round((place + _GAP / 2) * step, 1),
            y=round(frame.floor - count(hour) * scale, 1),
            width=round(step * (1 - _GAP), 1),
            height=round(count(hour) * scale, 1),
        )
        for place, hour in enumerate(hours)
    )
    lines = tuple((round(frame.floor - tick * scale, 1), tick) for tick in marks)
    return Chart(bars, lines, frame)


def _sum(hour: int, figures: Sequence[HourFigure], visits: FootfallHour | None) -> HourSum:
    return HourSum(
        hour=hour,
        sales=sum(figure.sales for figure in figures),
        returns=sum(figure.returns for figure in figures),
        net={figure.currency: figure.net_minor for figure in figures},
        visits=visits,
    )
