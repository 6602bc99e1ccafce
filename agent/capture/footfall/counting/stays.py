"""How long people stay: from when they come to be in a zone until they are there no more.

Somebody who steps out and is back within a few seconds has stayed; somebody who is there for a
few seconds only has passed through. Of a stay that was under way when the camera began, ended or
did not look, nobody knows the length: it is told as *cut*, never as a short one.

People in a queue stand so close that the tracker takes one for the other, most of all when the
first leaves and the next moves up. But a queue serves in order: of those who stand where one
leaves, the one who has waited longest is who left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.facts import CutStay, Stay
from agent.capture.footfall.counting.floor_tuning import FloorTuning
from agent.capture.footfall.counting.tracks import Flags, Floats

_THERE: Final = np.inf


@dataclass(frozen=True, slots=True)
class Company:
    """Everybody who is there, and who of them is in a zone; rows belong together.

    Attributes:
        marked: (n,) a number each, as ``marked`` makes them.
        feet: (n, 2) where they are, in their own heights.
        here: (n,) who is in the zone.
    """

    marked: NDArray[np.int64]
    feet: Floats
    here: Flags


def marked(persons: NDArray[np.int64], proven: Flags, staff: Flags) -> NDArray[np.int64]:
    """Persons (n,), nobody twice, each with what is known: whether they are people, and staff."""
    return persons * 4 + proven * 2 + staff


@dataclass(slots=True)
class _Open:
    """A stay that may go on; ``left_s`` is infinite while the person is there."""

    begin_s: float
    cut: bool
    left_s: float = _THERE
    visitor: bool = False
    staff: bool = False


class Stays:
    """The stays in one zone. Holds those that go on, and those that ended a moment ago.

    Args:
        zone: its name.
        in_order: whether who came first leaves first, as in a queue.
        tuning: how long and how near is what.
    """

    def __init__(self, zone: str, tuning: FloorTuning, *, in_order: bool = False) -> None:
        self._zone = zone
        self._in_order = in_order
        self._tuning = tuning
        self._open: dict[int, _Open] = {}
        self._latest: NDArray[np.int64] = np.zeros(0, np.int64)
        self._company = Company(self._latest, np.zeros((0, 2)), np.zeros(0, np.bool_))
        self._blind_s = -np.inf

    def update(self, company: Company, at_s: float, span_s: float) -> list[Stay | CutStay]:
        """Take who is in the zone now, after the last time; ``span_s`` is as of ``Moment``.

        Returns:
            Stays of visitors that ended some seconds ago, and will not be taken up again.
        """
        if not span_s:
            self._blind_s = at_s  # nobody looked before
        latest = company.marked[company.here]
        if not np.array_equal(latest, self._latest):
            self._latest = latest
            here = {each >> 2: (bool(each & 2), bool(each & 1)) for each in latest.tolist()}
            # They came and went at some time since the look before.
            self._note(here, at_s - span_s / 2)
        self._company = company
        return list(self._over(at_s))

    def rest(self, at_s: float) -> list[CutStay]:
        """What nobody will see the end of, when nobody looks any more."""
        stays, self._open = self._open, {}
        lengths = [(stay, min(stay.left_s, at_s) - stay.begin_s) for stay in stays.values()]
        return [
            CutStay(self._zone, at_s) for stay, length_s in lengths if self._counts(stay, length_s)
        ]

    def _note(self, here: Mapping[int, tuple[bool, bool]], at_s: float) -> None:
        for person, (proven, staff) in here.items():
            stay = self._open.get(person)
            if stay is None:
                cut = at_s <= self._blind_s + self._tuning.settle_s
                stay = self._open[person] = _Open(at_s, cut)
            stay.left_s = _THERE
            stay.visitor |= proven
            stay.staff |= staff
        for person in self._open.keys() - here.keys():
            stay = self._open[person]
            if stay.left_s == _THERE:
                stay.left_s = at_s
                if self._in_order and at_s - stay.begin_s >= self._tuning.least_stay_s:
                    self._leave_in_order(person, here.keys())

    def _leave_in_order(self, person: int, here: AbstractSet[int]) -> None:
        """Let who leaves have waited longest of those who still stand around."""
        stay = self._open[person]
        before = self._company
        persons, feet = before.marked[before.here] >> 2, before.feet[before.here]
        apart = feet - feet[persons == person][:1]
        near = persons[np.hypot(apart[:, 0], apart[:, 1]) < self._tuning.order_reach]
        around = [self._open[one] for one in near.tolist() if one in here]
        eldest = min([stay, *around], key=attrgetter("begin_s"))
        stay.begin_s, eldest.begin_s = eldest.begin_s, stay.begin_s
        stay.cut, eldest.cut = eldest.cut, stay.cut

    def _over(self, at_s: float) -> Iterator[Stay | CutStay]:
        before_s = at_s - self._tuning.away_s
        for person in [one for one, stay in self._open.items() if stay.left_s < before_s]:
            stay = self._open.pop(person)
            lasted_s = stay.left_s - stay.begin_s
            if not self._counts(stay, lasted_s):
                continue
            if stay.cut or self._blind_s >= stay.left_s:
                yield CutStay(self._zone, stay.left_s)
            else:
                yield Stay(self._zone, stay.left_s, lasted_s)

    def _counts(self, stay: _Open, lasted_s: float) -> bool:
        return stay.visitor and not stay.staff and lasted_s >= self._tuning.least_stay_s
