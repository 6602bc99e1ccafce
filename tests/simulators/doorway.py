"""A doorway with people in it, as a detector would tell of it, and the truth of who crossed.

    doorway = Doorway.of(seed=1, minutes=10)
    for at_s, detections in doorway.samples(fps=5):
        counter.update(detections, at_s)
    doorway.truth        # who really crossed, when, which way

People come singly and in groups, walk through, turn round before the line or come back from beyond
it, linger before it, and pass by its end; a signpost stands close to the line. Lengths on the
floor are in heights of a person, across the line and along it.

``Doorway.at_the_edge`` is one whose line is close to a side of the picture, over which people leave
and enter the view: the side cuts them, and the detector is less and less sure of what is left.
``Doorway.at_the_lower_edge`` is likewise close to the lower edge: who is cut there has no feet in
the picture, and who comes is seen from the head down, and larger than those further up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import pairwise
from typing import Self, assert_never

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.detection.detections import Detections
from tests.simulators.erring_detector import ErringDetector, Errors, Person

Floats = NDArray[np.float64]

SIZE = (960, 720)
MIDDLE = (480.0, 400.0)
HEIGHT_PX = 110.0
DEPTH_PX = 66.0
"""A height's length on the floor away from the camera, in pixels: it looks down by 37 degrees."""
PERSPECTIVE = 0.1
POST = (488.0, 330.0, 80.0)
HALF_LINE = 2.2
FAR = 3.8
WALKING_PACE = (0.8, 0.15)
TRUTH_FPS = 30.0
LAST_VISIT_S = 45.0


class Visit(Enum):
    """What a visitor, or a group of them, does."""

    THROUGH = auto()
    GROUP = auto()
    TURNING_BEFORE = auto()
    COMING_BACK = auto()
    LINGERING = auto()
    PASSING_BY = auto()


EVERYBODY = (Visit.THROUGH,) * 4 + tuple(Visit) + (Visit.GROUP,)


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
        slow, middle, fast = np.sin(np.outer((1.3, 2.9, 5.1), at_s) + self.phases[:, np.newaxis])
        across = np.interp(at_s, self.times, self.across) + sway * (0.03 * slow + 0.015 * middle)
        along = np.interp(at_s, self.times, self.along) + sway * (0.02 * middle + 0.01 * fast)
        return across, along


@dataclass(slots=True)
class Crowd:
    """Draws the walks of visits."""

    rng: np.random.Generator
    walks: list[Walk] = field(default_factory=list)

    def come(self, visit: Visit, at_s: float) -> None:
        """Somebody begins a visit."""
        side = 1.0 if self.rng.random() < 0.5 else -1.0
        lane = self.rng.uniform(-1.4, 1.2)
        pace = max(0.4, self.rng.normal(*WALKING_PACE))
        begin, end = (-FAR * side, lane), (FAR * side, lane)
        match visit:
            case Visit.THROUGH:
                self._walk(at_s, pace, begin, (0.0, lane + self.rng.normal(0, 0.2)), end)
            case Visit.GROUP:
                self._group(at_s, pace, begin, end)
            case Visit.TURNING_BEFORE:
                turn = (-side * self.rng.uniform(0.2, 0.5), lane + 0.2)
                self._walk(at_s, pace, begin, turn, (-FAR * side, lane + 0.5))
            case Visit.COMING_BACK:
                turn = (side * self.rng.uniform(0.4, 1.2), lane + 0.2)
                self._walk(at_s, pace, begin, turn, (-FAR * side, lane + 0.4))
            case Visit.LINGERING:
                spot = (-side * self.rng.uniform(0.02, 0.3), lane)
                leave = begin if self.rng.random() < 0.5 else end
                stay_s = self.rng.uniform(5, 25)
                self._walk(at_s, pace, begin, spot, spot, leave, stay_s=stay_s)
            case Visit.PASSING_BY:
                beyond = HALF_LINE + self.rng.uniform(0.4, 0.8)
                self._walk(at_s, pace, (-4.5 * side, beyond), (4.5 * side, beyond))
            case _:
                assert_never(visit)

    def _group(
        self, at_s: float, pace: float, begin: tuple[float, float], end: tuple[float, float]
    ) -> None:
        """Two to four side by side, nearly in step."""
        for number in range(self.rng.integers(2, 5)):
            beside = 0.42 * (number - 1) + self.rng.normal(0, 0.05)
            self._walk(
                at_s + 0.25 * number + self.rng.uniform(0, 0.3),
                pace * self.rng.normal(1, 0.05),
                (begin[0], begin[1] + beside),
                (end[0], end[1] + beside),
            )

    def _walk(
        self, at_s: float, pace: float, *corners: tuple[float, float], stay_s: float = 0.0
    ) -> None:
        times = [at_s]
        for (x1, y1), (x2, y2) in pairwise(corners):
            times.append(times[-1] + (float(np.hypot(x2 - x1, y2 - y1)) / pace or stay_s))
        across, along = np.array(corners).T
        stature, phases = self.rng.normal(1, 0.06), self.rng.uniform(0, 6, 3)
        self.walks.append(Walk(np.array(times), across, along, stature, phases))


