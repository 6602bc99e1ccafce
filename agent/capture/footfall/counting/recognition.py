"""Who of those expected is to be seen in a picture: three rounds, each among what is left.

Sure sightings are matched with everybody. Those left may be people who stood and set off. Weak ones
then continue the tracks that nobody claimed and that were in view a moment ago, or stand. The
rounds only note who is who, so that what there is to learn is learnt of all at once.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.counting import motion
from agent.capture.footfall.counting.association import match
from agent.capture.footfall.counting.birth import newcomers
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.tracks import Rows, Table
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
        is_sure = sightings.scores >= tuning.sure_score
        self.newcomers = self._sure(is_sure.nonzero()[0])
        self._continue((~is_sure).nonzero()[0])

    def _sure(self, sure: Rows) -> Sightings:
        """Match sure sightings with everybody; what is left and may begin a track."""
        self._pair(self._tracks, np.arange(len(self._tracks)), sure)
        strange = self.whose[sure] == NOBODY
        known, strangers = sure[~strange], sure[strange]
        self._see_set_off(strangers)
        strangers = strangers[self.whose[strangers] == NOBODY]
        take = self._sightings.take
        return newcomers(take(strangers), take(known), self._tuning)

    def _see_set_off(self, strangers: Rows) -> None:
        """Match strangers with people who stood and are gone: they may have begun to walk."""
        if not len(strangers):
            return
        tracks = self._tracks
        gone = (tracks["standing"] & tracks["proven"] & ~tracks["seen"]).nonzero()[0]
        if not len(gone):
            return
        walking = motion.setting_off(tracks.take(gone), self._at_s, self._tuning)
        found = self._pair(walking, gone, strangers)
        walking["seen"] = True
        tracks.put(gone[found], walking.take(found))

    def _continue(self, weak: Rows) -> None:
        """Match weak sightings with those who were in view a moment ago, or stand."""
        if not len(weak):
            return
        tracks = self._tracks
        recent = self._at_s - tracks["seen_at_s"] <= self._tuning.weak_patience_s
        rest = ((recent | tracks["standing"]) & ~tracks["seen"]).nonzero()[0]
        if len(rest):
            self._pair(tracks.take(rest), rest, weak)

    def _pair(self, expected: Table, rows: Rows, among: Rows) -> Rows:
        """Match tracks as they are expected, which have these rows, with these sightings.

        Returns:
            Which of the expected were found.
        """
        found, columns = match(expected, self._sightings.take(among), self._at_s, self._tuning)
        self.whose[among[columns]] = rows[found]
        self._tracks["seen"][rows[found]] = True
        return found
