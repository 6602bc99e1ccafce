"""What is known of a crossing a little later: whether it was staff's, a return, a party's first.

The crossing itself is told at once. What else there is to say is said once, when the crossing is
``SETTLE_S`` old: by then a badge has been seen, and who walked with whom. That lies within the
grace for which a minute stays open, so a sub-count is dated as its crossing is and never exceeds
it. What becomes known later still changes nothing that was told.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from agent.capture.footfall.counting.company import Company
from agent.capture.footfall.counting.line import Crossing
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.parties import JOIN_S, Parties
from agent.capture.footfall.counting.returns import Returns

SETTLE_S: Final = 2.5
"""Minutes are closed three seconds after their end; the rest is for samples that come late."""


@dataclass(frozen=True, slots=True)
class Settled:
    """More about a crossing that was told before. At least one of the three is true.

    Attributes:
        crossing: exactly as it was told.
        staff: one of the staff crossed; then neither of the others holds.
        again: who came in had gone out shortly before (approximate).
        leads: the first of a party; a lone visitor is one.
    """

    crossing: Crossing
    staff: bool = False
    again: bool = False
    leads: bool = False


class Settling:
    """Holds crossings until they are judged.

    Args:
        entrances: names of the lines of the kind ``entrance``: returns are sought at these.
    """

    def __init__(self, entrances: Collection[str]) -> None:
        self._company = Company()
        self._parties = Parties(self._company)
        self._returns = Returns(entrances)
        self._pending: list[Crossing] = []
        self._returned: set[Crossing] = set()
        self._staff: AbstractSet[int] = frozenset()

    def update(self, moment: Moment, staff: AbstractSet[int] = frozenset()) -> list[Settled]:
        """Take the next moment.

        Args:
            moment: with the crossings that became certain in it.
            staff: walkers of whom it is known now; those who left lately included.

        Returns:
            What there is to say of crossings that are old enough now, by their time.
        """
        self._staff = staff
        self._returned.update(self._returns.update(moment))
        if moment.crossings:
            self._pending = sorted([*self._pending, *moment.crossings], key=attrgetter("at_s"))
        held = {crossing.track for crossing in self._pending}
        self._company.update(moment, held | self._parties.remembered)
        settled = self._judge(moment.at_s - SETTLE_S)
        self._parties.forget(moment.at_s - SETTLE_S - JOIN_S)
        return settled

    def rest(self) -> list[Settled]:
        """All that is held, by what is known now: nothing more will be seen."""
        return self._judge(float("inf"))

    def _judge(self, until_s: float) -> list[Settled]:
        settled = []
        while self._pending and self._pending[0].at_s <= until_s:
            settled.append(self._verdict(self._pending.pop(0)))
        return [each for each in settled if each.staff or each.again or each.leads]

    def _verdict(self, crossing: Crossing) -> Settled:
        again = crossing in self._returned
        self._returned.discard(crossing)
        if crossing.track in self._staff:
            return Settled(crossing, staff=True)
        visitors = [each for each in self._pending if each.track not in self._staff]
        return Settled(crossing, again=again, leads=self._parties.leads(crossing, visitors))
