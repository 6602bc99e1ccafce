"""Counts what somebody is drawing, beside the product's own counting, over the same walkers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.crossing import LineWatch
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.counting.tracks import Table
from agent.capture.footfall.counting.tuning import DEFAULTS
from agent.capture.footfall.viewfinder.words import Look, TrialLine, TrialZone
from agent.errors import BadLine


class _Tried:
    """One line that is tried, and what it has counted since it was drawn so."""

    def __init__(self, line: TrialLine, size: tuple[int, int]) -> None:
        width, height = size
        ends = (line.x1 * width, line.y1 * height, line.x2 * width, line.y2 * height)
        self.drawn = line
        self.watch = LineWatch(Line(line.name, *ends), size, DEFAULTS)
        self.ingress = self.egress = 0

    def update(self, tracks: Table, at_s: float) -> None:
        for crossing in self.watch.update(tracks, at_s):
            if crossing.direction is Direction.IN:
                self.ingress += 1
            else:
                self.egress += 1


class Trial:
    """The trial over pictures of (width, height).

    A line that was not changed goes on counting while others are drawn; one that was changed, and
    every line of a trial with another number, begins at nothing.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._tried: dict[str, _Tried] = {}
        self._zones: Sequence[TrialZone] = ()
        self._inside: dict[str, int] = {}
        self.number = 0

    def follow(self, look: Look) -> None:
        """Try what the question names from here on; a line without length is passed over."""
        going_on = self._tried if look.trial == self.number else {}
        self.number = look.trial
        self._tried = {}
        for line in look.lines:
            known = going_on.get(line.name)
            if known is not None and known.drawn == line:
                self._tried[line.name] = known
            else:
                self._begin(line)
        self._zones = look.zones

    def update(self, tracks: Table, at_s: float) -> None:
        """Look at who is where now."""
        for tried in self._tried.values():
            tried.update(tracks, at_s)
        feet = tracks["foot"][tracks["proven"]] / self._size
        self._inside = {zone.name: _count_within(feet, zone) for zone in self._zones}

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """In and out per line."""
        return {name: (tried.ingress, tried.egress) for name, tried in self._tried.items()}

    @property
    def inside(self) -> dict[str, int]:
        """Proven people per zone, in the latest picture."""
        return self._inside

    def _begin(self, line: TrialLine) -> None:
        try:
            self._tried[line.name] = _Tried(line, self._size)
        except BadLine:
            return  # who draws it is told by the page; the watcher just waits for a better one


def _count_within(feet: NDArray[np.float64], zone: TrialZone) -> int:
    """How many feet lie within the polygon, by the even-odd rule."""
    x, y = feet[:, 0], feet[:, 1]
    within = np.zeros(len(feet), bool)
    corners = np.asarray(zone.corners, float).reshape(-1, 2)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        meets = (y1 > y) != (y2 > y)
        within ^= meets & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return int(within.sum())
