"""What the footfall page draws: who came and passed, the curve of who is inside, heat. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from cloud.console.bar_chart import (
    ABOVE,
    ALONE,
    BELOW,
    FEWEST_HOURS,
    WIDTH,
    BarChart,
    Frame,
    Scale,
    bar_chart,
)
from cloud.insight import CrowdHour, Step
from models.wire.events.footfall import HEAT_COLUMNS, HEAT_ROWS

_COARSE: Final = (3, 4)
"""Rows and columns of the grid that make one cell of the table beside the picture."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Who was inside.

    Attributes:
        pieces: points of an SVG's polyline each; where nobody watched is none.
        hours: where each full hour is, and its label.
    """

    pieces: tuple[str, ...]
    lines: tuple[tuple[float, int], ...]
    hours: tuple[tuple[float, str], ...]
    frame: Frame = ALONE
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell of the picture; ``share`` of the warmest, above 0."""

    column: int
    row: int
    share: float


def busy(hours: Sequence[CrowdHour]) -> Sequence[CrowdHour]:
    """From the first to the last hour in which anybody came, went or walked past; else none."""
    lively = [
        place
        for place, each in enumerate(hours)
        if each.doors.ingress or each.doors.egress or (each.capture and each.capture.passers)
    ]
    return hours[lively[0] : lively[-1] + 1] if lively else ()


def came(hour: CrowdHour) -> int | None:
    """Visitors; heads where it is not known who of them was one."""
    return hour.doors.entrants


def passed(hour: CrowdHour) -> int | None:
    """Passers-by of the minutes in which the door was watched as well."""
    return hour.capture.passers if hour.capture else None


def came_chart(hours: Sequence[CrowdHour], *, alone: bool) -> BarChart[CrowdHour]:
    """A bar per hour for who came."""
    return bar_chart(hours, came, ALONE if alone else ABOVE)


def passed_chart(hours: Sequence[CrowdHour]) -> BarChart[CrowdHour]:
    """A bar per hour for who walked past, to stand below who came."""
    return bar_chart(hours, passed, BELOW)


def curve(steps: Sequence[Step], label: Callable[[int], str]) -> Curve:
    """The steps of a day; ``label`` names the hour that begins at a minute since 1970.

    Less than nobody cannot be drawn: the curve lies on the floor there.
    """
    known = [max(each.inside, 0) for each in steps if each.inside is not None]
    scale = Scale.reaching(max(known, default=0), ALONE)
    wide = (WIDTH - ALONE.left) / max(len(steps), 4 * FEWEST_HOURS)
    pieces = []
    for is_known, run in groupby(enumerate(steps), lambda each: each[1].inside is not None):
        if is_known:
            pieces.append(" ".join(_stair(place, step, wide, scale) for place, step in run))
    hours = tuple(
        (_x(place + 1, wide), label(step.minute))
        for place, step in enumerate(steps)
        if step.minute % 60 == 0
    )
    return Curve(tuple(pieces), scale.lines, hours)


def heat_cells(cells: Mapping[int, int]) -> tuple[HeatCell, ...]:
    """Every warm cell."""
    warmest = max(cells.values(), default=0)
    return tuple(
        HeatCell(cell % HEAT_COLUMNS, cell // HEAT_COLUMNS, round(ms / warmest, 3))
        for cell, ms in cells.items()
        if ms
    )


def coarse_heat(cells: Mapping[int, int]) -> tuple[tuple[int, ...], ...]:
    """The same as a table of milliseconds: six rows of eight."""
    rows, columns = _COARSE
    sums: Counter[tuple[int, int]] = Counter()
    for cell, ms in cells.items():
        sums[cell // HEAT_COLUMNS // rows, cell % HEAT_COLUMNS // columns] += ms
    return tuple(
        tuple(sums[row, column] for column in range(HEAT_COLUMNS // columns))
        for row in range(HEAT_ROWS // rows)
    )


def _stair(place: int, step: Step, wide: float, scale: Scale) -> str:
    """The quarter's own width at its height."""
    y = scale.y(max(step.inside or 0, 0))
    return f"{_x(place, wide)},{y} {_x(place + 1, wide)},{y}"


def _x(place: int, wide: float) -> float:
    return round(ALONE.left + place * wide, 1)
