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
    return cheapest(priced(tracks, sightings, at_s, tuning))


def priced(tracks: Table, sightings: Sightings, at_s: float, tuning: Tuning) -> Floats:
    """(n, m) what each pair costs; ``NO_PAIR`` beyond the gate.

    It is the same whoever else is asked for, so that one matrix serves several rounds.
    """
    costs = np.full((len(tracks), len(sightings)), NO_PAIR)
    if costs.size:
        pairs, cost = _candidates(tracks, sightings.boxes, at_s, tuning)
        costs.put(pairs, cost)
    return costs


def cheapest(costs: Floats) -> tuple[Rows, Rows]:
    """Rows and, beside them, columns of the pairs that cost least together; neither repeats."""
    if not costs.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    rows, columns = linear_sum_assignment(costs)
    kept = (costs[rows, columns] < NO_PAIR).nonzero()[0]
    return rows.take(kept), columns.take(kept)


def _candidates(tracks: Table, boxes: Floats, at_s: float, tuning: Tuning) -> tuple[Rows, Floats]:
    """The pairs within the gate, row by row of an (n, m) matrix, and what each costs.

    Distances are in box heights. Most of a crowd is too far aside to be anybody in question; that
    takes few operations on all pairs and leaves a tenth of them for the others.
    """
    known = _known(tracks, at_s, tuning)
    foot = boxes[:, 3]
    middle, seen_height = (boxes[:, 0] + boxes[:, 2]) / 2, foot - boxes[:, 1]
    row, column, pairs = _beside(known, middle, tracks["size"][:, 1])
    foot_x, foot_y, share, log_height, weight, vague, reach = known.take(row, axis=1)
    aside = _squared((middle.take(column) - foot_x) * share)
    below = (foot.take(column) - foot_y) * share
    ratio = seen_height.take(column) * share
    above = _squared(below - ratio + 1)
    below = _squared(below)
    shape = _squared((np.log(seen_height).take(column) - log_height) / tuning.shape_noise)
    by_head = above * weight + HIDDEN_FEET
    by_head[ratio < tuning.least_visible] = np.inf
    cost = aside * weight + vague + np.minimum(below * weight + shape, by_head)
    near = aside + np.minimum(below, above) < _squared(reach)
    allowed = (near & (cost < tuning.gate**2)).nonzero()[0]
    return pairs.take(allowed), cost.take(allowed)


def _known(tracks: Table, at_s: float, tuning: Tuning) -> Floats:
    """(7, n) what the cost of any pair needs to know of its track.

    Where the foot is expected (x, y), how much of the height a pixel is, the logarithm of the
    height, the weight of an error, the price of vagueness, and the reach.
    """
    known = np.empty((7, len(tracks)))
    height = tracks["size"][:, 1]
    variance = tracks["spread"][:, 0] + tuning.foot_noise**2
    known[:2] = tracks["foot"].T
    np.divide(1, height, out=known[2])
    np.log(height, out=known[3])
    np.divide(1, variance, out=known[4])
    known[5] = 2 * np.log(variance / tuning.foot_noise**2)
    known[6] = tuning.reach + tuning.reach_pace * (at_s - tracks["seen_at_s"])
    return known


def _beside(known: Floats, middle: Floats, height: Floats) -> tuple[Rows, Rows, Rows]:
    """Rows and columns, and places in the matrix, of the pairs that are not too far aside."""
    reach = known[6] * height * (1 + 1e-9)  # whoever is near enough by a hair is judged later
    aside = middle - known[0][:, np.newaxis]
    near = np.abs(aside, out=aside) < reach[:, np.newaxis]
    pairs = near.ravel().nonzero()[0]
    row = pairs // len(middle)
    return row, pairs - row * len(middle), pairs


def _squared(some: Floats) -> Floats:
    some *= some
    return some
