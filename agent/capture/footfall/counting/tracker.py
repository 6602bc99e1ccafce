"""Who is who from picture to picture."""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting import motion
from agent.capture.footfall.counting.association import match
from agent.capture.footfall.counting.birth import born, newcomers
from agent.capture.footfall.counting.learning import see
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.standing import judge
from agent.capture.footfall.counting.tracks import Flags, Floats, Rows, Table, no_tracks
from agent.capture.footfall.counting.tuning import DEFAULTS, Tuning
from agent.capture.footfall.detection.detections import Detections


class Tracker:
    """Follows people through pictures that come when they come.

    Sure boxes are matched with everybody first; weak ones then continue the tracks that nobody
    claimed and that were in view a moment ago; sure boxes that are left begin tracks. Who is not
    seen is moved on blindly until patience ends, in seconds. Holds what is alive and nothing else.
    """

    def __init__(self, tuning: Tuning = DEFAULTS) -> None:
        self._tuning = tuning
        self._tracks = no_tracks()
        self._at_s = -np.inf
        self._born = 0

    @property
    def tracks(self) -> Table:
        """Who is alive after the latest picture; to be read only."""
        return self._tracks

    def update(self, detections: Detections, at_s: float) -> Table:
        """Take the next picture; ``at_s`` that lies before the latest counts as the latest.

        Returns:
            Who is alive now, as ``tracks``; those born are the last rows.
        """
        at_s = max(at_s, self._at_s)
        tracks = self._expected(at_s)
        sightings = Sightings.of(detections, self._tuning.least_score)
        sure = sightings.scores >= self._tuning.sure_score
        strangers = self._recognise(tracks, sightings.take(sure), at_s)
        self._continue(tracks, sightings.take(~sure), at_s)
        kept = tracks["seen"] | (self._unseen_s(tracks, at_s) <= self._patience_s(tracks))
        tracks = tracks if kept.all() else tracks[kept]
        children = born(strangers, self._born + 1, at_s, self._tuning)
        self._born += len(children)
        self._tracks = np.concatenate([tracks, children]) if len(children) else tracks
        judge(self._tracks, at_s, self._tuning)
        return self._tracks

    def _expected(self, at_s: float) -> Table:
        """Who may be seen now, and where; nobody is, yet."""
        tracks = self._tracks[self._unseen_s(self._tracks, at_s) <= self._tuning.patience_s]
        if len(tracks):
            motion.move_on(tracks, at_s - self._at_s, self._tuning)
            tracks["seen"] = False
        self._at_s = at_s
        return tracks

    def _recognise(self, tracks: Table, sure: Sightings, at_s: float) -> Sightings:
        """Match sure sightings with everybody; what is left and may begin a track."""
        rows, columns = match(tracks, sure, at_s, self._tuning)
        known = sure.take(columns)
        see(tracks, rows, known, at_s, self._tuning)
        strangers = sure.take(_without(len(sure), columns))
        strangers = self._see_set_off(tracks, strangers, at_s)
        return newcomers(strangers, known, self._tuning)

    def _see_set_off(self, tracks: Table, strangers: Sightings, at_s: float) -> Sightings:
        """Match strangers with people who stood and are gone: they may have begun to walk."""
        gone = np.flatnonzero(tracks["standing"] & tracks["proven"] & ~tracks["seen"])
        if not len(gone) or not len(strangers):
            return strangers
        walking = motion.setting_off(tracks[gone], at_s, self._tuning)
        rows, columns = match(walking, strangers, at_s, self._tuning)
        tracks[gone[rows]] = walking[rows]
        see(tracks, gone[rows], strangers.take(columns), at_s, self._tuning)
        return strangers.take(_without(len(strangers), columns))

    def _continue(self, tracks: Table, weak: Sightings, at_s: float) -> None:
        """Match weak sightings with those who were in view a moment ago, or stand."""
        recent = self._unseen_s(tracks, at_s) <= self._tuning.weak_patience_s
        rest = np.flatnonzero((recent | tracks["standing"]) & ~tracks["seen"])
        rows, columns = match(tracks[rest], weak, at_s, self._tuning)
        see(tracks, rest[rows], weak.take(columns), at_s, self._tuning)

    def _patience_s(self, tracks: Table) -> Floats:
        """Who has been watched for long is missed for longer."""
        tuning = self._tuning
        return np.minimum(tuning.trial_patience_s + tracks["watched_s"], tuning.patience_s)

    @staticmethod
    def _unseen_s(tracks: Table, at_s: float) -> Floats:
        unseen_s: Floats = at_s - tracks["seen_at_s"]
        return unseen_s


def _without(count: int, taken: Rows) -> Flags:
    """Which of so many are not taken."""
    left: Flags = np.ones(count, np.bool_)
    left[taken] = False
    return left
