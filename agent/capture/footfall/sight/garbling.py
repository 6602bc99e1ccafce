"""Marks for the time whose pictures were damaged on their way or on the disk. Pure.

People are lost behind a smear, or are found where they were before it came. Nothing tells how much
that changes, so the counts of that time stand and are doubted.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from agent.capture.footfall.messages import Marked
from models.wire.events.footfall import MarkKind

_STEP_S: Final = 0.6
"""Pictures further apart than this tell a gap between them, not a mark."""

_HEALS_S: Final = 1.0
"""Whoever was lost is found, and believed to be a person, that much later."""

_LATELY_S: Final = 60.0
_TROUBLE_S: Final = 6.0
"""Of the last minute: a tenth of it is no accident, and somebody should look."""


class Garbling:
    """One camera's."""

    def __init__(self) -> None:
        self._last_s = -math.inf
        self._until_s = -math.inf
        self._lately: deque[Marked] = deque()
        self._sum_s = 0.0

    @property
    def stands(self) -> bool:
        """Whether the stream is damaged so often that somebody should look at it."""
        return self._sum_s >= _TROUBLE_S

    def look(self, at_s: float, *, damaged: bool) -> list[Marked]:
        """Take one picture, later than the one before: what of the time since is in doubt."""
        from_s, self._last_s = self._last_s, at_s
        if damaged:
            self._until_s = at_s + _HEALS_S
        end_s = min(at_s, self._until_s)
        marks = []
        if from_s < end_s and at_s - from_s <= _STEP_S:
            marks = [Marked(MarkKind.GARBLED, from_s, end_s)]
        self._remember(marks, at_s)
        return marks

    def _remember(self, marks: list[Marked], at_s: float) -> None:
        for mark in marks:
            self._lately.append(mark)
            self._sum_s += mark.end_s - mark.begin_s
        while self._lately and self._lately[0].end_s <= at_s - _LATELY_S:
            gone = self._lately.popleft()
            self._sum_s -= gone.end_s - gone.begin_s
        if not self._lately:
            self._sum_s = 0.0  # of many small parts nothing must remain
