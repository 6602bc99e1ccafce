"""Who was where, computed the slow way, from the whole of a clip at once: what zones are held to.

It knows nothing of the product's analyses: it takes down where the tracker's people were, and only
at the end looks who of them was a person, who was only hidden, and whose foot was in which polygon
(OpenCV's own test). Staff it does not know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from agent.capture.footfall.counting.moment import Moment
from models.wire.events.footfall import HEAT_COLUMNS, HEAT_ROWS

LEAST_STAY_S: Final = 5.0
AWAY_S: Final = 3.0

Corners = Sequence[tuple[float, float]]


@dataclass
class SlowFloor:
    """Takes down moments."""

    moments: list[Moment] = field(default_factory=list)

    def person_s(self, corners: Corners) -> float:
        """Time that people spent in a polygon, in pixels, added."""
        return sum(self.moments[n].span_s for _, n in self._inside(corners))

    def most(self, corners: Corners) -> int:
        """People in it at once."""
        together: defaultdict[int, int] = defaultdict(int)
        for _, number in self._inside(corners):
            together[number] += 1
        return max(together.values(), default=0)

    def stays_s(self, corners: Corners) -> list[float]:
        """How long people were in it without being away for long, where that was a stay."""
        times: defaultdict[int, list[float]] = defaultdict(list)
        for walker, number in self._inside(corners):
            times[walker].append(self.moments[number].at_s)
        found = []
        for each in times.values():
            begin_s = last_s = each[0]
            for at_s in [*each[1:], np.inf]:
                if at_s - last_s > AWAY_S:
                    found.append(last_s - begin_s)
                    begin_s = at_s
                last_s = at_s
        return sorted(stay for stay in found if stay >= LEAST_STAY_S)

    def heat_s(self) -> dict[int, float]:
        """Time of feet per cell."""
        cells: defaultdict[int, float] = defaultdict(float)
        for _, number, (x, y) in self._present():
            width, height = self.moments[number].size
            if 0 <= x < width and 0 <= y < height:
                cell = int(y / height * HEAT_ROWS) * HEAT_COLUMNS + int(x / width * HEAT_COLUMNS)
                cells[cell] += self.moments[number].span_s
        return dict(cells)

    def _inside(self, corners: Corners) -> list[tuple[int, int]]:
        """Walkers and moments, one by one."""
        polygon = np.array(corners, np.float32)
        return [
            (walker, number)
            for walker, number, foot in self._present()
            if cv2.pointPolygonTest(polygon, foot, measureDist=False) >= 0
        ]

    def _present(self) -> list[tuple[int, int, tuple[float, float]]]:
        """Everybody who ever was proven, from their first sight to their last."""
        proven: set[int] = set()
        last: dict[int, int] = {}
        for number, moment in enumerate(self.moments):
            proven.update(moment.ids[moment.proven].tolist())
            last.update(dict.fromkeys(moment.ids[moment.seen].tolist(), number))
        return [
            (walker, number, (float(x), float(y)))
            for number, moment in enumerate(self.moments)
            for walker, (x, y) in zip(moment.ids.tolist(), moment.feet.tolist(), strict=True)
            if walker in proven and number <= last[walker]
        ]
