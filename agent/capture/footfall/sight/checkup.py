"""All that is judged of one camera's sight, picture by picture: the door of this folder."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.detector import Picture
from agent.capture.footfall.messages import Marked
from agent.capture.footfall.sight.cover import Cover
from agent.capture.footfall.sight.darkness import Darkness
from agent.capture.footfall.sight.glimpse import Grey, glimpse
from agent.capture.footfall.sight.relocation import Relocation
from agent.capture.footfall.sight.steady import Steady
from agent.capture.footfall.sight.stillness import Stillness
from agent.capture.footfall.sight.tuning import DEFAULTS, SightTuning
from agent.capture.footfall.sight.view import View, occupied_cells
from models.wire.events.footfall import MarkKind

_SETTLING: Final = 0.4
"""What a look adds to the average that is searched for texture: noise goes, a hand stays."""


class Checkup:
    """Tells in which time a camera was not to be trusted.

    One trouble hides others: a picture that stands still or is dark tells nothing of the lens, and
    a covered lens nothing of where the camera points. Such troubles stay as they were.
    """

    def __init__(self, tuning: SightTuning = DEFAULTS) -> None:
        self._tuning = tuning
        self._next_s = -math.inf
        self._looked_s = -math.inf
        self._now: Grey | None = None
        self._peopled = False
        self._view = View(tuning)
        self._stillness = Stillness(tuning)
        self._darkness = Darkness(tuning)
        self._cover = Cover(tuning)
        self._relocation = Relocation(tuning)
        relief_s, hole_s = tuning.relieved_after_s, tuning.hole_s
        self._frozen = Steady(0.0, relief_s, hole_s)
        self._dark = Steady(tuning.dark_after_s, tuning.dark_after_s, hole_s)
        self._blocked = Steady(tuning.blocked_after_s, relief_s, hole_s)

    @property
    def troubles(self) -> frozenset[MarkKind]:
        """What stands now."""
        standing = {
            MarkKind.FROZEN: self._frozen.stands,
            MarkKind.DARK: self._dark.stands,
            MarkKind.BLOCKED: self._blocked.stands,
            MarkKind.MOVED: self._relocation.stands,
        }
        return frozenset(kind for kind, stands in standing.items() if stands)

    def is_due(self, at_s: float) -> bool:
        """Whether a picture of then would be judged."""
        return at_s >= self._next_s

    def look(
        self,
        picture: Picture,
        at_s: float,
        people: NDArray[np.floating] | None = None,
        told_s: float = math.nan,
    ) -> list[Marked]:
        """Judge a picture, at most every half second.

        Args:
            picture: as it was decoded; only read.
            at_s: when it came; later than the one before.
            people: (n, 4) boxes of those who are followed, in its pixels.
            told_s: when it was taken, as the camera says; not a number where it says nothing.

        Returns:
            For each trouble the time since the last look; with the first word of it the time
            since it began. Spans of one kind never overlap.
        """
        if not self.is_due(at_s):
            return []
        self._next_s = at_s + self._tuning.look_every_s
        before = self.troubles
        begun = self._judge(picture, at_s, people, told_s)
        from_s = self._looked_s if at_s - self._looked_s <= self._tuning.hole_s else at_s
        self._looked_s = at_s
        going_on = [Marked(kind, from_s, at_s) for kind in sorted(self.troubles & before)]
        return [*(Marked(kind, since_s, at_s) for kind, since_s in begun), *going_on]

    def _judge(
        self, picture: Picture, at_s: float, people: NDArray[np.floating] | None, told_s: float
    ) -> list[tuple[MarkKind, float]]:
        """Look for every trouble; those that have just become certain, and since when."""
        seen = glimpse(picture)
        self._peopled = self._peopled or (people is not None and len(people) > 0)
        dark = self._darkness.found(seen.grey)
        still_s = self._stillness.found(seen.pixels, at_s, told_s)
        frozen = None if dark else still_s is not None
        fresh = frozen is not True and not self._frozen.stands
        covered = self._covered(seen.grey, at_s) if fresh else None
        clear = fresh and not dark and covered is False and not self._blocked.stands
        moved_s = None
        if clear:
            moved_s = self._moved(seen.grey, picture, people, at_s)
        else:
            self._relocation.doubt(at_s)
        frozen_s = self._frozen.find(at_s, frozen)
        begun = {
            MarkKind.FROZEN: still_s if frozen_s is not None else None,
            MarkKind.DARK: self._dark.find(at_s, (dark and not covered) if fresh else None),
            MarkKind.BLOCKED: self._blocked.find(at_s, covered),
            MarkKind.MOVED: moved_s,
        }
        return [(kind, since_s) for kind, since_s in begun.items() if since_s is not None]

    def _covered(self, grey: Grey, at_s: float) -> bool | None:
        hole = at_s - self._looked_s > self._tuning.hole_s
        if self._now is None or hole:
            self._now = grey.copy()
        else:
            self._now += (grey - self._now) * _SETTLING
        return self._cover.found(self._now, self._view.usual, peopled=self._peopled)

    def _moved(
        self, grey: Grey, picture: Picture, people: NDArray[np.floating] | None, at_s: float
    ) -> float | None:
        height, width = picture.shape[:2]
        occupied = occupied_cells(people, (width, height)) if people is not None else None
        self._view.look(grey, occupied)
        return self._relocation.look(self._view, at_s)
