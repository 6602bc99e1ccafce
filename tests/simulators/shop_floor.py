"""A shop floor with a zone on it, as a detector would tell of it, and the truth of who stayed.

    floor = ShopFloor.queue(seed=1, minutes=20)
    for at_s, detections in floor.samples(fps=5):
        ...
    floor.stays          # who really stayed in floor.zone, from when to when
    floor.mean_length(begin_s, end_s)

Two scenes. In the *queue*, customers come at random, stand behind one another, move up and are
served one by one, while others walk through beside them. *Browsing* people come to a table, stop
at some places on and around it, stroll from one to the next and leave, while others pass. Now and
then somebody is hidden for some seconds, as by a shelf. Lengths on the floor are in heights of a
person, across and along the zone; the camera is the one of ``doorway``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detections import Detections
from models.wire.events.footfall import ZoneKind
from tests.simulators.doorway import DEPTH_PX, HEIGHT_PX, MIDDLE, PERSPECTIVE, SIZE, Floats, Walk
from tests.simulators.erring_detector import ErringDetector, Errors, Person

WALKING, STROLLING = 0.8, 0.5
PLACE = 0.65
"""From one in the queue to the next."""
HEAD = -2.4
ELBOW_ROOM = 0.55
CLEAR = 0.12
"""So far from the border people stand, within or beside the zone."""
LONGEST_QUEUE = 8
REACTION_S = 0.4
QUEUE = (HEAD - 0.5, HEAD + PLACE * LONGEST_QUEUE + 0.3, -0.45, 0.45)
TABLE = (-1.6, 1.6, -1.2, 1.2)
"""Zones on the floor: from and to across, from and to along."""
POST = (300.0, 620.0, 80.0)
TRUTH_FPS = 30.0
AWAY_S, LEAST_STAY_S = 3.0, 5.0
"""What counts as a stay: see ``FloorTuning``."""

Place = tuple[float, float]
Area = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who comes, and how well they are seen.

    Attributes:
        a_minute: visitors or customers, on average.
        service_s: how long a customer is served, on average.
        passing: people who walk through, a minute.
        hidden_a_minute: how often somebody is hidden, by a shelf or the like ...
        longest_hidden_s: ... for up to so long.
        angle: of the zone to the picture.
    """

    a_minute: float = 2.0
    service_s: float = 25.0
    passing: float = 3.0
    hidden_a_minute: float = 1.0
    longest_hidden_s: float = 2.0
    angle: float = 0.3
    errors: Errors = field(default_factory=Errors)


@dataclass(frozen=True, slots=True)
class TrueStay:
    """Somebody was really there."""

    begin_s: float
    end_s: float

    @property
    def lasted_s(self) -> float:
        return self.end_s - self.begin_s


@dataclass(slots=True)
class Path:
    """A path over the floor as it is laid: where somebody is, when."""

    times: list[float]
    places: list[Place]

    def walk_to(self, place: Place, pace: float) -> Path:
        """Go straight on to there."""
        (x1, y1), (x2, y2) = self.places[-1], place
        self.times.append(self.times[-1] + float(np.hypot(x2 - x1, y2 - y1)) / pace + 1e-3)
        self.places.append(place)
        return self

    def stand_until(self, at_s: float, rng: np.random.Generator) -> Path:
        """Stay about here, and shift a little now and then."""
        x, y = self.places[-1]
        while (next_s := self.times[-1] + rng.exponential(12)) < at_s - 1:
            shifted = (x + rng.normal(0, 0.05), y + rng.normal(0, 0.05))
            self.times += [next_s, next_s + 0.4]
            self.places += [self.places[-1], shifted]
        self.times.append(max(at_s, self.times[-1] + 1e-3))
        self.places.append(self.places[-1])
        return self


@dataclass(slots=True)
class Cast:
    """Draws who comes."""

    rng: np.random.Generator
    walks: list[Walk] = field(default_factory=list)
    taken: list[tuple[Place, float, float]] = field(default_factory=list)

    def enter(self, path: Path) -> Walk:
        """Somebody takes this path."""
        across, along = np.array(path.places).T
        stature, phases = self.rng.normal(1, 0.06), self.rng.uniform(0, 6, 3)
        walk = Walk(np.array(path.times), across, along, stature, phases)
        self.walks.append(walk)
        return walk

    def pace(self, mean: float = WALKING) -> float:
        """How fast the next one walks."""
        return max(0.4, self.rng.normal(mean, 0.15))

    def arrivals(self, a_minute: float, until_s: float) -> list[float]:
        """Moments at random, so many a minute on average."""
        times, at_s = [], 0.0
        while (at_s := at_s + self.rng.exponential(60 / a_minute)) < until_s:
            times.append(at_s)
        return times

    def free_spot(self, begin_s: float, end_s: float) -> Place:
        """Where nobody else stands meanwhile, at the table or just beside the zone."""
        left, right, far, near = TABLE  # its middle is the floor's
        then = [spot for spot, begin, end in self.taken if begin < end_s and begin_s < end]
        while True:
            # Looking from beside the zone is not being there; on its very border nobody can say.
            x, y = self.rng.uniform((left - 0.5, far - 0.4), (right + 0.5, near + 0.4)).tolist()
            off = max(abs(x) - right, abs(y) - near)
            if abs(off) > CLEAR and all(
                np.hypot(x - other[0], y - other[1]) > ELBOW_ROOM for other in then
            ):
                self.taken.append(((x, y), begin_s, end_s))
                return x, y

    def pass_through(self, area: Area, at_s: float) -> None:
        """Somebody walks over the area, and out of the picture."""
        left, right, _, near = area
        side = 1.0 if self.rng.random() < 0.5 else -1.0
        if self.rng.random() < 0.3:
            lane = self.rng.uniform(0.4 * near, 0.9 * near)
            begin, end = (side * 4.5, lane), (-side * 4.5, lane)
        else:
            begin = (self.rng.uniform(left, right), side * (near + 3))
            end = (self.rng.uniform(left, right), -side * (near + 3))
        self.enter(Path([at_s], [begin]).walk_to(end, self.pace()))


