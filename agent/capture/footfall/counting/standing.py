"""Who is a person, and who stands: told by having walked, and by not walking.

A signpost that a network takes for a person never leaves its place, however its box trembles.
People do, sooner or later: a track is *proven* once it has been watched for a while and has come
some way from where it was first seen, and from then on it stays so. Somebody proven who stays
within a small circle for a while *stands*: swaying is not walking, until the circle is left.
"""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting.tracks import Floats, Table
from agent.capture.footfall.counting.tuning import Tuning


def judge(tracks: Table, at_s: float, tuning: Tuning) -> None:
    """Note who is proven and who stands. Changes the table."""
    foot, height = tracks["foot"], tracks["size"][:, 1]
    proven = tracks["proven"]
    if not proven.all():
        proven |= (
            (_distance(foot, tracks["birthplace"]) > tuning.proof_walk * height)
            & (tracks["sightings"] >= tuning.proof_sightings)
            & (tracks["watched_s"] >= tuning.proof_s)
        )
    strayed = _distance(foot, tracks["resting_place"]) > tuning.still_radius * height
    away = strayed.nonzero()[0]
    tracks["resting_place"][away] = foot[away]
    tracks["rested_since_s"][away] = at_s
    tracks["standing"] = at_s - tracks["rested_since_s"] >= tuning.still_s


def _distance(some: Floats, others: Floats) -> Floats:
    apart = some - others
    return np.hypot(apart[:, 0], apart[:, 1])
