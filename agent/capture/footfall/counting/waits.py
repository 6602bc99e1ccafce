"""How long people wait in a queue: stays that are told apart by what a queue is.

People in a queue stand so close that the tracker takes one for the other, most of all when the
first leaves and the next moves up; and who walks past between them and the camera takes somebody's
track along. But a queue serves in order, and nobody begins within it:

- Of those who stand where one leaves, the one who has waited longest is who left.
- Whoever is first seen within the queue was there before, hidden. If somebody near was lost from
  it, or seen to leave it, a moment ago, then that one did not leave, and waits on.

So a wait may change hands, but it begins where somebody joins, and ends where somebody goes.
"""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting.floor_tuning import FloorTuning
from agent.capture.footfall.counting.stays import Company, Open, Stays
from agent.capture.footfall.counting.tracks import Floats


class Waits(Stays):
    """The stays in one queue."""

    def __init__(self, zone: str, tuning: FloorTuning) -> None:
        super().__init__(zone, tuning)
        self._away_s = tuning.missed_s
        self._left_at: dict[int, Floats] = {}
        """Where those of the open stays who left were last."""

    def _begun(self, person: int, company: Company, at_s: float) -> Open:
        row = company.row(person)
        if company.born[row] and (missed := self._missed_at(row, company, at_s)) is not None:
            stay = self._open.pop(missed)
            stay.left_s = np.inf
            return stay
        return super()._begun(person, company, at_s)

    def _end(self, person: int, company: Company, at_s: float) -> None:
        super()._end(person, company, at_s)
        before = self._before
        row = before.row(person)
        self._left_at = {one: at for one, at in self._left_at.items() if one in self._open}
        self._left_at[person] = before.feet[row]
        if at_s - self._open[person].begin_s >= self._tuning.least_stay_s:
            staying = before.here & np.isin(before.marked >> 2, company.inside >> 2)
            staying &= before.apart(row, before.feet) < self._tuning.order_reach
            self._leave_in_order(person, (before.marked[staying] >> 2).tolist())

    def _leave_in_order(self, person: int, around: list[int]) -> None:
        """Let who leaves have waited longest of those who still stand around."""
        stay = self._open[person]
        eldest = min([stay, *map(self._open.__getitem__, around)], key=lambda one: one.begin_s)
        stay.begin_s, eldest.begin_s = eldest.begin_s, stay.begin_s
        stay.cut, eldest.cut = eldest.cut, stay.cut

    def _missed_at(self, row: int, company: Company, at_s: float) -> int | None:
        """Who is supposed to have left lately, nearest to where this one appears."""
        lately = [
            person
            for person, stay in self._open.items()
            if at_s - self._tuning.missed_s <= stay.left_s <= at_s
        ]
        if not lately:
            return None
        off = company.apart(row, np.array([self._left_at[person] for person in lately]))
        nearest = int(off.argmin())
        return lately[nearest] if off[nearest] < self._tuning.missed_reach else None
