"""Counts what somebody is drawing, beside the product's own counting, over the same walkers."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from contextlib import suppress

import numpy as np

from agent.capture.footfall.counting.crossing import LineWatch
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.counting.tracks import Floats, Table, no_tracks
from agent.capture.footfall.counting.tuning import DEFAULTS
from agent.capture.footfall.viewfinder.tried_zones import Shown, TriedZones
from agent.capture.footfall.viewfinder.words import Look, TrialLine
from agent.errors import BadLine

NOBODY: Floats = np.zeros((0, 2))


class _Tried:
    """One line that is tried, and what it has counted since it was drawn so."""

    def __init__(self, line: TrialLine, size: tuple[int, int]) -> None:
        width, height = size
        ends = (line.x1 * width, line.y1 * height, line.x2 * width, line.y2 * height)
        self.drawn = line
        self.watch = LineWatch(Line(line.name, *ends), size, DEFAULTS)
        self.ingress = self.egress = self.staff = 0

    def update(self, tracks: Table, at_s: float, staff: AbstractSet[int]) -> None:
        for crossing in self.watch.update(tracks, at_s):
            if crossing.direction is Direction.IN:
                self.ingress += 1
            else:
                self.egress += 1
            self.staff += crossing.track in staff


class Trial:
    """The trial over pictures of (width, height).

    A line that was not changed goes on counting while others are drawn; one that was changed, and
    every line of a trial with another number, begins at nothing. A shape that cannot be counted on
    yet is passed over: who draws it is told by the page.

    Whoever is in a zone that is tried as excluded is out of sight for the lines, as behind a
    pillar, and who was never out of one is not there at all. Whom the camera itself leaves out
    already nobody follows, and no trial brings back.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._tried: dict[str, _Tried] = {}
        self._zones = TriedZones((), size)
        self.shown: Shown = self._zones.judge(no_tracks(), NOBODY, frozenset())
        self._met: frozenset[int] = frozenset()
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
        if look.zones != self._zones.drawn:
            self._zones = TriedZones(look.zones, self._size)

    def update(
        self,
        tracks: Table,
        at_s: float,
        masked: Floats = NOBODY,
        wearers: AbstractSet[int] = frozenset(),
    ) -> None:
        """Look at who is where now; ``masked`` and ``wearers`` as ``TriedZones`` takes them."""
        self.shown = self._zones.judge(tracks, masked, wearers)
        watched = self._in_view(tracks)
        for tried in self._tried.values():
            tried.update(watched, at_s, self.shown.staff)

    @property
    def counts(self) -> dict[str, tuple[int, int, int]]:
        """In and out per line, and how many of both were staff."""
        return {name: (on.ingress, on.egress, on.staff) for name, on in self._tried.items()}

    @property
    def inside(self) -> dict[str, int]:
        """People per zone in the latest picture; see ``Shown``."""
        return self.shown.inside

    def _in_view(self, tracks: Table) -> Table:
        """The tracks as the lines see them: nobody in an excluded zone, nor who never left one."""
        ids = tracks["id"].tolist()
        shown = ~self.shown.left_out
        self._met = self._met.intersection(ids).union(tracks["id"][shown].tolist())
        if shown.all():
            return tracks
        watched: Table = tracks[[each in self._met for each in ids]]
        watched["seen"] &= shown[np.isin(tracks["id"], watched["id"])]
        return watched

    def _begin(self, line: TrialLine) -> None:
        with suppress(BadLine):
            self._tried[line.name] = _Tried(line, self._size)
