"""New tracks, from sure boxes that are nobody's."""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting import motion
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.tracks import TRACK, Flags, Floats, Table, boxes_of
from agent.capture.footfall.counting.tuning import Tuning


def newcomers(strangers: Sightings, known: Sightings, missed: Table, tuning: Tuning) -> Sightings:
    """Those strangers who are not merely a part of somebody, as a torso is.

    Args:
        strangers: boxes that are nobody's, best first; a better one may have a worse one as part.
        known: boxes of people who are followed already.
        missed: who was in view a moment ago, where they are expected: of somebody half hidden a
            detector finds the upper half and calls it a person, the more often the more pictures
            it is asked about.
        tuning: how much of a box makes it a part.
    """
    if not len(strangers):
        return strangers
    rank = np.arange(len(strangers))
    of_better = _inside(strangers, strangers.boxes) * (rank < rank[:, np.newaxis])
    shares = np.concatenate([of_better, _inside(strangers, known.boxes)], axis=1)
    part = (shares.max(axis=1) >= tuning.crowded) | _cut_off(strangers, missed, tuning)
    return strangers.take(np.flatnonzero(~part))


def born(newcomers: Sightings, first_id: int, at_s: float, tuning: Tuning) -> Table:
    """A track for each, with ids from ``first_id`` on."""
    tracks = np.zeros(len(newcomers), TRACK)
    if not len(newcomers):
        return tracks
    tracks["id"] = np.arange(first_id, first_id + len(newcomers))
    tracks["foot"] = tracks["birthplace"] = tracks["resting_place"] = newcomers.feet
    tracks["size"] = newcomers.sizes
    tracks["spread"] = motion.first_spread(tuning)
    tracks["seen_at_s"] = tracks["rested_since_s"] = at_s
    tracks["sightings"] = 1
    tracks["seen"] = True
    tracks["whole"] = newcomers.guessed == 0
    return tracks


def _cut_off(strangers: Sightings, missed: Table, tuning: Tuning) -> Flags:
    """Which lie where somebody missed is expected, and are too low to be all of them."""
    low = strangers.sizes[:, 1, np.newaxis] < tuning.full_height * missed["size"][:, 1]
    within = _inside(strangers, boxes_of(missed)) >= tuning.crowded
    cut_off: Flags = np.asarray((low & within).any(axis=1))
    return cut_off


def _inside(some: Sightings, boxes: Floats) -> Floats:
    """(n, m) the share of each of some boxes that lies within each other box."""
    corner = np.minimum(some.boxes[:, np.newaxis, 2:], boxes[:, 2:])
    overlap = corner - np.maximum(some.boxes[:, np.newaxis, :2], boxes[:, :2])
    shared = np.clip(overlap, 0, None).prod(axis=2)
    shares: Floats = shared / some.sizes.prod(axis=1)[:, np.newaxis]
    return shares
