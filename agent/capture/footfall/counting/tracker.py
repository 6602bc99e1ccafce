"""Who is who from picture to picture."""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting import motion
from agent.capture.footfall.counting.birth import born
from agent.capture.footfall.counting.completion import Completion
from agent.capture.footfall.counting.learning import see
from agent.capture.footfall.counting.recognition import Recognition
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.standing import judge
from agent.capture.footfall.counting.tracks import Floats, Table, no_tracks
from agent.capture.footfall.counting.tuning import DEFAULTS, Tuning
from agent.capture.footfall.detection.detections import Detections


class Tracker:
    """Follows people through pictures that come when they come.

    Everybody is expected somewhere, recognised (``recognition``), and learnt from; boxes that are
    nobody's begin tracks. Who is not seen is moved on blindly until patience ends, in seconds.
    Holds what is alive, how large people look where, and nothing else.

    Args:
        tuning: how people move, and how detectors err.
        size: the pictures' width and height; of a tracker without any, no edge cuts anybody.
    """

    def __init__(self, tuning: Tuning = DEFAULTS, size: tuple[int, int] | None = None) -> None:
        self._tuning = tuning
        self._completion = Completion(size) if size else None
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
        sightings = self._taken(detections)
        recognised = Recognition(tracks, sightings, at_s, self._tuning)
        see(tracks, recognised.whose, sightings, at_s, self._tuning)
        kept = tracks["seen"] | (self._unseen_s(tracks, at_s) <= self._patience_s(tracks))
        tracks = tracks if kept.all() else tracks.compress(kept)
        self._tracks = self._with(recognised.newcomers, tracks, at_s)
        judge(self._tracks, at_s, self._tuning)
        if self._completion:
            self._completion.learn(self._tracks, at_s)
        return self._tracks

    def _taken(self, detections: Detections) -> Sightings:
        """Who is worth looking at, as large as they are."""
        sightings = Sightings.of(detections, self._tuning.least_score)
        return self._completion.complete(sightings) if self._completion else sightings

    def _with(self, newcomers: Sightings, tracks: Table, at_s: float) -> Table:
        """Who is followed, and who is from now on."""
        if not len(newcomers):
            return tracks
        children = born(newcomers, self._born + 1, at_s, self._tuning)
        self._born += len(children)
        return np.concatenate([tracks, children])

    def _expected(self, at_s: float) -> Table:
        """Who may be seen now, and where; nobody is, yet."""
        tracks = self._tracks
        tracks = tracks.compress(self._unseen_s(tracks, at_s) <= self._tuning.patience_s)
        if len(tracks):
            motion.move_on(tracks, at_s - self._at_s, self._tuning)
            tracks["seen"] = False
        self._at_s = at_s
        return tracks

    def _patience_s(self, tracks: Table) -> Floats:
        """Who has been watched for long is missed for longer."""
        tuning = self._tuning
        return np.minimum(tuning.trial_patience_s + tracks["watched_s"], tuning.patience_s)

    @staticmethod
    def _unseen_s(tracks: Table, at_s: float) -> Floats:
        unseen_s: Floats = at_s - tracks["seen_at_s"]
        return unseen_s
