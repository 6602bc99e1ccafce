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

    def keep(self, detections: Detections) -> Detections:
        """Those whose foot, the middle of the box's lower edge, is in no excluded zone.

        Before anybody is followed: who walks through one is out of sight as behind a pillar.
        """
        if not len(self._outlines) or not len(detections):
            return detections
        boxes = detections.boxes.astype(np.float64)
        feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
        outside = ~self._outlines.inside(feet).any(axis=0)
        return Detections(detections.boxes[outside], detections.scores[outside])
