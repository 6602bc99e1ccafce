"""Who of those expected is to be seen in a picture: three rounds, each among what is left.

Sure sightings are matched with everybody. Those left may be people who stood and set off. Weak ones
then continue the tracks that nobody claimed and that were in view a moment ago, or stand. The
rounds only note who is who, so that what there is to learn is learnt of all at once, and what each
pair costs is computed once for all of them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.counting import motion
from agent.capture.footfall.counting.association import cheapest, priced
from agent.capture.footfall.counting.birth import newcomers
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.tracks import Flags, Floats, Rows, Table
from agent.capture.footfall.counting.tuning import Tuning

NOBODY: Final = -1


class Recognition:
    """One picture's sightings beside everybody who may be among them.

    Args:
        tracks: moved on to this moment, seen by nobody yet; it is noted in them who is seen.
        sightings: best first.
        at_s: the moment.
        tuning: who is looked for, where, for how long.

    Attributes:
        whose: (m,) the row of the track that each sighting is, or ``NOBODY``.
        newcomers: the sightings that begin tracks.
    """

    def __init__(self, tracks: Table, sightings: Sightings, at_s: float, tuning: Tuning) -> None:
        self._tracks = tracks
        self._sightings = sightings
        self._at_s = at_s
        self._tuning = tuning
        self.whose: Rows = np.full(len(sightings), NOBODY)
        self._costs = priced(tracks, sightings, at_s, tuning)
        is_sure = sightings.scores >= tuning.sure_score
        self.newcomers = self._sure(is_sure.nonzero()[0])
        self._continue((~is_sure).nonzero()[0])

    def _sure(self, sure: Rows) -> Sightings:
        """Match sure sightings with everybody; what is left and may begin a track."""
        self._pair(self._costs.take(sure, axis=1), np.arange(len(self._tracks)), sure)
        strange = self.whose[sure] == NOBODY
        known, strangers = sure[~strange], sure[strange]
        self._see_set_off(strangers)
        strangers = strangers[self.whose[strangers] == NOBODY]
        take = self._sightings.take
        if not len(strangers):
            return take(strangers)
        return newcomers(take(strangers), take(known), self._missed(), self._tuning)

    def _see_set_off(self, strangers: Rows) -> None:
        """Match strangers with people who stood and are gone: they may have begun to walk."""
        if not len(strangers):
            return
        tracks = self._tracks
        gone = (tracks["standing"] & tracks["proven"] & ~tracks["seen"]).nonzero()[0]
        if not len(gone):
            return
        walking = motion.setting_off(tracks.take(gone), self._at_s, self._tuning)
        costs = priced(walking, self._sightings.take(strangers), self._at_s, self._tuning)
        found = self._pair(costs, gone, strangers)
        walking["seen"] = True
        tracks.put(gone[found], walking.take(found))

    def _continue(self, weak: Rows) -> None:
        """Match weak sightings with those who were in view a moment ago, or stand."""
        if not len(weak):
            return
        tracks = self._tracks
        rest = ((self._recent() | tracks["standing"]) & ~tracks["seen"]).nonzero()[0]
        if len(rest):
            self._pair(self._costs.take(rest, axis=0).take(weak, axis=1), rest, weak)

    def _missed(self) -> Table:
        """Who was in view a moment ago, and has not been found."""
        missed: Table = self._tracks.compress(self._recent() & ~self._tracks["seen"])
        return missed

    def _recent(self) -> Flags:
        recent: Flags = self._at_s - self._tracks["seen_at_s"] <= self._tuning.weak_patience_s
        return recent

    def _pair(self, costs: Floats, rows: Rows, among: Rows) -> Rows:
        """Match the tracks of these rows with these sightings, at these costs (n, m).

        Returns:
            Which of the rows were found.
        """
        found, columns = cheapest(costs)
        self.whose[among[columns]] = rows[found]
        self._tracks["seen"][rows[found]] = True
        return found
