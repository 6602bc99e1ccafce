"""A directed line over the picture, and a crossing of it. Light: configuration reads this too."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from agent.errors import BadLine
from models.wire.events.footfall import LineKind

_WRITTEN = re.compile(r"(?P<name>[^=]*?)(:(?P<kind>entrance|passing))?=(?P<ends>[^=]*)")
_ENDS = 4


class Direction(StrEnum):
    """Which way somebody crossed."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Line:
    """A line from (x1, y1) to (x2, y2) in picture pixels, y downwards.

    A foot point p has c = (x2 - x1)(py - y1) - (y2 - y1)(px - x1). Whoever goes from c < 0 to
    c > 0 between the line's ends goes ``in``: of a line drawn from the top down, from right to
    left; of a line drawn from left to right, downwards.

    Raises:
        BadLine: the name is empty, an end is not a finite number, or both ends are one point.
    """

    name: str
    x1: float
    y1: float
    x2: float
    y2: float
    kind: LineKind = LineKind.ENTRANCE

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise BadLine(f"the line {self._ends} has no name: write NAME=x1,y1,x2,y2")
        if not all(map(math.isfinite, (self.x1, self.y1, self.x2, self.y2))):
            raise BadLine(f"line {self.name}: {self._ends} must be four finite numbers")
        if self.length == 0:
            raise BadLine(f"line {self.name}: {self._ends} has no length: give two different ends")

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read ``NAME[:KIND]=x1,y1,x2,y2``, as on the command line; an entrance if no kind.

        Raises:
            BadLine: it is not of this form, or not a line.
        """
        match = _WRITTEN.fullmatch(written.strip())
        numbers = match["ends"].split(",") if match else []
        if match is None or len(numbers) != _ENDS:
            raise BadLine(
                f"{written!r} is no line: write NAME=x1,y1,x2,y2, as door=300,150,300,420"
            )
        try:
            x1, y1, x2, y2 = map(float, numbers)
        except ValueError as error:
            raise BadLine(
                f"{written!r} is no line: {match['ends']!r} is not four numbers"
            ) from error
        kind = LineKind(match["kind"] or LineKind.ENTRANCE)
        return cls(match["name"].strip(), x1, y1, x2, y2, kind)

    @property
    def length(self) -> float:
        """From end to end, in pixels."""
        return math.hypot(self.x2 - self.x1, self.y2 - self.y1)

    def check_within(self, size: tuple[int, int]) -> None:
        """Refuse a line of which an end lies outside a picture of (width, height).

        Raises:
            BadLine: an end is not within 0..width and 0..height.
        """
        width, height = size
        for x, y in ((self.x1, self.y1), (self.x2, self.y2)):
            if not (0 <= x <= width and 0 <= y <= height):
                raise BadLine(
                    f"line {self.name}: its end {x:g},{y:g} lies outside the picture, "
                    f"which is {width} wide and {height} high"
                )

    @property
    def _ends(self) -> str:
        return f"{self.x1:g},{self.y1:g},{self.x2:g},{self.y2:g}"


@dataclass(frozen=True, slots=True)
class Crossing:
    """Somebody crossed a line, once.

    ``at_s`` is when the foot point met the line, interpolated between the samples on either side,
    on the clock of the samples: it lies before the sample that told. ``track`` is the walker's
    number within this run, of no meaning outside it.
    """

    line: str
    direction: Direction
    at_s: float
    track: int
