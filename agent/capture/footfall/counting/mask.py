"""Where nobody is looked at: screens, mirrors, the neighbour's doorway."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.tracks import Flags, Floats
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detections import Detections
from models.wire.events.footfall import ZoneKind


class Mask:
    """The excluded zones among these, over pictures of (width, height)."""

    def __init__(self, zones: Sequence[Zone], size: tuple[int, int]) -> None:
        excluded = [zone for zone in zones if zone.kind is ZoneKind.EXCLUDED]
        self._outlines = Outlines(excluded, size)
        self._around = self._outlines.around if excluded else None

    def split(self, detections: Detections) -> tuple[Detections, Detections]:
        """Those whose foot is in no excluded zone, and the rest.

        Before anybody is followed: who walks through one is out of sight as behind a pillar.
        """
        if not self._anybody_near(detections):
            return detections, _some(detections, np.zeros(len(detections), np.bool_))
        feet = feet_of(detections.boxes)
        inside = np.asarray(self._outlines.inside(feet).any(axis=0), np.bool_)
        return _some(detections, ~inside), _some(detections, inside)

    def _anybody_near(self, detections: Detections) -> bool:
        """Whether it is worth looking closely: mostly nobody stands where a screen hangs."""
        if self._around is None:
            return False
        left, top, right, bottom = self._around
        return any(
            left <= (x1 + x2) / 2 <= right and top <= y2 <= bottom
            for x1, _, x2, y2 in detections.boxes.tolist()
        )


def feet_of(boxes: NDArray[np.floating]) -> Floats:
    """(n, 2) middles of the lower edges of boxes (n, 4)."""
    exact = boxes.astype(np.float64)
    return np.stack([(exact[:, 0] + exact[:, 2]) / 2, exact[:, 3]], axis=1)


def _some(detections: Detections, which: Flags) -> Detections:
    return Detections(detections.boxes[which], detections.scores[which])