@dataclass(frozen=True, slots=True)
class ShopFloor:
    """A scene; ``angle`` turns everything on it.

    Attributes:
        present: when somebody really was in the zone, passing people included where they count.
        stays: who really stayed: see ``LEAST_STAY_S``.
        hidden: when somebody, by number of the walk, was hidden for other reasons than people.
    """

    duration_s: float
    angle: float
    area: Area
    kind: ZoneKind
    walks: tuple[Walk, ...]
    present: tuple[TrueStay, ...]
    hidden: dict[int, list[tuple[float, float]]]
    detector: ErringDetector

    @classmethod
    def queue(cls, seed: int, minutes: float, crowd: Crowd | None = None) -> Self:
        """Customers who wait and are served; a stay is from joining the queue to leaving it."""
        crowd = crowd or Crowd()
        cast = Cast(np.random.default_rng(seed))
        waits = _queue(cast, 60 * minutes, crowd)
        return replace(cls._of(seed, ZoneKind.QUEUE, cast, 60 * minutes, crowd), present=waits)

    @classmethod
    def browsing(cls, seed: int, minutes: float, crowd: Crowd | None = None) -> Self:
        """Visitors to a table; a stay is from entering the zone to leaving it."""
        crowd = crowd or Crowd(a_minute=4.0)
        cast = Cast(np.random.default_rng(seed))
        for at_s in cast.arrivals(crowd.a_minute, 60 * minutes):
            _browse(cast, at_s)
        floor = cls._of(seed, ZoneKind.DWELL, cast, 60 * minutes, crowd)
        present = [stay for walk in floor.walks for stay in floor._spells(walk)]
        return replace(floor, present=tuple(present))

    @classmethod
    def _of(cls, seed: int, kind: ZoneKind, cast: Cast, duration_s: float, crowd: Crowd) -> Self:
        """With those who pass; nobody is present yet."""
        area = QUEUE if kind is ZoneKind.QUEUE else TABLE
        for at_s in cast.arrivals(crowd.passing, duration_s):
            cast.pass_through(area, at_s)
        return cls(
            duration_s,
            crowd.angle,
            area,
            kind,
            tuple(cast.walks),
            (),
            _hidden(cast, crowd),
            ErringDetector(seed, SIZE, POST, crowd.errors),
        )

    @property
    def zone(self) -> Zone:
        """The zone, in the picture."""
        left, right, far, near = self.area
        x, y = self._pictured(
            np.array([left, right, right, left]), np.array([far, far, near, near])
        )
        corners = zip(x.tolist(), y.tolist(), strict=True)
        return Zone("zone", self.kind, tuple(corners))

    @property
    def stays(self) -> list[TrueStay]:
        """Who stayed, of those who left before the end; by end."""
        long = (stay for stay in self.present if stay.lasted_s >= LEAST_STAY_S)
        return sorted(
            (stay for stay in long if stay.end_s < self.duration_s), key=lambda stay: stay.end_s
        )

    def mean_length(self, begin_s: float = 0.0, end_s: float = np.inf) -> float:
        """How many were in the zone, on average over time."""
        end_s = min(end_s, self.duration_s)
        times = (min(stay.end_s, end_s) - max(stay.begin_s, begin_s) for stay in self.present)
        return sum(max(time_s, 0.0) for time_s in times) / (end_s - begin_s)

    def samples(self, fps: float, phase_s: float = 0.0) -> Iterator[tuple[float, Detections]]:
        """What the detector says, picture by picture, with each picture's time in seconds."""
        moments = np.arange(phase_s, self.duration_s, 1 / fps)
        there: list[list[Person]] = [[] for _ in moments]
        for number, walk in enumerate(self.walks):
            first, last = np.searchsorted(moments, (walk.times[0], walk.times[-1]))
            x, y = self._pictured(*walk.place(moments[first:last]))
            height = walk.stature * HEIGHT_PX * (1 + PERSPECTIVE * (y - MIDDLE[1]) / DEPTH_PX)
            spells = self.hidden.get(number, [])
            for step, where in enumerate(zip(x, y, height, strict=True), int(first)):
                if not any(begin <= moments[step] < end for begin, end in spells):
                    there[step].append(Person(number, *map(float, where)))
        for at_s, people in zip(moments.tolist(), there, strict=True):
            yield at_s, self.detector.detect(at_s, people)

    def _spells(self, walk: Walk) -> Iterator[TrueStay]:
        """When somebody was within the zone in the picture, if one does not look at the sway."""
        at_s = np.arange(walk.times[0], walk.times[-1], 1 / TRUTH_FPS)
        x, y = self._pictured(*walk.place(at_s, sway=0.0))
        inside = _enclosed(x, y, self.zone.corners).astype(np.int8)
        edges = np.flatnonzero(np.diff(inside, prepend=0, append=0)).reshape(-1, 2)
        return _joined([(at_s[begin], at_s[end - 1]) for begin, end in edges])

    def _pictured(self, across: Floats, along: Floats) -> tuple[Floats, Floats]:
        aside = across * np.cos(self.angle) - along * np.sin(self.angle)
        nearer = across * np.sin(self.angle) + along * np.cos(self.angle)
        x = MIDDLE[0] + aside * HEIGHT_PX * (1 + PERSPECTIVE * nearer)
        return x, MIDDLE[1] + DEPTH_PX * nearer


