"""What a track learns from being seen."""

from __future__ import annotations

from typing import Final

import numpy as np

from agent.capture.footfall.counting import motion
from agent.capture.footfall.counting.sighting import Sightings
from agent.capture.footfall.counting.tracks import Flags, Floats, Rows, Table
from agent.capture.footfall.counting.tuning import Tuning

VAGUE: Final = 4.0
"""How much a weak or half hidden sighting's variance exceeds a good one's."""
GROWTH: Final = 0.5
"""Share of a box's growth that is believed at once: what hid the walker has gone."""


def see(tracks: Table, whose: Rows, sightings: Sightings, at_s: float, tuning: Tuning) -> None:
    """Let the tracks learn from the sightings that are theirs. Changes the table.

    Args:
        tracks: moved on to this moment.
        whose: (m,) the row of the track that each sighting is, distinct; negative if nobody's.
        sightings: (m,) of this moment.
        at_s: the moment.
        tuning: how detectors err.
    """
    known = (whose >= 0).nonzero()[0]
    rows, sightings = whose[known], sightings.take(known)
    seen, sizes = tracks.take(rows), sightings.sizes
    since_s = at_s - seen["seen_at_s"]
    cut = sightings.guessed > 0
    if not seen["whole"].all():
        _see_whole(seen, sizes[:, 1], ~cut, tuning)
    height = _height(seen, sizes[:, 1], since_s, tuning)
    np.copyto(height, seen["size"][:, 1], where=cut & seen["whole"])
    np.maximum(height, sizes[:, 1] - sightings.guessed, out=height, where=cut)
    hidden = cut | _feet_hidden(seen, sightings.boxes, sizes[:, 1], tuning)
    feet = sightings.feet
    np.add(sightings.boxes[:, 1], height, out=feet[:, 1], where=hidden)
    vague = hidden | (sightings.scores < tuning.sure_score)
    noise = tuning.foot_noise**2 * np.where(vague, VAGUE, 1.0)
    motion.correct(seen, feet, noise, tuning)
    seen["size"][:, 0] = sizes[:, 0]
    seen["size"][:, 1] = height
    watched_s, sightings_of = seen["watched_s"], seen["sightings"]
    watched_s += np.minimum(since_s, tuning.proof_s)
    sightings_of += 1
    seen["seen_at_s"] = at_s
    tracks.put(rows, seen)


def _see_whole(seen: Table, heights: Floats, whole: Flags, tuning: Tuning) -> None:
    """Let tracks whose height was guessed so far take it from these, of whom some are whole.

    What was wrong was the height, and the feet with it: that is no motion. Changes the table.
    """
    enough = heights >= tuning.full_height * seen["size"][:, 1]
    first = (whole & enough & ~seen["whole"]).nonzero()[0]
    error = heights[first] - seen["size"][first, 1]
    seen["size"][first, 1] += error
    for place in ("foot", "birthplace", "resting_place"):
        seen[place][first, 1] += error
    seen["whole"][first] = True


def _feet_hidden(seen: Table, boxes: Floats, heights: Floats, tuning: Tuning) -> Flags:
    """Whether the head is where it was expected, but the box ends too far up."""
    foot_y, height = seen["foot"][:, 1], seen["size"][:, 1]
    head_off = np.abs(boxes[:, 1] - (foot_y - height))
    foot_off = np.abs(boxes[:, 3] - foot_y)
    hidden: Flags = (heights < tuning.full_height * height) & (head_off < foot_off)
    return hidden


def _height(tracks: Table, seen: Floats, since_s: Floats, tuning: Tuning) -> Floats:
    """A box shrinks slowly, for hiding is short and perspective slow; it grows at once.

    So does one shrink that was a guess.
    """
    known = tracks["size"][:, 1]
    share = 1 - np.exp(-since_s / tuning.size_memory_s)
    at_once = (seen > known) | ~tracks["whole"]
    share = np.where(at_once, np.maximum(share, GROWTH), share)
    return known + share * (seen - known)
