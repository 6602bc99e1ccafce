"""The geometry of the day's bars: pure numbers for an SVG, nothing drawn here."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.sales import HourFigure

WIDTH: Final = 720
HEIGHT: Final = 220

_FEWEST_HOURS: Final = 12
_LONGEST_DAY: Final = 48  # hours; a till whose clock is years off must not ask for a million bars
_TOP: Final = 24  # room for the number above the tallest bar
_BOTTOM: Final = 28  # room for the hours
_GAP: Final = 0.24  # of an hour's width, left empty


@dataclass(frozen=True, slots=True)
class HourSum:
    """An hour as the text beside the chart tells it.

    Attributes:
        hour: counted on from the business day's midnight, so 25 is 01:00 of the next day.
        net: minor units by currency.
    """

    hour: int
    sales: int
    returns: int
    net: Mapping[str, int]

    @property
    def label(self) -> str:
        """The hour of the clock, ``01``."""
        return f"{self.hour % 24:02d}"


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
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - _BOTTOM


def sum_hours(figures: Sequence[HourFigure]) -> list[HourSum]:
    """Hours over all currencies: sales may be added, amounts may not.

    Quiet hours between the first and the last are there too, with nothing in them, unless the
    hours are so far apart that some clock must be wrong.
    """
    by_hour: dict[int, list[HourFigure]] = defaultdict(list)
    for figure in figures:
        by_hour[figure.hour].append(figure)
    hours: Sequence[int] = sorted(by_hour)
    if hours and hours[-1] - hours[0] < _LONGEST_DAY:
        hours = range(hours[0], hours[-1] + 1)
    return [_sum(hour, by_hour[hour]) for hour in hours]


def chart(hours: Sequence[HourSum]) -> Chart:
    """A bar per hour, at least twelve places wide, so that a morning does not fill the screen."""
    places = max(len(hours), _FEWEST_HOURS)
    step = WIDTH / places
    ticks = _ticks(max((hour.sales for hour in hours), default=0))
    scale = (HEIGHT - _TOP - _BOTTOM) / ticks[-1]
    floor = HEIGHT - _BOTTOM
    bars = tuple(
        Bar(
            hour=hour,
            x=round((place + _GAP / 2) * step, 1),
            y=round(floor - hour.sales * scale, 1),
            width=round(step * (1 - _GAP), 1),
            height=round(hour.sales * scale, 1),
        )
        for place, hour in enumerate(hours)
    )
    return Chart(bars, tuple((round(floor - tick * scale, 1), tick) for tick in ticks))


def _sum(hour: int, figures: Sequence[HourFigure]) -> HourSum:
    return HourSum(
        hour=hour,
        sales=sum(figure.sales for figure in figures),
        returns=sum(figure.returns for figure in figures),
        net={figure.currency: figure.net_minor for figure in figures},
    )


def _ticks(largest: int) -> list[int]:
    """Two or three round numbers up to at least the largest: 1-2-5 and their tenfolds."""
    rough = max(largest, 2) / 3
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    return [step * number for number in range(1, math.ceil(max(largest, 1) / step) + 1)]
