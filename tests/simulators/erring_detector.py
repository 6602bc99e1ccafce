"""A detector of people that errs as detectors do, without pictures.

Boxes tremble, people are missed for a moment, hide behind one another and lose their feet, torsos
are found again as persons, phantoms flash up, and a signpost is a person in most pictures. All of
it is a function of the seed, the person and time: the same scene can be sampled at any rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.detections import Detections

Box = NDArray[np.float64]
Told = list[tuple[Box, float]]

BREADTH = 0.36
NMS_IOU = 0.45
LEAST_SCORE = 0.1
MISS_S, PHANTOM_S = 0.2, 0.3
UNSEEABLE = 0.8
FEET_AT_RISK = 0.35
HALF_A_BODY = 0.4
LEAST_IN_PICTURE = 0.3
SURE_IN_PICTURE, LOST_IN_PICTURE = 0.7, 0.2
"""A detector is as sure as ever of somebody of whom the first share is in the picture, and less and
less down to the second: YOLOX-nano's median at the sides of ``vtest`` is .69 at 0.7, .49 at 0.45
and .13 at 0.3."""
PHANTOMS = 7


@dataclass(frozen=True, slots=True)
class Errors:
    """How the detector errs; shares are probabilities a picture, lengths in heights."""

    tremble: float = 0.025
    missed: float = 0.06
    torso: float = 0.03
    phantoms_a_minute: float = 6.0
    signpost: bool = True
    fades: bool = False
    """Whether the picture's edges take the score, too, of somebody whom they cut."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the picture: a number that stays, the foot point and the height in pixels."""

    number: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class ErringDetector:
    """Finds people in a picture of ``size``; ``post`` is the signpost's x, y and height."""

    seed: int
    size: tuple[int, int]
    post: tuple[float, float, float]
    errors: Errors = Errors()

    def detect(self, at_s: float, people: Sequence[Person]) -> Detections:
        """What it says of these people at this moment; nearer ones (lower ones) hide others."""
        rng = np.random.default_rng((self.seed, round(at_s * 1e6)))
        nearer: list[Box] = []
        told: Told = []
        for person in sorted(people, key=lambda person: -person.y):
            box = _box(person.x, person.y, person.height)
            score = self._score(at_s, person.number, _most_covered(box, nearer)) * self._kept(box)
            if score > LEAST_SCORE:
                told.append((self._trembling(rng, box, nearer), score))
            nearer.append(box)
        told += self._torsos(rng, told) + self._phantom(at_s) + self._signpost(rng)
        shown = ((self._cut(rng, box), score) for box, score in told)
        return _suppressed([(box, score) for box, score in shown if len(box)])

    def _score(self, at_s: float, number: int, hidden: float) -> float:
        luck = np.random.default_rng((self.seed, number, int(at_s / MISS_S)))
        if luck.random() < self.errors.missed or hidden > UNSEEABLE:
            return 0.0
        return float(np.clip(luck.normal(0.8, 0.06) - 0.8 * max(0.0, hidden - 0.2), 0.0, 1.0))

    def _kept(self, box: Box) -> float:
        """The share of the score that the picture's edge leaves."""
        if not self.errors.fades:
            return 1.0
        shown = _area(np.clip(box, 0, (*self.size, *self.size))) / _area(box)
        sure = (shown - LOST_IN_PICTURE) / (SURE_IN_PICTURE - LOST_IN_PICTURE)
        return float(np.clip(sure, 0.0, 1.0))

    def _trembling(self, rng: np.random.Generator, box: Box, nearer: Sequence[Box]) -> Box:
        """The box as found; half the time it ends where somebody nearer begins to hide it."""
        height = box[3] - box[1]
        found = box + rng.normal(0, self.errors.tremble * height, 4) * (1, 0.6, 1, 1)
        hiding = [other[1] for other in nearer if _covered(box, other) > FEET_AT_RISK]
        if hiding and rng.random() < 0.5:
            least = HALF_A_BODY * height
            found[3] = min(found[3], max(found[1] + least, min(hiding) + least))
        return found

    def _torsos(self, rng: np.random.Generator, told: Told) -> Told:
        found: Told = []
        for box, score in told:
            if rng.random() < self.errors.torso:
                torso = box.copy()
                torso[3] = box[1] + HALF_A_BODY * (box[3] - box[1])
                found.append((torso, 0.6 * score))
        return found

    def _phantom(self, at_s: float) -> Told:
        slot = np.random.default_rng((self.seed, PHANTOMS, int(at_s / PHANTOM_S)))
        if slot.random() >= self.errors.phantoms_a_minute * PHANTOM_S / 60:
            return []
        x, y = slot.uniform((0.06, 0.3), (0.94, 0.97)) * self.size
        return [(_box(x, y, slot.uniform(50, 160)), slot.uniform(0.15, 0.6))]

    def _signpost(self, rng: np.random.Generator) -> Told:
        if not self.errors.signpost or rng.random() >= 0.85:
            return []
        return [(_box(*self.post) + rng.normal(0, 1.5, 4), rng.uniform(0.3, 0.6))]

    def _cut(self, rng: np.random.Generator, box: Box) -> Box:
        """What the picture shows of a box; nothing if that is too little to be found.

        At the lower edge it is found to end now there, now a little above: legs have no end to see.
        """
        cut = np.clip(box, 0, (*self.size, *self.size))
        if self.errors.fades and box[3] > self.size[1]:
            cut[3] -= abs(rng.normal(0, self.errors.tremble)) * (box[3] - box[1])
        return cut if _area(cut) > LEAST_IN_PICTURE * _area(box) else cut[:0]


def _box(x: float, y: float, height: float) -> Box:
    half = BREADTH * height / 2
    return np.array([x - half, y - height, x + half, y])


def _area(box: Box) -> float:
    return float(max(box[2] - box[0], 0) * max(box[3] - box[1], 0))


def _shared(one: Box, other: Box) -> float:
    return _area(np.concatenate([np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])]))


def _covered(box: Box, other: Box) -> float:
    return _shared(box, other) / _area(box)


def _most_covered(box: Box, others: Sequence[Box]) -> float:
    return max((_covered(box, other) for other in others), default=0.0)


def _suppressed(told: Told) -> Detections:
    """Non-maximum suppression, as after any detector."""
    kept: Told = []
    for box, score in sorted(told, key=lambda pair: -pair[1]):
        shares = ((_shared(box, other), _area(box) + _area(other)) for other, _ in kept)
        if all(shared / (areas - shared) <= NMS_IOU for shared, areas in shares):
            kept.append((box, score))
    boxes = np.array([box for box, _ in kept], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([score for _, score in kept], np.float32))
