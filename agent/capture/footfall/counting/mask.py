"""Where nobody is looked at: screens, mirrors, the neighbour's doorway."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detections import Detections
from models.wire.events.footfall import ZoneKind


class Mask:
    """The excluded zones among these, over pictures of (width, height)."""

    def __init__(self, zones: Sequence[Zone], size: tuple[int, int]) -> None:
        excluded = [zone for zone in zones if zone.kind is ZoneKind.EXCLUDED]
        self._outlines = Outlines(excluded, size)
        self._around = self._outlines.around if excluded else None

    def keep(self, detections: Detections) -> Detections:
        """Those whose foot, the middle of the box's lower edge, is in no excluded zone.

        Before anybody is followed: who walks through one is out of sight as behind a pillar.
        """
        if not self._anybody_near(detections):
            return detections
        boxes = detections.boxes.astype(np.float64)
        feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
        outside = ~self._outlines.inside(feet).any(axis=0)
        return Detections(detections.boxes[outside], detections.scores[outside])

    def _anybody_near(self, detections: Detections) -> bool:
        """Whether it is worth looking closely: mostly nobody stands where a screen hangs."""
        if self._around is None:
            return False
        left, top, right, bottom = self._around
        return any(
            left <= (x1 + x2) / 2 <= right and top <= y2 <= bottom
            for x1, _, x2, y2 in detections.boxes.tolist()
        )
