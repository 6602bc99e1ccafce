"""Whether somebody wears the staff's colour: looked up in the picture, for few people at a time.

Of the upper body, head and arms left out, a small sample of pixels is turned into hue, saturation
and value; the share that lies in the badge's ranges decides. Nothing of the picture is kept, and
only yes or no leaves this module. Whom somebody nearer hides there is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.tracks import Rows
from agent.capture.footfall.detection.detector import Picture
from agent.config.staffing import BadgeSettings

TORSO: Final = (0.25, 0.18, 0.75, 0.48)
"""Left, top, right, bottom of the upper body, as shares of the box."""
MOST_HIDDEN: Final = 0.3
"""Of the upper body's area by one nearer person; more is not judged."""
SAMPLE: Final = 24
"""At most so many rows and columns of pixels are looked at: a bound on the cost."""
LEAST_PIXELS: Final = 12
"""Fewer say nothing."""

_CIRCLE: Final = 180
_BYTE: Final = 255
_Bounds = tuple[int, int, int]
_Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


class BadgeReader:
    """Looks for one badge; keeps nothing from picture to picture."""

    def __init__(self, badge: BadgeSettings) -> None:
        self._share = badge.share
        self._ranges = list(_ranges(badge))

    def votes(self, picture: Picture, moment: Moment, rows: Rows) -> dict[int, bool]:
        """Whether these walkers wear the badge, by id; who cannot be judged is absent.

        Args:
            picture: of the moment; it is left as it is.
            moment: who is where in it.
            rows: whom to look at.
        """
        votes = {}
        for row in rows.tolist():
            torso = _torso(moment, row)
            pixels = _sample(picture, torso)
            enough = pixels.size >= LEAST_PIXELS * pixels.shape[2]
            if enough and _most_hidden(torso, moment, row) <= MOST_HIDDEN:
                votes[int(moment.ids[row])] = self._worn(pixels)
        return votes

    def _worn(self, pixels: Picture) -> bool:
        colours = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
        fitting = sum(cv2.countNonZero(cv2.inRange(colours, *ends)) for ends in self._ranges)
        return fitting >= self._share * colours[..., 0].size


def _ranges(badge: BadgeSettings) -> Iterator[tuple[_Bounds, _Bounds]]:
    """As OpenCV has colours: the circle has 180 parts; over red it is cut in two."""
    begin, end = (round(degrees / 2) for degrees in badge.hue)
    low, high = (
        [round(_BYTE * each[place]) for each in (badge.saturation, badge.value)] for place in (0, 1)
    )
    arcs = [(begin, end)] if begin <= end else [(begin, _CIRCLE), (0, end)]
    for first, last in arcs:
        yield (first, low[0], low[1]), (last, high[0], high[1])


def _torso(moment: Moment, row: int) -> _Box:
    x, y = moment.feet[row].tolist()
    width, height = float(moment.widths[row]), float(moment.heights[row])
    left, top = x - width / 2, y - height
    shares = zip(TORSO, (left, top) * 2, (width, height) * 2, strict=True)
    x1, y1, x2, y2 = (begin + length * share for share, begin, length in shares)
    return x1, y1, x2, y2


def _most_hidden(torso: _Box, moment: Moment, row: int) -> float:
    """The share of an upper body that the one body hides that hides most, of those nearer."""
    x1, y1, x2, y2 = torso
    x, y = moment.feet.T
    left, top = x - moment.widths / 2, y - moment.heights
    wide = np.minimum(x2, left + moment.widths) - np.maximum(x1, left)
    high = np.minimum(y2, top + moment.heights) - np.maximum(y1, top)
    hidden = np.maximum(wide, 0.0) * np.maximum(high, 0.0)
    most = hidden.max(initial=0.0, where=y > y[row])
    return float(most / ((x2 - x1) * (y2 - y1)))


def _sample(picture: Picture, box: _Box) -> Picture:
    """Some of a box's pixels, evenly spread; none where it lies outside the picture."""
    x1, y1, x2, y2 = (int(max(each, 0.0)) for each in box)
    part = picture[y1:y2, x1:x2]
    rows, columns = (max(1, -(-length // SAMPLE)) for length in part.shape[:2])
    return np.ascontiguousarray(part[::rows, ::columns])
