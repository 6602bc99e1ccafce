"""An entrance with families, couples, strangers, staff and people who come back, and the truth.

    entrance = Entrance.of(seed=1, minutes=10)
    for at_s, detections in entrance.doorway.samples(fps=5):
        ...
    entrance.truth       # who really crossed, with whom, whether one of the staff, whether again

The floor, the camera and the detector's errors are the doorway's. Lengths are in heights of a
person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise
from typing import Self

import numpy as np

from agent.capture.footfall.counting.line import Direction
from tests.simulators.doorway import FAR, POST, SIZE, WALKING_PACE, Doorway, Floats, Walk
from tests.simulators.erring_detector import ErringDetector, Errors

Point = tuple[float, float]

RETURN_S = 120.0
LONGEST_AWAY_S = 100.0
LAST_VISIT_S = 45.0
ARMS_LENGTH = 45.0
"""Feet further away than this, in pixels, are somebody else's."""
SHOWN_FRONT, SHOWN_BACK = 0.95, 0.5
SHOWN_FALSELY, SHOWN_ALIKE, VISITORS_ALIKE = 0.04, 0.4, 0.05
"""How often a badge is seen: of staff from the front and from behind, of visitors, of those
visitors who wear something like it, and how many these are."""


class Call(Enum):
    """What somebody, or a party, does at the entrance."""

    ALONE = auto()
    COUPLE = auto()
    IN_FILE = auto()
    HOLDING_THE_DOOR = auto()
    FAMILY = auto()
    STREAM = auto()  # strangers who happen to come one after the other
    MEETING = auto()  # strangers who meet in the door
    LINGERING = auto()
    STEPPING_OUT = auto()  # out, round, and in again, in view
    BACK_SOON = auto()  # out of view, and in again within two minutes
    STAFF = auto()


VISITORS = (
    *(Call.ALONE,) * 4,
    *(Call.COUPLE,) * 2,
    Call.IN_FILE,
    Call.HOLDING_THE_DOOR,
    Call.FAMILY,
    Call.STREAM,
    Call.MEETING,
    Call.LINGERING,
)
EVERYBODY = (*VISITORS, Call.STEPPING_OUT, Call.BACK_SOON, Call.STAFF, Call.STAFF)


_PARTIES = {Call.COUPLE: (2, 3), Call.FAMILY: (3, 5)}
"""How many walk side by side: from, and below."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whose walk it is: a person, their party on this visit, and whether they work here."""

    person: int
    party: int
    staff: bool = False


@dataclass(frozen=True, slots=True)
class Crossed:
    """Somebody really crossed; ``again`` when they had gone out within two minutes."""

    at_s: float
    direction: Direction
    who: Who
    again: bool


