"""How long people stay: from when they come to be in a zone until they are there no more.

Somebody who steps out and is back within a few seconds has stayed; somebody who is there for a
few seconds only has passed through. Of a stay that was under way when the camera began, ended or
did not look, nobody knows the length: it is told as *cut*, never as a short one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.facts import CutStay, Stay
from agent.capture.footfall.counting.floor_tuning import FloorTuning
from agent.capture.footfall.counting.tracks import Flags

_THERE: Final = np.inf


@dataclass(slots=True)
class _Open:
    """A stay that may go on; ``left_s`` is infinite while the person is there."""

    begin_s: float
    cut: bool
    left_s: float = _THERE
    visitor: bool = False
    staff: bool = False


class Stays:
    """The stays in one zone. Holds those that go on, and those that ended a moment ago."""

    def __init__(self, zone: str, tuning: FloorTuning) -> None:
        self._zone = zone
        self._tuning = tuning
        self._open: dict[int, _Open] = {}
        self._latest: NDArray[np.int64] = np.zeros(0, np.int64)
        self._blind_s = -np.inf

    def update(
        self, persons: NDArray[np.int64], proven: Flags, staff: Flags, at_s: float, span_s: float
    ) -> list[Stay | CutStay]:
        """Take who is in the zone now.

        Args:
            persons: (m,) a number each, nobody twice.
            proven: (m,) whether they are people.
            staff: (m,) whether they are staff, as far as is known.
            at_s: the moment, after the last one.
            span_s: as of ``Moment``; with 0, nobody looked before.

        Returns:
            Stays of visitors that ended some seconds ago, and will not be taken up again.
        """
        if not span_s:
            self._blind_s = at_s
        latest = persons * 4 + proven * 2 + staff
        if not np.array_equal(latest, self._latest):
            self._latest = latest
            flags = zip(proven.tolist(), staff.tolist(), strict=True)
            # They came and went at some time since the look before.
            self._note(dict(zip(persons.tolist(), flags, strict=True)), at_s - span_s / 2)
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
            stay.left_s = min(stay.left_s, at_s)

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
