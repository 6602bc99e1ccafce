"""Bar charts as pure numbers for an SVG: where each bar stands, and the scale behind them.

    chart = bar_chart(hours, lambda hour: hour.sales, ALONE)

A page says what it counts and in which frame; nothing is drawn here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Self, TypeVar

WIDTH: Final = 720

_GAP: Final = 0.24  # of a bar's room, left empty

_Datum = TypeVar("_Datum")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where bars may be in a drawing of this height: above ``top`` and below ``floor`` is text.

    Attributes:
        places: as many bars have room at least, so that few of them do not fill the screen.
        left: where the first bar's room begins; before it is what the lines mean.
        signed: bars hang down from the middle, too, for numbers below zero.
    """

    top: int
    floor: int
    height: int
    places: int = 1
    left: int = 0
    signed: bool = False

    @property
    def zero(self) -> int:
        """The height of nothing."""
        return (self.top + self.floor) // 2 if self.signed else self.floor


FEWEST_HOURS: Final = 12
ALONE: Final = Frame(top=24, floor=192, height=220, places=FEWEST_HOURS)
ABOVE: Final = Frame(top=54, floor=194, height=476, places=FEWEST_HOURS)
BELOW: Final = Frame(top=280, floor=420, height=476, places=FEWEST_HOURS)
"""Of the hours of a day: one chart, or two over the same hours with a scale of its own each."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How high a number stands in a frame.

    Attributes:
        ticks: the round numbers at which there is a line.
        unit: the height of one.
    """

    frame: Frame
    ticks: tuple[int, ...]
    unit: float

    @classmethod
    def reaching(cls, largest: int, frame: Frame) -> Self:
        """One on which the largest number stays below the top."""
        marks = ticks(largest)
        below = tuple(-mark for mark in reversed(marks)) if frame.signed else ()
        return cls(frame, (*below, *marks), (frame.zero - frame.top) / marks[-1])

    def y(self, value: int) -> float:
        """How far down in the drawing a number stands."""
        return round(self.frame.zero - value * self.unit, 1)

    @property
    def lines(self) -> tuple[tuple[float, int], ...]:
        """Pairs of height and value."""
        return tuple((self.y(tick), tick) for tick in self.ticks)


@dataclass(frozen=True, slots=True)
class Bar(Generic[_Datum]):
    """One bar in the chart's own units, from the upper left corner.

    Attributes:
        datum: what it is about.
        value: how high it is; None where that is not known, and there is none.
    """

    datum: _Datum
    value: int | None
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where its labels are centred."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class BarChart(Generic[_Datum]):
    """All bars, and the lines behind them as pairs of height and value."""

    bars: tuple[Bar[_Datum], ...]
    lines: tuple[tuple[float, int], ...]
    frame: Frame
    width: int = WIDTH


def bar_chart(
    data: Sequence[_Datum], value_of: Callable[[_Datum], int | None], frame: Frame
) -> BarChart[_Datum]:
    """A bar for each, side by side and in their order."""
    values = [value_of(datum) for datum in data]
    scale = Scale.reaching(max((abs(value or 0) for value in values), default=0), frame)
    room = (WIDTH - frame.left) / max(len(data), frame.places)
    bars = tuple(
        Bar(
            datum,
            value,
            x=round(frame.left + (place + _GAP / 2) * room, 1),
            y=scale.y(max(value or 0, 0)),
            width=round(room * (1 - _GAP), 1),
            height=round(abs(value or 0) * scale.unit, 1),
        )
        for place, (datum, value) in enumerate(zip(data, values, strict=True))
    )
    return BarChart(bars, scale.lines, frame)


def ticks(largest: int) -> list[int]:
    """Two or three round numbers up to at least the largest: 1-2-5 and their tenfolds."""
    rough = max(largest, 2) / 3
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    return [step * number for number in range(1, math.ceil(max(largest, 1) / step) + 1)]