def _hidden(cast: Cast, crowd: Crowd) -> dict[int, list[tuple[float, float]]]:
    """When each is hidden for other reasons than people."""
    hidden: dict[int, list[tuple[float, float]]] = {}
    for number, walk in enumerate(cast.walks):
        begin_s, end_s = walk.times[[0, -1]].tolist()
        for at_s in cast.arrivals(crowd.hidden_a_minute, end_s - begin_s):
            lasts_s = cast.rng.uniform(0.3, crowd.longest_hidden_s)
            hidden.setdefault(number, []).append((begin_s + at_s, begin_s + at_s + lasts_s))
    return hidden


def _queue(cast: Cast, until_s: float, crowd: Crowd) -> tuple[TrueStay, ...]:
    """Customers behind one another; who finds too long a queue does not come."""
    leaves: list[float] = []
    waits: list[TrueStay] = []
    for at_s in cast.arrivals(crowd.a_minute, until_s):
        pace = cast.pace()
        joins_s = at_s + 4.0 / pace
        ahead = [leaf_s for leaf_s in leaves if leaf_s > joins_s]
        if len(ahead) >= LONGEST_QUEUE:
            continue
        place = (HEAD + PLACE * len(ahead), 0.0)
        path = Path([at_s], [(place[0] + 2.4, -3.2)]).walk_to(place, pace)
        joins_s = path.times[-1]
        for number, leaf_s in enumerate(ahead):
            moves_s = leaf_s + REACTION_S * (number + 1)
            if moves_s > path.times[-1]:
                path.stand_until(moves_s, cast.rng)
            path.walk_to((place[0] - PLACE * (number + 1), 0.0), cast.pace())
        served_s = cast.rng.gamma(3.0, crowd.service_s / 3.0)
        path.stand_until(path.times[-1] + served_s, cast.rng)
        leaves.append(path.times[-1])
        waits.append(TrueStay(joins_s, path.times[-1]))
        path.walk_to((HEAD - 1.0, -4.0), cast.pace())
        cast.enter(path)
    return tuple(waits)


def _browse(cast: Cast, at_s: float) -> None:
    """Somebody comes to the table, looks at some things there, and goes."""
    rng = cast.rng
    side = 1.0 if rng.random() < 0.5 else -1.0
    path = Path([at_s], [(side * 4.2, rng.uniform(-1.5, 1.5))])
    for _ in range(rng.integers(1, 5)):
        lasts_s = rng.lognormal(2.1, 0.8)
        spot = cast.free_spot(path.times[-1], path.times[-1] + lasts_s + 5)
        path.walk_to(spot, STROLLING if len(path.times) > 1 else cast.pace())
        path.stand_until(path.times[-1] + lasts_s, rng)
    cast.enter(path.walk_to((-side * 4.2, rng.uniform(-1.5, 1.5)), cast.pace()))


def _joined(spells: Sequence[tuple[float, float]]) -> Iterator[TrueStay]:
    """Spells of one person, taken as one where the person is back soon."""
    joined: list[tuple[float, float]] = []
    for begin_s, end_s in spells:
        if joined and begin_s - joined[-1][1] < AWAY_S:
            joined[-1] = (joined[-1][0], end_s)
        else:
            joined.append((begin_s, end_s))
    yield from (TrueStay(float(begin_s), float(end_s)) for begin_s, end_s in joined)


def _enclosed(x: Floats, y: Floats, corners: Sequence[Place]) -> NDArray[np.bool_]:
    """Which points a polygon goes round: by the angles at which its sides are seen from there."""
    turned = np.zeros_like(x)
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        turn = np.arctan2(y2 - y, x2 - x) - np.arctan2(y1 - y, x1 - x)
        turned += (turn + np.pi) % (2 * np.pi) - np.pi
    enclosed: NDArray[np.bool_] = np.abs(turned) > np.pi
    return enclosed
