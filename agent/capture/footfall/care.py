"""Looks after a camera while its pictures are counted: is it to be trusted, and is it too dear?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.messages import Marked
from agent.capture.footfall.sight.checkup import Checkup
from agent.capture.footfall.sight.garbling import Garbling
from agent.capture.footfall.span import Condition
from agent.capture.footfall.workload import Workload
from models.wire.events.footfall import MarkKind


class Care:
    """One camera's, from its opening to its end."""

    def __init__(self, checkup: Checkup, workload: Workload) -> None:
        self._checkup = checkup
        self._garbling = Garbling()
        self._workload = workload
        self._troubles: Sequence[MarkKind] = ()

    def look(self, frame: Frame, moment: Moment) -> Condition:
        """How the camera does after one more picture that was counted."""
        marks = self._checked(frame, moment) if self._checkup.is_due(frame.at_s) else ()
        garbled = self._garbling.look(frame.at_s, damaged=frame.damaged)
        self._workload.looked()
        return Condition([*marks, *garbled], self._all_troubles(), self._workload.wanted_fps)

    def _checked(self, frame: Frame, moment: Moment) -> Sequence[Marked]:
        marks = self._checkup.look(frame.picture, frame.at_s, _boxes(moment), frame.told_s)
        self._troubles = sorted(self._checkup.troubles)
        return marks

    def _all_troubles(self) -> Sequence[MarkKind]:
        if not self._garbling.stands:
            return self._troubles
        return sorted({*self._troubles, MarkKind.GARBLED})


def _boxes(moment: Moment) -> NDArray[np.float64]:
    """(n, 4): where people are, hidden ones included."""
    x, y = moment.feet[:, 0], moment.feet[:, 1]
    half = moment.widths / 2
    boxes = np.empty((len(half), 4))
    boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3] = x - half, y - moment.heights, x + half, y
    return boxes
