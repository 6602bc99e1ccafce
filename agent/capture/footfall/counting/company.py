"""Who walks with whom: people who keep near one another and go the same way at the same pace.

Each picture is a little evidence for or against each pair that is in view: they are *together* in
it when they are near one another and their velocities are alike, else apart. Time together and time
apart are added up and slowly forgotten. A pair is company once it was together for long enough, and
for most of the time that is remembered. Strangers whose ways cross, or of whom one overtakes the
other, do not get there; a couple of whom one holds the door does.

Lengths are in box heights, the mean of the two people's. The floor seems shorter away from the
camera than across its view, how much depends on how it hangs: a distance up or down the picture
counts for more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.tracks import Flags, Floats, Rows


@dataclass(frozen=True, slots=True)
class CompanyTuning:
    """What makes two people company.

    Attributes:
        near: how far apart people who belong together walk, in h.
        depth: how much more than across a distance up or down the picture counts.
        alike: how much their velocities may differ, in h/s.
        pace_memory_s: time constant of what is held for a walker's velocity.
        together_s: for how long a pair must have been together ...
        share: ... and for what share of the time for which both were in view.
        memory_s: time constant with which time together and time apart are forgotten.
    """

    near: float = 1.0
    depth: float = 1.5
    alike: float = 0.4
    pace_memory_s: float = 1.2
    together_s: float = 0.7
    share: float = 0.65
    memory_s: float = 10.0


DEFAULTS: Final = CompanyTuning()

_PERSON: Final = np.dtype(
    [
        ("id", np.int64),
        ("at_s", np.float64),  # when last looked at
        ("trail", np.float64, 2),  # where the foot was, on average over the pace's memory
        ("trail_at_s", np.float64),  # and when it was there, averaged alike
    ]
)


class Company:
    """Keeps the evidence for everybody in view, and for those whom it is asked to remember."""

    def __init__(self, tuning: CompanyTuning = DEFAULTS) -> None:
        self._tuning = tuning
        self._people = np.zeros(0, _PERSON)
        self._seconds = np.zeros((2, 0, 0))
        """Of each pair: together, and together or apart."""

    def update(self, moment: Moment, remembered: Iterable[int] = ()) -> None:
        """Take the next picture's people.

        Args:
            moment: who is where.
            remembered: people whose evidence is kept though they may be gone.
        """
        self._keep(moment, remembered)
        rows = self._rows_of(moment)
        velocities, known = self._velocities(rows, moment)
        if moment.span_s <= 0:
            return
        looked_at = known & moment.seen
        evidence = (looked_at[:, np.newaxis] & looked_at) * moment.span_s
        pairs = ... if isinstance(rows, slice) else _pairs(rows)
        seconds = self._seconds[pairs] * math.exp(-moment.span_s / self._tuning.memory_s)
        seconds[0] += evidence * self._together(moment, velocities)
        seconds[1] += evidence
        self._seconds[pairs] = seconds

    def knows(self, one: int, other: int) -> bool:
        """Whether these two belong together, by what was seen of them until now."""
        pair = np.searchsorted(self._people["id"], (one, other))
        if pair.max() >= len(self._people) or tuple(self._people["id"][pair]) != (one, other):
            return False
        together_s, both_s = self._seconds[:, pair[0], pair[1]].tolist()
        tuning = self._tuning
        return bool(together_s >= tuning.together_s and together_s >= tuning.share * both_s)

    def _keep(self, moment: Moment, remembered: Iterable[int]) -> None:
        """Forget who is gone and not asked for; take in who is new. Ids stay ascending."""
        known = self._people["id"]
        present = moment.ids.tolist()
        wanted = np.array(sorted({*present, *known.tolist()} & {*present, *remembered}), np.int64)
        if np.array_equal(wanted, known):
            return
        stay = np.flatnonzero(np.isin(known, wanted))
        places = np.searchsorted(wanted, known[stay])
        people, seconds = np.zeros(len(wanted), _PERSON), np.zeros((2, len(wanted), len(wanted)))
        people[places] = self._people[stay]
        seconds[_pairs(places)] = self._seconds[_pairs(stay)]
        new = np.isin(wanted, known, invert=True)
        people["id"], people["at_s"][new], people["trail_at_s"][new] = (
            wanted,
            moment.at_s,
            moment.at_s,
        )
        people["trail"][new] = moment.feet[np.isin(moment.ids, wanted[new])]
        self._people, self._seconds = people, seconds

    def _rows_of(self, moment: Moment) -> Rows | slice:
        """The rows of those in view: all, mostly."""
        if len(self._people) == len(moment.ids):
            return slice(None)
        rows: Rows = self._people["id"].searchsorted(moment.ids)
        return rows

    def _velocities(self, rows: Rows | slice, moment: Moment) -> tuple[Floats, Flags]:
        """(n, 2) in pixels a second, and of whom one is known.

        Place and time fade into the trail with the same weights: the foot's way ahead of its trail
        over the time ahead of it is the velocity, however often it is looked at.
        """
        people = self._people[rows]
        fresh = 1 - np.exp(-(moment.at_s - people["at_s"]) / self._tuning.pace_memory_s)
        people["trail"] += fresh[:, np.newaxis] * (moment.feet - people["trail"])
        people["trail_at_s"] += fresh * (moment.at_s - people["trail_at_s"])
        people["at_s"] = moment.at_s
        self._people[rows] = people
        ahead_s = moment.at_s - people["trail_at_s"]
        known = ahead_s > 0
        ahead = moment.feet - people["trail"]
        return ahead / np.where(known, ahead_s, 1.0)[:, np.newaxis], known

    def _together(self, moment: Moment, velocities: Floats) -> Flags:
        """(n, n) who is near whom and walks alike."""
        tuning = self._tuning
        height = (moment.heights[:, np.newaxis] + moment.heights) / 2
        apart = _apart(moment.feet, tuning.depth)
        unlike = _apart(velocities, tuning.depth)
        together: Flags = (apart < tuning.near * height) & (unlike < tuning.alike * height)
        return together


def _pairs(rows: Rows) -> tuple[slice, Rows, Rows]:
    """Where in the evidence the pairs of these people are."""
    return slice(None), rows[:, np.newaxis], rows


def _apart(points: Floats, depth: float) -> Floats:
    """(n, n) distances, of which the part up and down counts for more."""
    x, y = points.T
    distances: Floats = np.hypot(x[:, np.newaxis] - x, depth * (y[:, np.newaxis] - y))
    return distances
