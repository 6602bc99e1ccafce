"""Counts what somebody is drawing, beside the product's own counting, over the same walkers."""

from __future__ import annotations

from contextlib import suppress

from agent.capture.footfall.counting.crossing import LineWatch
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.tracks import Table
from agent.capture.footfall.counting.tuning import DEFAULTS
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.viewfinder.words import Look, TrialLine, TrialZone
from agent.errors import BadLine, BadZone
from models.wire.events.footfall import ZoneKind


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
    every line of a trial with another number, begins at nothing. A shape that cannot be counted on
    yet is passed over: who draws it is told by the page.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._tried: dict[str, _Tried] = {}
        self._drawn: list[TrialZone] = []
        self._zones: list[str] = []
        self._outlines = Outlines((), size)
        self._inside: dict[str, int] = {}
        self.number = 0

    def follow(self, look: Look) -> None:
        """Try what the question names from here on."""
        going_on = self._tried if look.trial == self.number else {}
        self.number = look.trial
        self._tried = {}
        for line in look.lines:
            known = going_on.get(line.name)
            if known is not None and known.drawn == line:
                self._tried[line.name] = known
            else:
                self._begin(line)
        if look.zones != self._drawn:
            self._outline(look.zones)

    def update(self, tracks: Table, at_s: float) -> None:
        """Look at who is where now."""
        for tried in self._tried.values():
            tried.update(tracks, at_s)
        inside = self._outlines.inside(tracks["foot"][tracks["proven"]]).sum(axis=1)
        self._inside = dict(zip(self._zones, map(int, inside), strict=True))

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """In and out per line."""
        return {name: (tried.ingress, tried.egress) for name, tried in self._tried.items()}

    @property
    def inside(self) -> dict[str, int]:
        """Proven people per zone, in the latest picture."""
        return self._inside

    def _outline(self, zones: list[TrialZone]) -> None:
        width, height = self._size
        sound = []
        for zone in zones:
            corners = tuple((x * width, y * height) for x, y in zone.corners)
            with suppress(BadZone):
                sound.append(Zone(zone.name, ZoneKind.DWELL, corners))
        self._drawn, self._zones = zones, [zone.name for zone in sound]
        self._outlines = Outlines(sound, self._size)

    def _begin(self, line: TrialLine) -> None:
        with suppress(BadLine):
            self._tried[line.name] = _Tried(line, self._size)
