"""Who is recognised: as a slow computation says that looks at every pair on its own."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.counting.association import HIDDEN_FEET, match
from agent.capture.footfall.counting.birth import born
from agent.capture.footfall.counting.motion import move_on
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.tracks import Table
from agent.capture.footfall.counting.tuning import DEFAULTS

ELAPSED_S = 0.2
HEIGHTS = st.integers(15, 55).map(lambda half: 2 * half + 1)
"""Odd, so that none is just half of another, where rounding would decide."""
PLACES = st.tuples(st.integers(0, 160), st.integers(100, 160), HEIGHTS)
CROWDS = st.lists(PLACES, min_size=1, max_size=4)
"""Feet and heights of people who stand so close that most could be one another."""


def sightings_of(crowd: list[tuple[int, int, int]]) -> Sightings:
    boxes = [(x - h * 0.2, y - h, x + h * 0.2, y) for x, y, h in crowd]
    return Sightings(np.array(boxes), np.full(len(boxes), 0.9), np.zeros(len(boxes)))


def cost(track: Table, box: list[float]) -> float | None:
    """Of one pair, written as the explanation says it; ``None`` beyond the gate."""
    noise = DEFAULTS.foot_noise**2
    (x, y), (_, height) = track["foot"].tolist(), track["size"].tolist()
    variance = float(track["spread"][0]) + noise
    seen = box[3] - box[1]
    aside = ((box[0] + box[2]) / 2 - x) / height
    below, above = (box[3] - y) / height, (box[1] - (y - height)) / height
    shape = math.log(seen / height) / DEFAULTS.shape_noise
    ways = [below**2 / variance + shape**2]
    if seen / height >= DEFAULTS.least_visible:
        ways.append(above**2 / variance + HIDDEN_FEET)
    off = math.sqrt(aside**2 + min(below**2, above**2))
    told = aside**2 / variance + 2 * math.log(variance / noise) + min(ways)
    within = off < DEFAULTS.reach + DEFAULTS.reach_pace * ELAPSED_S and told < DEFAULTS.gate**2
    return told if within else None


def best(tracks: Table, sightings: Sightings) -> tuple[int, float]:
    """Of all one-to-one answers the most pairs, and the least that so many cost."""
    rows, columns = range(len(tracks)), range(len(sightings))
    costs = {(i, j): cost(tracks[i], sightings.boxes[j].tolist()) for i in rows for j in columns}
    nobody = [-1] * len(tracks)
    answers = set(permutations([*columns, *nobody], len(tracks)))
    told = [
        [costs.get(pair, 0.0) for pair in enumerate(answer) if pair[1] >= 0] for answer in answers
    ]
    allowed = [[c for c in one if c is not None] for one in told if None not in one]
    return max((len(one), -sum(one)) for one in allowed)


@given(known=CROWDS, seen=CROWDS)
def test_the_most_and_likeliest_pairs_within_the_gate_are_found(
    known: list[tuple[int, int, int]], seen: list[tuple[int, int, int]]
) -> None:
    tracks = born(sightings_of(known), 1, 0.0, DEFAULTS)
    move_on(tracks, ELAPSED_S, DEFAULTS)
    sightings = sightings_of(seen)
    rows, columns = match(tracks, sightings, ELAPSED_S, DEFAULTS)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    found = [cost(tracks[i], sightings.boxes[j].tolist()) for i, j in pairs]
    number, least = best(tracks, sightings)
    assert len(found) == number
    assert math.isclose(sum(c for c in found if c is not None), -least, abs_tol=1e-6)
