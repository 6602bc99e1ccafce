"""Groups beside heads: people who came over a line together are one party.

Crossings of one line in one direction are linked when their walkers are company and not more than
some seconds lie between them; links of links are one party. A party counts with the first of its
crossings that is judged, and the others join it. Nobody's party is ended by a rule: it is forgotten
once nobody can join it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.capture.footfall.counting.company import Company
from agent.capture.footfall.counting.line import Crossing

JOIN_S: Final = 4.0
"""Somebody of the party crosses at most so long after (or before) another one of it."""


class Parties:
    """Tells which crossings lead a party. Those that were judged are kept while one may join."""

    def __init__(self, company: Company, join_s: float = JOIN_S) -> None:
        self._company = company
        self._join_s = join_s
        self._judged: list[Crossing] = []

    @property
    def remembered(self) -> set[int]:
        """Whose company must not be forgotten yet."""
        return {crossing.track for crossing in self._judged}

    def leads(self, crossing: Crossing, pending: Sequence[Crossing] = ()) -> bool:
        """Judge one crossing: whether its party was not counted yet.

        Args:
            crossing: each once.
            pending: crossings that are to be judged later; they may link this one to its party.
        """
        party, frontier = {crossing}, [crossing]
        others = [*self._judged, *pending]
        while frontier:
            member = frontier.pop()
            joined = {
                other for other in others if other not in party and self._linked(member, other)
            }
            party |= joined
            frontier += joined
        leads = party.isdisjoint(self._judged)
        self._judged.append(crossing)
        return leads

    def forget(self, before_s: float) -> None:
        """Drop crossings that happened before: nobody who is judged from now on joins them."""
        self._judged = [each for each in self._judged if each.at_s >= before_s]

    def _linked(self, one: Crossing, other: Crossing) -> bool:
        return (
            one.line == other.line
            and one.direction is other.direction
            and abs(one.at_s - other.at_s) <= self._join_s
            and self._company.knows(one.track, other.track)
        )