@dataclass(slots=True)
class Flow:
    """Draws the walks of calls."""

    rng: np.random.Generator
    walks: list[Walk] = field(default_factory=list)
    names: list[Who] = field(default_factory=list)
    persons: int = 0
    parties: int = 0

    def come(self, call: Call, at_s: float) -> None:
        """Somebody comes, or goes."""
        side = 1.0 if self.rng.random() < 0.5 else -1.0
        lane = self.rng.uniform(-1.2, 1.2)
        if call in _PARTIES:
            self._beside(at_s, side, lane, int(self.rng.integers(*_PARTIES[call])))
        elif call in (Call.STEPPING_OUT, Call.BACK_SOON):
            self._out_and_in(at_s, lane, in_view=call is Call.STEPPING_OUT)
        elif call is Call.IN_FILE:
            self._in_file(at_s, side, lane)
        elif call is Call.HOLDING_THE_DOOR:
            self._holding(at_s, side, lane)
        elif call is Call.LINGERING:
            self._lingering(at_s, side, lane)
        else:
            self._strangers(call, at_s, side, lane)

    def _strangers(self, call: Call, at_s: float, side: float, lane: float) -> None:
        """People who do not know one another."""
        self._through(at_s, side, lane, staff=call is Call.STAFF)
        if call is Call.MEETING:
            self._through(at_s + self.rng.uniform(0, 1), -side, lane + self.rng.uniform(-1, 1))
        elif call is Call.STREAM:
            for _ in range(int(self.rng.integers(2, 5))):
                at_s += 0.7 + self.rng.exponential(1.2)
                self._through(at_s, side, self.rng.uniform(-1.2, 1.2))

    def _through(self, at_s: float, side: float, lane: float, *, staff: bool = False) -> None:
        corners = ((-FAR * side, lane), (0.0, lane + self.rng.normal(0, 0.2)), (FAR * side, lane))
        self._walk(at_s, self._pace(), corners, self._somebody(self._party(), staff=staff))

    def _beside(self, at_s: float, side: float, lane: float, count: int) -> None:
        """So many side by side, nearly in step; the fourth walks behind."""
        pace, party = self._pace(), self._party()
        for number in range(count):
            aside = 0.45 * (number % 3) - 0.45 * (count > 2) + self.rng.normal(0, 0.05)
            behind = 0.6 * (number // 3) + self.rng.normal(0, 0.1)
            corners = tuple((x, lane + aside) for x in (-FAR * side, FAR * side))
            begin_s = at_s + max(0.0, behind / pace)
            self._walk(begin_s, pace * self.rng.normal(1, 0.02), corners, self._somebody(party))

    def _in_file(self, at_s: float, side: float, lane: float) -> None:
        """Two, one behind the other."""
        pace, party = self._pace(), self._party()
        for number in range(2):
            corners = tuple((x, lane + self.rng.normal(0, 0.1)) for x in (-FAR * side, FAR * side))
            begin_s = at_s + number * self.rng.uniform(0.5, 0.9) / pace
            self._walk(begin_s, pace * self.rng.normal(1, 0.02), corners, self._somebody(party))

    def _holding(self, at_s: float, side: float, lane: float) -> None:
        """Two side by side; one lets the other through and follows 1 to 3 s later."""
        pace, party = self._pace(), self._party()
        wait_s = self.rng.uniform(1, 3)
        for number, aside in enumerate((0.0, 0.5)):
            spot = (side * (0.7 if number == 0 else -0.3), lane + aside)
            corners = ((-FAR * side, lane + aside), spot, spot, (FAR * side, lane + aside))
            # Whoever went first waits beyond the line until the other has caught up.
            stay_s = wait_s if number else max(0.1, wait_s - 1.0 / pace + 0.8)
            self._walk(at_s, pace, corners, self._somebody(party), stay_s=stay_s)

    def _lingering(self, at_s: float, side: float, lane: float) -> None:
        begin, end = (-FAR * side, lane), (FAR * side, lane)
        spot = (-side * self.rng.uniform(0.1, 0.5), lane)
        leave = begin if self.rng.random() < 0.5 else end
        stay_s = self.rng.uniform(5, 25)
        self._walk(
            at_s, self._pace(), (begin, spot, spot, leave), self._somebody(self._party()), stay_s
        )

    def _out_and_in(self, at_s: float, lane: float, *, in_view: bool) -> None:
        """Out is to the right at angle 0: from across < 0."""
        person, pace = self._person(), self._pace()
        first, second = Who(person, self._party()), Who(person, self._party())
        if in_view:
            turn = (self.rng.uniform(0.5, 1.5), lane)
            corners = ((-FAR, lane), turn, turn, (-FAR, lane + 0.4))
            self._walk(at_s, pace, corners, first, stay_s=self.rng.uniform(0.2, 15))
            return
        self._walk(at_s, pace, ((-FAR, lane), (FAR, lane)), first)
        back_s = self.walks[-1].times[-1] + self.rng.uniform(3, LONGEST_AWAY_S)
        self._walk(float(back_s), pace, ((FAR, -lane), (-FAR, -lane)), second)

    def _pace(self) -> float:
        return max(0.4, self.rng.normal(*WALKING_PACE))

    def _party(self) -> int:
        self.parties += 1
        return self.parties

    def _person(self) -> int:
        self.persons += 1
        return self.persons

    def _somebody(self, party: int, *, staff: bool = False) -> Who:
        return Who(self._person(), party, staff)

    def _walk(
        self, at_s: float, pace: float, corners: Sequence[Point], who: Who, stay_s: float = 0.0
    ) -> None:
        times = [at_s]
        for (x1, y1), (x2, y2) in pairwise(corners):
            times.append(times[-1] + (float(np.hypot(x2 - x1, y2 - y1)) / pace or stay_s))
        across, along = np.array(corners).T
        stature, phases = self.rng.normal(1, 0.06), self.rng.uniform(0, 6, 3)
        self.walks.append(Walk(np.array(times), across, along, stature, phases))
        self.names.append(who)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A scene of some seconds; ``names`` says of each of the doorway's walks whose it is."""

    doorway: Doorway
    names: tuple[Who, ...]

    @classmethod
    def of(
        cls,
        seed: int,
        minutes: float,
        *,
        a_minute: float = 10.0,
        angle: float = 0.0,
        calls: Sequence[Call] = EVERYBODY,
        errors: Errors | None = None,
    ) -> Self:
        """Draw a scene; calls begin at random, ``a_minute`` of them on average."""
        flow = Flow(np.random.default_rng(seed))
        at_s, duration_s = 0.0, 60 * minutes
        while (at_s := at_s + flow.rng.exponential(60 / a_minute)) < duration_s - LAST_VISIT_S:
            flow.come(calls[int(flow.rng.integers(len(calls)))], at_s)
        detector = ErringDetector(seed, SIZE, POST, errors or Errors())
        doorway = Doorway(duration_s, angle, tuple(flow.walks), detector)
        return cls(doorway, tuple(flow.names))

    def whose(self, at_s: float, feet: Floats) -> list[Who | None]:
        """Whose feet (n, 2) these are, in pixels of the picture; None where nobody is near."""
        present = [
            (who, *self.doorway.pictured(*walk.place(np.array([at_s]))))
            for walk, who in zip(self.doorway.walks, self.names, strict=True)
            if walk.times[0] <= at_s <= walk.times[-1]
        ]
        found: list[Who | None] = []
        for x, y in feet.tolist():
            apart = [float(np.hypot(xs[0] - x, ys[0] - y)) for _, xs, ys in present]
            nearest = int(np.argmin(apart)) if apart else -1
            found.append(present[nearest][0] if apart and apart[nearest] < ARMS_LENGTH else None)
        return found

    def badges(self, at_s: float, feet: Floats) -> list[bool]:
        """Whether a picture shows the staff's colour at these feet; who is nobody shows none.

        From the front mostly, from behind seldom, and a few visitors wear something like it. Luck
        holds for half a second, as light and folds do.
        """
        shown = []
        for who in self.whose(at_s, feet):
            luck = np.random.default_rng((who.person if who else 0, int(2 * at_s)))
            nature = np.random.default_rng((who.person if who else 0, 77))
            alike = nature.random() < VISITORS_ALIKE
            faces = nature.random() < 0.5
            chance = SHOWN_FRONT if faces else SHOWN_BACK
            if who is None or not who.staff:
                chance = SHOWN_ALIKE if alike else SHOWN_FALSELY
            shown.append(bool(luck.random() < chance))
        return shown

    @property
    def truth(self) -> list[Crossed]:
        """Who crossed, by time."""
        crossed = sorted(
            (
                (event.at_s, event.direction, who)
                for walk, who in zip(self.doorway.walks, self.names, strict=True)
                for event in self.doorway.crossings(walk)
            ),
            key=lambda each: each[0],
        )
        left_at_s: dict[int, float] = {}
        truth = []
        for at_s, direction, who in crossed:
            away_s = at_s - left_at_s.get(who.person, -np.inf)
            again = direction is Direction.IN and away_s <= RETURN_S
            truth.append(Crossed(at_s, direction, who, again))
            if direction is Direction.OUT:
                left_at_s[who.person] = at_s
        return truth
