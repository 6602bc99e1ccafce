"""The table of tracks: a row a walker, a column a fact, ids ascending.

One structured array holds what is known of everybody, so that births and deaths are one
concatenation or one selection, and a step costs the same few array operations for two walkers as
for fifty.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
Table = NDArray[Any]

TRACK: Final = np.dtype(
    [
        ("id", np.int64),  # never used again within a run
        ("foot", np.float64, 2),  # where the walker stands: x, y, pixels
        ("velocity", np.float64, 2),  # of the foot, pixels a second
        ("size", np.float64, 2),  # of the box when nothing hides it: width, height, pixels
        ("spread", np.float64, 3),  # see motion: variances and covariance, box heights and seconds
        ("birthplace", np.float64, 2),  # the foot when first seen
        ("resting_place", np.float64, 2),  # the foot when the walker last left such a place
        ("rested_since_s", np.float64),  # and when
        ("seen_at_s", np.float64),  # the latest sighting
        ("watched_s", np.float64),  # time between sightings, long gaps counted in part
        ("sightings", np.int64),
        ("seen", np.bool_),  # in the latest picture
        ("proven", np.bool_),  # is a person: has been watched, and has walked
        ("whole", np.bool_),  # the height was seen, and not guessed
        ("standing", np.bool_),  # has stayed in one place for a while
    ],
    align=True,
)


def no_tracks() -> Table:
    """A table without rows."""
    return np.zeros(0, TRACK)


def boxes_of(tracks: Table) -> Floats:
    """(n, 4) x1, y1, x2, y2 in pixels, as if nothing hid anybody."""
    foot, size = tracks["foot"], tracks["size"]
    half = size * (0.5, 0.0)
    boxes: Floats = np.concatenate([foot - half - size * (0.0, 1.0), foot + half], axis=1)
    return boxes