@dataclass(frozen=True, slots=True)
class Doorway:
    """A scene of some seconds; ``angle`` turns the line and everybody's ways over the floor.

    ``aside`` moves all of it that many pixels to the right in the picture, and ``down`` downwards,
    but for the signpost.
    """

    duration_s: float
    angle: float
    walks: tuple[Walk, ...]
    detector: ErringDetector
    aside: float = 0.0
    down: float = 0.0

    @classmethod
    def of(
        cls,
        seed: int,
        minutes: float,
        *,
        a_minute: float = 12.0,
        angle: float = 0.0,
        visits: Sequence[Visit] = EVERYBODY,
        errors: Errors | None = None,
    ) -> Self:
        """Draw a scene; visits begin at random, ``a_minute`` of them on average."""
        crowd = Crowd(np.random.default_rng(seed))
        at_s, duration_s = 0.0, 60 * minutes
        while (at_s := at_s + crowd.rng.exponential(60 / a_minute)) < duration_s - LAST_VISIT_S:
            crowd.come(visits[int(crowd.rng.integers(len(visits)))], at_s)
        detector = ErringDetector(seed, SIZE, POST, errors or Errors())
        return cls(duration_s, angle, tuple(crowd.walks), detector)

    @classmethod
    def at_the_edge(cls, seed: int, minutes: float, inset: float) -> Self:
        """Draw a scene whose line is upright, ``inset`` heights from the right side.

        From the left side if it is negative.
        """
        scene = cls.of(seed, minutes, errors=Errors(fades=True))
        side = SIZE[0] if inset > 0 else 0.0
        return replace(scene, aside=side - inset * HEIGHT_PX - MIDDLE[0])

    @classmethod
    def at_the_lower_edge(cls, seed: int, minutes: float, inset: float) -> Self:
        """Draw a scene whose line is level, ``inset`` heights above the lower edge."""
        scene = cls.of(seed, minutes, angle=np.pi / 2, errors=Errors(fades=True))
        return replace(scene, down=SIZE[1] - inset * HEIGHT_PX - MIDDLE[1])

    @property
    def line(self) -> Line:
        """The line, in the picture."""
        x, y = self.pictured(np.zeros(2), np.array([-HALF_LINE, HALF_LINE]))
        return Line("door", float(x[0]), float(y[0]), float(x[1]), float(y[1]))

    @property
    def truth(self) -> list[Event]:
        """Who crossed, by where the feet were in the picture; by time."""
        events = [event for walk in self.walks for event in self.crossings(walk)]
        return sorted(events, key=lambda event: event.at_s)

    def samples(self, fps: float, phase_s: float = 0.0) -> Iterator[tuple[float, Detections]]:
        """What the detector says, picture by picture, with each picture's time in seconds."""
        moments = np.arange(phase_s, self.duration_s, 1 / fps)
        present: list[list[Person]] = [[] for _ in moments]
        for number, walk in enumerate(self.walks):
            first, last = np.searchsorted(moments, (walk.times[0], walk.times[-1]))
            x, y = self.pictured(*walk.place(moments[first:last]))
            nearer = (y - self.down - MIDDLE[1]) / DEPTH_PX
            height = walk.stature * HEIGHT_PX * (1 + PERSPECTIVE * nearer)
            for step, where in enumerate(zip(x, y, height, strict=True)):
                present[first + step].append(Person(number, *map(float, where)))
        for at_s, people in zip(moments.tolist(), present, strict=True):
            yield at_s, self.detector.detect(at_s, people)

    def crossings(self, walk: Walk) -> Iterator[Event]:
        """When one walk really crosses."""
        line = self.line
        at_s = np.arange(walk.times[0], walk.times[-1], 1 / TRUTH_FPS)
        x, y = self.pictured(*walk.place(at_s, sway=0.0))
        line_x, line_y = line.x2 - line.x1, line.y2 - line.y1
        side = line_x * (y - line.y1) - line_y * (x - line.x1)
        share = (line_x * (x - line.x1) + line_y * (y - line.y1)) / line.length**2
        for step in np.flatnonzero((side[1:] > 0) != (side[:-1] > 0)):
            if 0 <= share[step] <= 1:
                direction = Direction.IN if side[step + 1] > 0 else Direction.OUT
                yield Event(float(at_s[step]), direction)

    def pictured(self, across: Floats, along: Floats) -> tuple[Floats, Floats]:
        """From the floor to the picture; at angle 0 a walk across goes from left to right."""
        aside = across * np.cos(self.angle) - along * np.sin(self.angle)
        nearer = across * np.sin(self.angle) + along * np.cos(self.angle)
        x = MIDDLE[0] + self.aside + aside * HEIGHT_PX * (1 + PERSPECTIVE * nearer)
        return x, MIDDLE[1] + self.down + DEPTH_PX * nearer
