"""New tracks, from sure boxes that are nobody's."""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting import motion
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.tracks import TRACK, Floats, Table
from agent.capture.footfall.counting.tuning import Tuning


def newcomers(strangers: Sightings, known: Sightings, tuning: Tuning) -> Sightings:
    """Those strangers who are not merely a part of somebody, as a torso is.

    Args:
        strangers: boxes that are nobody's, best first; a better one may have a worse one as part.
        known: boxes of people who are followed already.
        tuning: how much of a box makes it a part.
    """
    if not len(strangers):
        return strangers
    of_better = np.tril(_inside(strangers, strangers), k=-1)
    shares = np.concatenate([of_better, _inside(strangers, known)], axis=1)
    return strangers.take(np.flatnonzero(shares.max(axis=1) < tuning.crowded))


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
    return tracks


def _inside(some: Sightings, others: Sightings) -> Floats:
    """(n, m) the share of each of some boxes that lies within each other box."""
    corner = np.minimum(some.boxes[:, np.newaxis, 2:], others.boxes[:, 2:])
    overlap = corner - np.maximum(some.boxes[:, np.newaxis, :2], others.boxes[:, :2])
    shared = np.clip(overlap, 0, None).prod(axis=2)
    shares: Floats = shared / some.sizes.prod(axis=1)[:, np.newaxis]
    return shares
