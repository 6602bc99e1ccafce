"""All analyses of one camera, in the order in which each builds on those before.

Whoever adds one adds it to ``_analyses``, and changes ``ANALYSES`` whenever figures may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agent.capture.footfall.badge import BadgeReader
from agent.capture.footfall.counting.analysis import Analysis
from agent.capture.footfall.counting.facts import Fact
from agent.capture.footfall.counting.floor import Floor
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.settling import Settled, Settling
from agent.capture.footfall.counting.staffness import Staffness
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detector import Picture
from agent.config import BadgeSettings
from models.wire.events.footfall import LineKind

ANALYSES: Final = "crowd-2"
"""Who was staff, came in a group or came back, who was in which zone, and where it was warm: the
version of all this travels with every count."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is known now: of crossings that were told before, and of zones and heat."""

    settled: Sequence[Settled] = ()
    facts: Sequence[Fact] = ()

    def __add__(self, other: Learnt) -> Learnt:
        return Learnt([*self.settled, *other.settled], [*self.facts, *other.facts])

    def __bool__(self) -> bool:
        return bool(self.settled or self.facts)


class Analyst:
    """Studies everybody's ways, of one camera with pictures of (width, height).

    Attributes:
        staff: who is staff among those in view after the latest moment, and those who left lately.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        zones: Sequence[Zone],
        size: tuple[int, int],
        badge: BadgeSettings | None = None,
    ) -> None:
        self._staffness = Staffness(zones, size)
        self._badge = BadgeReader(badge) if badge else None
        self.staff: frozenset[int] = frozenset()
        self._settling = Settling([line.name for line in lines if line.kind is LineKind.ENTRANCE])
        self._analyses: tuple[Analysis, ...] = (Floor(zones, size),)

    def look(self, moment: Moment, picture: Picture) -> Learnt:
        """Take the next moment; the picture is the one that it is of."""
        self.staff = self._staffness.update(moment, self._badges(moment, picture))
        settled = self._settling.update(moment, self.staff)
        if self.staff:
            known = [each in self.staff for each in moment.ids.tolist()]
            moment = replace(moment, staff=np.array(known, np.bool_))
        facts = [fact for analysis in self._analyses for fact in analysis.update(moment)]
        return Learnt(settled, facts)

    @property
    def wearers(self) -> frozenset[int]:
        """Whoever of the staff wears the badge."""
        return self._staffness.wearers

    def _badges(self, moment: Moment, picture: Picture) -> Mapping[int, bool]:
        """Who wears one and who does not, among the few whom it is worth looking at."""
        if self._badge is None:
            return {}
        return self._badge.votes(picture, moment, self._staffness.worth_a_look(moment))

    def rest(self) -> Learnt:
        """What is known and was not told yet; nothing is looked at afterwards."""
        facts = [fact for analysis in self._analyses for fact in analysis.rest()]
        return Learnt(self._settling.rest(), facts)
