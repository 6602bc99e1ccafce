"""What is known by now of those who are or were lately there: hindsight's memory."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting import identity
from agent.capture.footfall.counting.floor_tuning import FloorTuning
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.tracks import Flags, Floats, Rows, Table

_SPARE: Final = 32
"""So many rows of people who are gone may wait to be dropped together."""


class Walkers:
    """Everybody alive, and those gone who are in a picture that waits to be judged.

    Rows are of ``table``; they hold until the next ``note``.
    """

    def __init__(self, zones: int, tuning: FloorTuning) -> None:
        self._tuning = tuning
        self.table: Table = np.zeros(
            0,
            [
                ("id", np.int64),  # ascending
                ("person", np.int64),  # the first of those ids that are one person
                ("born_s", np.float64),  # first seen
                ("birthplace", np.float64, 2),
                ("born_within", np.bool_, (zones,)),  # which zones it lies in
                ("there_s", np.float64),  # followed, seen or not, so far
                ("until_s", np.float64),  # seen so far: present until then
                ("foot", np.float64, 2),  # where last seen
                ("height", np.float64),
                ("depth", np.float64, (zones,)),  # lately on average, in heights, a band at most
                ("within", np.bool_, (zones,)),  # believed in which zones when last seen
                ("proven", np.bool_),
                ("staff", np.bool_),
                ("slow", np.bool_),
                ("paced", np.bool_),  # it is known whether slow
                ("turned_s", np.float64),  # when set off or stopped last
                ("turned_at", np.float64, 2),  # and where
                ("heir", np.bool_),  # of somebody
                ("settled", np.bool_),  # gone, and it was looked for an heir
            ],
        )

    def note(self, moment: Moment, depth: Floats, oldest_s: float) -> Flags:
        """Learn from one more moment; who was gone before ``oldest_s`` is forgotten.

        Args:
            moment: later than the one before.
            depth: (z, n) how far within the zones the feet are, in pixels.
            oldest_s: the earliest picture that anybody may still ask for.

        Returns:
            (z, n) who is believed to be within which zone. A border that somebody was not seen to
            have left behind by a band is not crossed.
        """
        if len(self.table) > len(moment.ids) + _SPARE:
            self.table = self.table[self.table["there_s"] >= oldest_s]
        self._take_in(moment, depth)
        rows = self.rows_of(moment.ids)
        known = self.table[rows]
        seen = moment.seen
        self._lean(known, seen, (depth / moment.heights).T, moment.at_s)
        np.copyto(known["foot"], moment.feet, where=seen[:, np.newaxis])
        np.copyto(known["height"], moment.heights, where=seen)
        np.copyto(known["until_s"], moment.at_s, where=seen)
        known["there_s"] = moment.at_s
        known["proven"] |= moment.proven
        known["staff"] |= moment.staff
        self.table[rows] = known
        return np.ascontiguousarray(known["within"].T)

    def rows_of(self, ids: NDArray[np.int64]) -> Rows:
        """Their rows; all must have been noted lately."""
        rows: Rows = self.table["id"].searchsorted(ids)
        return rows

    def settle(self, rows: Rows, at_s: float) -> Flags:
        """Which of these are present then: seen, or seen again later, or followed by an heir."""
        gone = (self.table["until_s"][rows] < at_s) & ~self.table["settled"][rows]
        for row in rows[gone].tolist():
            self.table["settled"][row] = True
            identity.find_heir(self.table, row, self._tuning)
        present: Flags = self.table["until_s"][rows] >= at_s
        return present

    def walk(self, rows: Rows, pace: Floats, feet: Floats, at_s: float) -> None:
        """Note at which pace these walk, in h/s (not a number says nothing), and where, when."""
        was_slow = self.table["slow"][rows]
        slow = (was_slow | (pace < self._tuning.slow)) & ~(pace > self._tuning.brisk)
        turned = ((slow != was_slow) & self.table["paced"][rows]).nonzero()[0]
        self.table["slow"][rows] = slow
        self.table["paced"][rows] |= ~np.isnan(pace)
        for which in turned:
            self.table["turned_s"][rows[which]] = at_s
            self.table["turned_at"][rows[which]] = feet[which]
            identity.exchange(self.table, int(rows[which]), self._tuning)

    def _lean(self, known: Table, seen: Flags, depth: Floats, at_s: float) -> None:
        """Believe on which side those stand who were seen this deep (n, z) within, in heights."""
        tuning = self._tuning
        lately = known["depth"]
        gain = np.where(seen, 1 - np.exp((known["until_s"] - at_s) / tuning.lean_s), 0.0)
        bounded = np.minimum(np.maximum(depth, -tuning.band), tuning.band)
        lately += gain[:, np.newaxis] * (bounded - lately)
        far = seen[:, np.newaxis] & (np.abs(depth) > tuning.band)
        np.copyto(lately, bounded, where=far)
        sure = far | (np.abs(lately) > tuning.lean)
        np.copyto(known["within"], lately > 0, where=sure)

    def _take_in(self, moment: Moment, depth: Floats) -> None:
        last = self.table["id"][-1] if len(self.table) else -1
        first = int(moment.ids.searchsorted(last, side="right"))
        if first == len(moment.ids):
            return
        new = np.zeros(len(moment.ids) - first, self.table.dtype)
        new["id"] = new["person"] = moment.ids[first:]
        new["born_s"] = new["until_s"] = moment.at_s
        new["birthplace"] = new["foot"] = moment.birthplaces[first:]
        new["height"] = moment.heights[first:]
        new["turned_s"] = -np.inf
        new["depth"] = depth.T[first:] / moment.heights[first:, np.newaxis]
        new["within"] = new["born_within"] = new["depth"] > 0
        self.table = np.concatenate([self.table, new])
