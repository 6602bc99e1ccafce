"""What zones that are being drawn do to the people in view: who is in, left out, or staff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.tracks import Flags, Floats, Table
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.viewfinder.words import TrialZone
from agent.errors import BadZone
from models.wire.events.footfall import ZoneKind


@dataclass(frozen=True, slots=True)
class Shown:
    """Everybody in view, judged by the zones that are tried.

    Attributes:
        inside: per zone how many proven people are in it; of an excluded one who or what is left
            out there, posters too; of a staff area how many of those in view appeared in it.
        left_out: by row of the table, who would not be looked at.
        staff: ids of those who would be staff.
    """

    inside: dict[str, int]
    left_out: Flags
    staff: AbstractSet[int]


class TriedZones:
    """The zones of a trial over pictures of (width, height); what is no area is passed over."""

    def __init__(self, drawn: Sequence[TrialZone], size: tuple[int, int]) -> None:
        self.drawn = drawn
        self._zones = list(_sound(drawn, size))
        self._outlines = Outlines(self._zones, size)
        self._excluded = self._of(ZoneKind.EXCLUDED)
        self._staff = self._of(ZoneKind.STAFF)

    def judge(self, tracks: Table, masked: Floats, wearers: AbstractSet[int]) -> Shown:
        """Judge everybody.

        Args:
            tracks: who is followed.
            masked: (n, 2) feet of those whom the camera's own excluded zones leave out already.
            wearers: ids of those who wear the staff's badge.
        """
        proven = tracks["proven"]
        within = self._outlines.inside(tracks["foot"])
        left_out = np.asarray(within[self._excluded].any(axis=0), np.bool_)
        within[~self._excluded] &= ~left_out
        born = self._outlines.inside(tracks["birthplace"])[self._staff] & ~left_out
        within[self._staff] = born
        within[~self._excluded] &= proven
        numbers = within.sum(axis=1)
        numbers[self._excluded] += self._outlines.inside(masked)[self._excluded].sum(axis=1)
        names = (zone.name for zone in self._zones)
        staff = set(tracks["id"][born.any(axis=0)].tolist()) | wearers
        return Shown(dict(zip(names, numbers.tolist(), strict=True)), left_out, staff)

    def _of(self, kind: ZoneKind) -> Flags:
        return np.array([zone.kind is kind for zone in self._zones], np.bool_)


def _sound(drawn: Sequence[TrialZone], size: tuple[int, int]) -> Iterator[Zone]:
    width, height = size
    for zone in drawn:
        corners = tuple((x * width, y * height) for x, y in zone.corners)
        with suppress(BadZone):
            yield Zone(zone.name, zone.kind, corners)
