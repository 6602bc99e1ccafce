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
from agent.capture.footfall.counting.tracks import Floats, Rows, Table
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
    pairs, cost = _candidates(tracks, sightings.boxes, at_s, tuning)
    costs = np.full((len(tracks), len(sightings)), NO_PAIR)
    costs.ravel()[pairs] = cost
    rows, columns = linear_sum_assignment(costs)
    kept = costs[rows, columns] < NO_PAIR
    return rows[kept], columns[kept]


def _candidates(tracks: Table, boxes: Floats, at_s: float, tuning: Tuning) -> tuple[Rows, Floats]:
    """The pairs within the gate, row by row of an (n, m) matrix, and what each costs.

    Distances are in box heights. Most of a crowd is too far aside to be anybody in question; that
    takes few operations on all pairs and leaves a tenth of them for the others.
    """
    foot_x, foot_y = tracks["foot"].T
    height = tracks["size"][:, 1]
    share = 1 / height
    reach = tuning.reach + tuning.reach_pace * (at_s - tracks["seen_at_s"])
    reach *= reach
    aside = ((boxes[:, 0] + boxes[:, 2]) / 2 - foot_x[:, np.newaxis]) * share[:, np.newaxis]
    aside *= aside
    pairs = (aside < reach[:, np.newaxis]).ravel().nonzero()[0]
    row, column = np.divmod(pairs, len(boxes))
    aside, share = aside.ravel()[pairs], share[row]
    seen_height = boxes[:, 3] - boxes[:, 1]
    below = (boxes[:, 3][column] - foot_y[row]) * share
    ratio = seen_height[column] * share
    above = below - ratio + 1
    shape = (np.log(seen_height)[column] - np.log(height)[row]) / tuning.shape_noise
    below, above = below * below, above * above
    variance = tracks["spread"][:, 0] + tuning.foot_noise**2
    weight = (1 / variance)[row]
    vague = (2 * np.log(variance / tuning.foot_noise**2))[row]
    by_feet = below * weight + shape * shape
    by_head = above * weight + HIDDEN_FEET
    by_head[ratio < tuning.least_visible] = np.inf
    cost = aside * weight + vague + np.minimum(by_feet, by_head)
    near = aside + np.minimum(below, above) < reach[row]
    allowed = near & (cost < tuning.gate**2)
    return pairs[allowed], cost[allowed]
