"""A doorway with people in it, as a detector would tell of it: boxes and scores, no pictures.

    doorway = Doorway.of(seed=1, minutes=10)
    for at_s, detections in doorway.samples(fps=5):
        counter.update(detections, at_s)
    doorway.truth        # who really crossed, when, which way

Lengths on the floor are in heights of a person. People come singly and in groups, walk through,
turn round before the line or come back from beyond it, linger before it, and pass by its end. The
detector errs as detectors do: boxes tremble, people are missed for a moment, hide behind one
another and lose their feet, torsos are found again as persons, phantoms flash up, and a signpost
close to the line is a person in most pictures.

All of it is a function of the seed and of time, so that the same scene can be sampled at any rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.detection.detections import Detections

Floats = NDArray[np.float64]

SIZE = (960, 720)
MIDDLE = (480.0, 400.0)
HEIGHT_PX = 110.0
DEPTH_PX = 66.0
PERSPECTIVE = 0.1
BREADTH = 0.36
HALF_LINE = 2.2
WALKING_PACE = (0.8, 0.15)
NMS_IOU = 0.45
LEAST_SCORE = 0.1
FINE_FPS = 30.0


@dataclass(frozen=True, slots=True)
class Errors:
    """How the detector errs; shares are probabilities, lengths in heights."""

    tremble: float = 0.025
    missed: float = 0.06
    torso: float = 0.03
    phantoms_a_minute: float = 6.0
    signpost: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody really crossed."""

    at_s: float
    direction: Direction


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody is, when: corners of a path over the floor, and how they sway on it."""

    times: Floats
    across: Floats
    along: Floats
    stature: float
    phases: Floats

    def place(self, at_s: Floats, sway: float = 1.0) -> tuple[Floats, Floats]:
        """Across and along the line at each moment."""
        wave = [np.sin(rate * at_s + phase) for rate, phase in zip((1.3, 2.9, 5.1), self.phases)]
        across = np.interp(at_s, self.times, self.across) + sway * (0.03 * wave[0] + 0.015 * wave[1])
        along = np.interp(at_s, self.times, self.along) + sway * (0.02 * wave[1] + 0.01 * wave[2])
        return across, along


@dataclass(slots=True)
class Crowd:
    """Draws walks; what each kind of visitor does is a method."""

    rng: np.random.Generator
    walks: list[Walk] = field(default_factory=list)

    def through(self, at_s: float) -> None:
        side, lane, pace = self._entrance()
        self._walk(at_s, pace, (-3.8 * side, lane), (0.0, lane + self._spread(0.2)), (3.8 * side, lane))

    def group(self, at_s: float) -> None:
        side, lane, pace = self._entrance()
        for number in range(self.rng.integers(2, 5)):
            begin = at_s + 0.25 * number + self.rng.uniform(0, 0.3)
            beside = lane + 0.42 * (number - 1) + self._spread(0.05)
            self._walk(begin, pace * self.rng.normal(1, 0.05), (-3.8 * side, beside), (3.8 * side, beside))

    def turning_before(self, at_s: float) -> None:
        side, lane, pace = self._entrance()
        turn = -side * self.rng.uniform(0.2, 0.5)
        self._walk(at_s, pace, (-3.8 * side, lane), (turn, lane + 0.2), (-3.8 * side, lane + 0.5))

    def coming_back(self, at_s: float) -> None:
        side, lane, pace = self._entrance()
        turn = side * self.rng.uniform(0.4, 1.2)
        self._walk(at_s, pace, (-3.8 * side, lane), (turn, lane + 0.2), (-3.8 * side, lane + 0.4))

    def lingering(self, at_s: float) -> None:
        side, lane, pace = self._entrance()
        spot = (-side * self.rng.uniform(0.02, 0.3), lane)
        leaves_by = side if self.rng.random() < 0.5 else -side
        self._walk(
            at_s, pace, (-3.8 * side, lane), spot, spot, (3.8 * leaves_by, lane),
            stay_s=self.rng.uniform(5, 25),
        )

    def passing_by(self, at_s: float) -> None:
        side, _, pace = self._entrance()
        lane = HALF_LINE + self.rng.uniform(0.4, 0.8)
        self._walk(at_s, pace, (-4.5 * side, lane), (4.5 * side, lane))

    def _entrance(self) -> tuple[float, float, float]:
        side = 1.0 if self.rng.random() < 0.5 else -1.0
        return side, self.rng.uniform(-1.4, 1.2), max(0.4, self.rng.normal(*WALKING_PACE))

    def _spread(self, share: float) -> float:
        return float(self.rng.normal(0, share))

    def _walk(self, at_s: float, pace: float, *corners: tuple[float, float], stay_s: float = 0.0) -> None:
        times = [at_s]
        for (a, b), (c, d) in pairwise(corners):
            times.append(times[-1] + (np.hypot(c - a, d - b) / pace or stay_s))
        across, along = np.array(corners).T
        stature = self.rng.normal(1, 0.06)
        self.walks.append(Walk(np.array(times), across, along, stature, self.rng.uniform(0, 6, 3)))


@dataclass(frozen=True, slots=True)
class Doorway:
    """A scene: who walks where, over which line, seen by which detector."""

    seed: int
    duration_s: float
    angle: float
    walks: tuple[Walk, ...]
    errors: Errors

    @classmethod
    def of(
        cls, seed: int, minutes: float, *, a_minute: float = 12.0, angle: float = 0.0, errors: Errors | None = None,
        kinds: tuple[str, ...] = ("through",) * 5 + ("group", "group", "turning_before", "coming_back", "lingering", "passing_by"),
    ) -> Self:
        """Draw a scene; visitors (or groups) come at random, ``a_minute`` of them on average."""
        crowd = Crowd(np.random.default_rng(seed))
        at_s, duration_s = 0.0, 60 * minutes
        while True:
            at_s += crowd.rng.exponential(60 / a_minute)
            if at_s > duration_s - 45:
                break
            getattr(crowd, str(crowd.rng.choice(kinds)))(at_s)
        return cls(seed, duration_s, angle, tuple(crowd.walks), errors or Errors())

    @property
    def line(self) -> Line:
        """The line, in the picture."""
        x, y = self._picture(np.zeros(2), np.array([-HALF_LINE, HALF_LINE]))
        return Line("door", x[0], y[0], x[1], y[1])

    @property
    def truth(self) -> list[Event]:
        """Who crossed, by where the feet were in the picture; by time."""
        line, found = self.line, []
        for walk in self.walks:
            at_s = np.arange(walk.times[0], walk.times[-1], 1 / FINE_FPS)
            x, y = self._picture(*walk.place(at_s, sway=0.0))
            along_x, along_y = line.x2 - line.x1, line.y2 - line.y1
            c = along_x * (y - line.y1) - along_y * (x - line.x1)
            share = (along_x * (x - line.x1) + along_y * (y - line.y1)) / line.length**2
            for step in np.flatnonzero((c[1:] > 0) != (c[:-1] > 0)):
                if 0 <= share[step] <= 1:
                    direction = Direction.IN if c[step + 1] > 0 else Direction.OUT
                    found.append(Event(float(at_s[step]), direction))
        return sorted(found, key=lambda event: event.at_s)

    def samples(self, fps: float, phase_s: float = 0.0) -> Iterator[tuple[float, Detections]]:
        """What the detector says, picture by picture."""
        moments = np.arange(phase_s, self.duration_s, 1 / fps)
        present: list[list[tuple[int, float, float]]] = [[] for _ in moments]
        for number, walk in enumerate(self.walks):
            first, last = np.searchsorted(moments, (walk.times[0], walk.times[-1]))
            x, y = self._picture(*walk.place(moments[first:last]))
            for step in range(first, last):
                present[step].append((number, x[step - first], y[step - first]))
        for at_s, people in zip(moments, present):
            yield float(at_s), self._detect(float(at_s), people)

    def _picture(self, across: Floats, along: Floats) -> tuple[Floats, Floats]:
        """From the floor to the picture; at angle 0 a walk across goes from left to right."""
        turned_x = across * np.cos(self.angle) - along * np.sin(self.angle)
        turned_y = across * np.sin(self.angle) + along * np.cos(self.angle)
        return MIDDLE[0] + turned_x * HEIGHT_PX * (1 + PERSPECTIVE * turned_y), MIDDLE[1] + DEPTH_PX * turned_y

    def _detect(self, at_s: float, people: list[tuple[int, float, float]]) -> Detections:
        rng = np.random.default_rng((self.seed, round(at_s * 1e6)))
        boxes, scores = [], []
        for number, x, y in sorted(people, key=lambda person: -person[2]):
            height = self.walks[number].stature * HEIGHT_PX * (1 + PERSPECTIVE * (y - MIDDLE[1]) / DEPTH_PX)
            box = _box(x, y, height)
            hidden = max((_covered(box, other) for other in boxes), default=0.0)
            boxes.append(box)
            scores.append(self._score(at_s, number, hidden))
        told = [
            (self._tremble(rng, box, scores[i], boxes[:i]), scores[i])
            for i, box in enumerate(boxes)
            if scores[i] > LEAST_SCORE
        ]
        told += self._torsos(rng, told) + self._falsehoods(rng, at_s)
        return _suppressed([(cut, score) for box, score in told if (cut := _cut(box)) is not None])

    def _score(self, at_s: float, number: int, hidden: float) -> float:
        """Nothing where somebody is missed; misses last a fifth of a second."""
        luck = np.random.default_rng((self.seed, number, int(at_s / 0.2)))
        if luck.random() < self.errors.missed or hidden > 0.8:
            return 0.0
        return float(np.clip(luck.normal(0.8, 0.06) - 0.8 * max(0.0, hidden - 0.2), 0.0, 1.0))

    def _tremble(self, rng: np.random.Generator, box: Floats, score: float, nearer: list[Floats]) -> Floats:
        height = box[3] - box[1]
        trembling = box + rng.normal(0, self.errors.tremble * height, 4) * (1, 0.6, 1, 1)
        hiding = [other for other in nearer if _covered(box, other) > 0.35]
        if hiding and rng.random() < 0.5:
            trembling[3] = min(trembling[3], max(trembling[1] + 0.4 * height, min(other[1] for other in hiding) + 0.4 * height))
        return trembling

    def _torsos(self, rng: np.random.Generator, told: list[tuple[Floats, float]]) -> list[tuple[Floats, float]]:
        found = []
        for box, score in told:
            if rng.random() < self.errors.torso:
                torso = box.copy()
                torso[3] = box[1] + 0.4 * (box[3] - box[1])
                found.append((torso, 0.6 * score))
        return found

    def _falsehoods(self, rng: np.random.Generator, at_s: float) -> list[tuple[Floats, float]]:
        told = []
        slot = np.random.default_rng((self.seed, 7, int(at_s / 0.3)))
        if slot.random() < self.errors.phantoms_a_minute * 0.3 / 60:
            told.append((_box(*slot.uniform((60, 200), (900, 700)), slot.uniform(50, 160)), slot.uniform(0.15, 0.6)))
        if self.errors.signpost and rng.random() < 0.85:
            post = _box(MIDDLE[0] + 8, MIDDLE[1] - 70, 80) + rng.normal(0, 1.5, 4)
            told.append((post, rng.uniform(0.3, 0.6)))
        return told


def _box(x: float, y: float, height: float) -> Floats:
    half = BREADTH * height / 2
    return np.array([x - half, y - height, x + half, y])


def _area(box: Floats) -> float:
    return float(max(box[2] - box[0], 0) * max(box[3] - box[1], 0))


def _shared(one: Floats, other: Floats) -> float:
    return _area(np.concatenate([np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])]))


def _covered(box: Floats, other: Floats) -> float:
    return _shared(box, other) / _area(box)


def _cut(box: Floats) -> Floats | None:
    """What the picture shows of a box; nothing if that is too little to be found."""
    cut = np.clip(box, 0, (*SIZE, *SIZE))
    return cut if _area(cut) > 0.3 * _area(box) else None


def _suppressed(told: list[tuple[Floats, float]]) -> Detections:
    """Non-maximum suppression, as after any detector."""
    kept: list[tuple[Floats, float]] = []
    for box, score in sorted(told, key=lambda pair: -pair[1]):
        shares = ((_shared(box, other), _area(box) + _area(other)) for other, _ in kept)
        if all(shared / (areas - shared) <= NMS_IOU for shared, areas in shares):
            kept.append((box, score))
    boxes = np.array([box for box, _ in kept], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([score for _, score in kept], np.float32))
