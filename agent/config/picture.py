"""What is drawn on a camera's picture: ``[[camera.line]]`` and ``[[camera.zone]]``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.config.bounds import check_name
from agent.config.polygon import why_no_area
from models.wire.events.footfall import LineKind, ZoneKind

_SHORTEST_LINE: Final = 0.005
"""Of the picture; nobody walks across less than that, and a slip of the pen is no line."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """A line that people cross: drawn downwards, from right to left is in; rightwards, downwards.

    Attributes:
        name: of the line, unique within its camera.
        begin: [x, y] in shares of the picture, 0-1, from its top left corner.
        end: likewise. Exchanged with begin, in and out change places.
        kind: ``entrance``, or ``passing`` for a line across the way past the shop: who crosses it
            either way is a passer-by.
    """

    name: str
    begin: tuple[float, ...]
    end: tuple[float, ...]
    kind: LineKind = LineKind.ENTRANCE

    def __post_init__(self) -> None:
        """A line that nobody can cross is found at start."""
        check_name("line", self.name)
        _check_point(f"line {self.name}: begin", self.begin)
        _check_point(f"line {self.name}: end", self.end)
        if math.dist(self.begin, self.end) < _SHORTEST_LINE:
            raise ValueError(
                f"line {self.name}: begin {list(self.begin)} and end {list(self.end)} are the same "
                "point; a line needs a length"
            )


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """An area of the floor; whoever's feet are in it is in it.

    Attributes:
        name: of the zone, unique within its camera.
        kind: ``dwell``: how many people stay, and for how long; ``queue``: the same, and a stay is
            a waiting time; ``excluded``: who is in it is not looked at, such as a screen or a
            mirror; ``staff``: whoever is first seen in it is staff.
        corners: [[x, y], …], 3 to 16, in shares of the picture, 0-1, from its top left corner, in
            the order in which one walks round the area.
    """

    name: str
    kind: ZoneKind
    corners: tuple[tuple[float, ...], ...]

    def check(self, camera: str) -> None:
        """Refuse what is no area of the picture; raises ValueError."""
        check_name(f"camera {camera}: zone", self.name)
        named = f"camera {camera}, zone {self.name}"
        for corner in self.corners:
            _check_point(f"{named}: corner", corner)
        if reason := why_no_area(self.corners):
            raise ValueError(f"{named}: {reason}")


def _check_point(what: str, point: Sequence[float]) -> None:
    if len(point) != 2:  # noqa: PLR2004 - x and y
        raise ValueError(f"{what} must be [x, y], not {list(point)}")
    if not all(0.0 <= share <= 1.0 for share in point):
        raise ValueError(
            f"{what} {list(point)} lies outside the picture; write shares between 0 and 1, from "
            "the top left corner"
        )
