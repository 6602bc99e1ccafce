"""From people in pictures to directed crossings: the door of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.crossing import LineWatch
from agent.capture.footfall.counting.line import Crossing, Line
from agent.capture.footfall.counting.mask import Mask
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.tracker import Tracker
from agent.capture.footfall.counting.tracks import Flags, Floats, Table, boxes_of
from agent.capture.footfall.counting.tuning import DEFAULTS, Tuning
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detections import Detections
from agent.errors import BadLine

RULE: Final = "segment-band-3"
"""Which rule counted: travels with every count, and changes whenever counts may."""


@dataclass(frozen=True, slots=True)
class Walkers:
    """Who is being followed, for drawing; rows belong together.

    Attributes:
        ids: (n,) numbers that stay with a walker and are not used again.
        boxes: (n, 4) x1, y1, x2, y2 in pixels, as if nothing hid the walker.
        seen: (n,) in the latest picture; else moved on blindly.
        proven: (n,) believed to be a person; else perhaps a signpost.
        standing: (n,) has stayed in one place for a while.
    """

    ids: NDArray[np.int64]
    boxes: Floats
    seen: Flags
    proven: Flags
    standing: Flags


class Counter:
    """Counts who crosses which line, of one camera.

    Args:
        lines: what to count at; names differ.
        size: the pictures' width and height in pixels, of which the detections are given.
        tuning: never changed in the product; there for measuring how much each figure matters.
        zones: of the camera; whoever's foot is in an excluded one is not looked at.

    Raises:
        BadLine: a line lies outside the picture, or two have one name.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        size: tuple[int, int],
        tuning: Tuning = DEFAULTS,
        *,
        zones: Sequence[Zone] = (),
    ) -> None:
        for line in lines:
            line.check_within(size)
        names = [line.name for line in lines]
        if len(set(names)) < len(names):
            raise BadLine(f"the lines are named {', '.join(names)}: give each its own name")
        self._size = size
        self._mask = Mask(zones, size)
        self._masked: NDArray[np.floating] = np.zeros((0, 4))
        self._sure_score = tuning.sure_score
        self._tracker = Tracker(tuning, size)
        self._watches = [LineWatch(line, size, tuning) for line in lines]

    def look(self, detections: Detections, at_s: float, span_s: float) -> Moment:
        """Take the next picture's people, as ``update`` does, and say all that is known of them.

        Args:
            detections: as for ``update``.
            at_s: likewise.
            span_s: how much of the time since the picture before was watched closely.
        """
        crossings = self.update(detections, at_s)
        tracks = self._tracker.tracks
        return Moment(
            at_s=at_s,
            span_s=span_s,
            size=self._size,
            ids=tracks["id"].copy(),
            feet=tracks["foot"].copy(),
            heights=tracks["size"][:, 1].copy(),
            widths=tracks["size"][:, 0].copy(),
            birthplaces=tracks["birthplace"].copy(),
            seen=tracks["seen"].copy(),
            proven=tracks["proven"].copy(),
            standing=tracks["standing"].copy(),
            staff=np.zeros(len(tracks), np.bool_),
            crossings=crossings,
        )

    def update(self, detections: Detections, at_s: float) -> list[Crossing]:
        """Take the next picture's people.

        Args:
            detections: everybody found, from a score of 0.1 on: the tracker needs the weak ones.
            at_s: when the picture was taken, in seconds of any clock that does not go back.

        Returns:
            What became certain now, by time; each lies at or before ``at_s``, mostly by less than
            a second, and may lie before crossings told earlier.
        """
        kept, masked = self._mask.split(detections)
        self._masked = masked.boxes[masked.scores >= self._sure_score]
        tracks = self._tracker.update(kept, at_s)
        found = [crossing for watch in self._watches for crossing in watch.update(tracks, at_s)]
        return sorted(found, key=attrgetter("at_s"))

    @property
    def masked(self) -> Floats:
        """(n, 4) boxes of those in the latest picture whom excluded zones leave out."""
        return self._masked.astype(np.float64)

    @property
    def table(self) -> Table:
        """Who is being followed after the latest picture, to count with; not to be changed."""
        return self._tracker.tracks

    @property
    def tracks(self) -> Walkers:
        """Who is being followed after the latest picture."""
        tracks = self._tracker.tracks
        return Walkers(
            tracks["id"].copy(),
            boxes_of(tracks),
            tracks["seen"].copy(),
            tracks["proven"].copy(),
            tracks["standing"].copy(),
        )
