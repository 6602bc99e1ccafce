"""How long people stay: from when they come to be in a zone until they are there no more.

Somebody who steps out and is back within a few seconds has stayed; somebody who is there for a
few seconds only has passed through. Of a stay that was under way when the camera began, ended or
did not look, nobody knows the length: it is told as *cut*, never as a short one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
        feet: (n, 2) where they are, pixels.
        heights: (n,) pixels.
        here: (n,) who is in the zone.
        born: (n,) who was first seen within it, and did not only flash up there.
    """

    marked: NDArray[np.int64]
    feet: Floats
    heights: Floats
    here: Flags
    born: Flags

    @property
    def inside(self) -> NDArray[np.int64]:
        """Who is in the zone, (m,), marked."""
        return self.marked[self.here]

    def row(self, person: int) -> int:
        """The row of one of them."""
        return int((self.marked >> 2 == person).argmax())

    def apart(self, row: int, places: Floats) -> Floats:
        """How far off places (m, 2) are from somebody, in the heights of that one."""
        off = places - self.feet[row]
        distances: Floats = np.hypot(off[:, 0], off[:, 1]) / self.heights[row]
        return distances


def nobody() -> Company:
    """Before anybody was there."""
    none = np.zeros(0)
    return Company(none.astype(np.int64), np.zeros((0, 2)), none, none > 0, none > 0)


def marked(persons: NDArray[np.int64], proven: Flags, staff: Flags) -> NDArray[np.int64]:
    """Persons (n,), nobody twice, each with what is known: whether they are people, and staff."""
    return persons * 4 + proven * 2 + staff


@dataclass(slots=True)
class Open:
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
        tuning: how long is what.
    """

    def __init__(self, zone: str, tuning: FloorTuning) -> None:
        self._zone = zone
        self._tuning = tuning
        self._away_s = tuning.away_s
        self._open: dict[int, Open] = {}
        self._before = nobody()
        self._blind_s = -np.inf

    def update(self, company: Company, at_s: float, span_s: float) -> list[Stay | CutStay]:
        """Take who is in the zone now, after the last time; ``span_s`` is as of ``Moment``.

        Returns:
            Stays of visitors that ended some seconds ago, and will not be taken up again.
        """
        if not span_s:
            self._blind_s = at_s  # nobody looked before
        if not np.array_equal(company.inside, self._before.inside):
            # They came and went at some time since the look before.
            self._note(company, at_s - span_s / 2)
        self._before = company
        return list(self._over(at_s))

    def rest(self, at_s: float) -> list[CutStay]:
        """What nobody will see the end of, when nobody looks any more."""
        stays, self._open = self._open, {}
        lengths = [(stay, min(stay.left_s, at_s) - stay.begin_s) for stay in stays.values()]
        return [
            CutStay(self._zone, at_s) for stay, length_s in lengths if self._counts(stay, length_s)
        ]

    def _note(self, company: Company, at_s: float) -> None:
        here = {each >> 2: each for each in company.inside.tolist()}
        for person in self._open.keys() & here.keys():
            self._open[person].left_s = _THERE
        for person in here.keys() - self._open.keys():
            self._open[person] = self._begun(person, company, at_s)
        for person, mark in here.items():
            self._open[person].visitor |= bool(mark & 2)
            self._open[person].staff |= bool(mark & 1)
        for person in self._open.keys() - here.keys():
            if self._open[person].left_s == _THERE:
                self._end(person, company, at_s)

    def _begun(self, _person: int, _company: Company, at_s: float) -> Open:
        """The stay of somebody who has just come to be there."""
        return Open(at_s, cut=at_s <= self._blind_s + self._tuning.settle_s)

    def _end(self, person: int, _company: Company, at_s: float) -> None:
        """Somebody has just ceased to be there."""
        self._open[person].left_s = at_s

    def _over(self, at_s: float) -> Iterator[Stay | CutStay]:
        before_s = at_s - self._away_s
        for person in [one for one, stay in self._open.items() if stay.left_s < before_s]:
            stay = self._open.pop(person)
            lasted_s = stay.left_s - stay.begin_s
            if not self._counts(stay, lasted_s):
                continue
            if stay.cut or self._blind_s >= stay.left_s:
                yield CutStay(self._zone, stay.left_s)
            else:
                yield Stay(self._zone, stay.left_s, lasted_s)

    def _counts(self, stay: Open, lasted_s: float) -> bool:
        return stay.visitor and not stay.staff and lasted_s >= self._tuning.least_stay_s
