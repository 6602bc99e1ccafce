"""Which box is which walker: the likeliest one-to-one answer within a bounded gate.

The cost of a pair is twice the negative logarithm of its likelihood: how many standard deviations
the box lies off, how much its height differs, and how vague the track's expectation is. Vagueness
counts in the gate too: a walker lost for a second takes neither the box of one who is in view nor
that of a newcomer far off. Where the feet may be hidden behind somebody, heads are compared
instead, at a price.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.counting.assignment import linear_sum_assignment
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.tracks import Flags, Floats, Rows, Table
from agent.capture.footfall.counting.tuning import Tuning

HIDDEN_FEET: Final = 4.0
"""The price of supposing that the feet are hidden: as much as two standard deviations."""
NO_PAIR: Final = 1e3
"""The cost of leaving both alone: above that of any pair within the gate, and alike for all."""


def match(tracks: Table, sightings: Sightings, at_s: float, tuning: Tuning) -> tuple[Rows, Rows]:
    """Pair tracks (which were moved on to this moment) with sightings.

    Returns:
        Rows of the tracks and, beside them, rows of the sightings; neither repeats.
    """
    if not len(tracks) or not len(sightings):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    cost, allowed = _costs(tracks, sightings.boxes, at_s, tuning)
    rows, columns = linear_sum_assignment(np.where(allowed, cost, NO_PAIR))
    kept = allowed[rows, columns]
    return rows[kept], columns[kept]


def _costs(tracks: Table, boxes: Floats, at_s: float, tuning: Tuning) -> tuple[Floats, Flags]:
    """(n, m) costs, and which pairs are possible at all. Distances are in box heights."""
    foot, height = tracks["foot"], tracks["size"][:, 1:]
    variance = tracks["spread"][:, :1] + tuning.foot_noise**2
    weight, share = 1 / variance, 1 / height
    seen_height = boxes[:, 3] - boxes[:, 1]
    aside = ((boxes[:, 0] + boxes[:, 2]) / 2 - foot[:, :1]) * share
    below = (boxes[:, 3] - foot[:, 1:]) * share
    ratio = seen_height * share
    above = below - ratio + 1
    shape = (np.log(seen_height) - np.log(height)) / tuning.shape_noise
    aside, below, above = aside * aside, below * below, above * above
    by_feet = below * weight + shape * shape
    by_head = above * weight + HIDDEN_FEET
    by_head[ratio < tuning.least_visible] = np.inf
    vague = 2 * np.log(variance / tuning.foot_noise**2)
    cost = aside * weight + vague + np.minimum(by_feet, by_head)
    reach = tuning.reach + tuning.reach_pace * (at_s - tracks["seen_at_s"])[:, np.newaxis]
    near = aside + np.minimum(below, above) < reach * reach
    return cost, near & (cost < tuning.gate**2)
