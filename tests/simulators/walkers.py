"""Films of people in bright coats who walk over a plain floor, and the truth of who crossed.

    film = Film([Walk(Coat.RED, begin_s=1.0, seconds=4.0, path=((-30, 200), (350, 200)))])
    film.record(tmp_path / "door.avi")
    film.crossings(Line("door", 160, 0, 160, 240))

A person is a block of one colour, so that ``red_coat_network`` can see it. It can tell colours
apart, not two people in the same one: give each of those who are in the picture together a coat of
their own, as ``crowd`` does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.camera.capture import hush
from agent.capture.footfall.counting.line import Direction, Line

SIZE = (320, 240)
FPS = 10.0
_FLOOR = (128, 132, 136)
_TILE = (118, 122, 126)
_TILE_PIXELS = 40

Point = tuple[float, float]


class Coat(Enum):
    """Blue, green, red: each channel full or empty."""

    RED = (0, 0, 255)
    GREEN = (0, 255, 0)
    BLUE = (255, 0, 0)
    YELLOW = (0, 255, 255)


@dataclass(frozen=True)
class Walk:
    """One person on the way from one point to another, at an even pace.

    Attributes:
        begin_s: when they appear at the first point; they vanish at the last one.
        seconds: how long they take.
        path: where their feet go, in pixels; may begin and end outside the picture.
        tall: height in pixels; the width is a third of it.
    """

    coat: Coat
    begin_s: float
    seconds: float
    path: tuple[Point, Point]
    tall: int = 90

    def foot(self, at_s: float) -> Point | None:
        """Where their feet are; None before and after."""
        share = (at_s - self.begin_s) / self.seconds
        if not 0 <= share <= 1:
            return None
        (x1, y1), (x2, y2) = self.path
        return x1 + (x2 - x1) * share, y1 + (y2 - y1) * share


@dataclass(frozen=True)
class Film:
    """A fixed camera's film of some walks."""

    walks: Sequence[Walk] = field(default_factory=tuple)
    seconds: float = 6.0
    fps: float = FPS
    size: tuple[int, int] = SIZE

    @property
    def frames(self) -> int:
        """How many pictures it has."""
        return round(self.seconds * self.fps)

    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        """Every picture, BGR."""
        floor = _floor(self.size)
        for number in range(self.frames):
            yield self._picture(floor, number / self.fps)

    def record(self, path: Path, codec: str = "MJPG") -> Path:
        """Write the film; ``path`` names the container by its ending."""
        hush()
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), self.fps, self.size)
        assert writer.isOpened(), f"OpenCV cannot write {codec} into {path.suffix}"
        for picture in self.pictures():
            writer.write(picture)
        writer.release()
        return path

    def crossings(self, line: Line) -> list[tuple[float, Direction]]:
        """Who crosses a line between its ends, and when; in order of time."""
        found = (_crossing(walk, line) for walk in self.walks)
        return sorted(each for each in found if each is not None)

    def person_s(self) -> float:
        """Time that people's feet were in the picture, added."""
        feet = (
            walk.foot(number / self.fps) for number in range(self.frames) for walk in self.walks
        )
        inside = (
            0 <= foot[0] < self.size[0] and 0 <= foot[1] < self.size[1] for foot in feet if foot
        )
        return sum(inside) / self.fps

    def _picture(self, floor: NDArray[np.uint8], at_s: float) -> NDArray[np.uint8]:
        picture = floor.copy()
        for walk in self.walks:
            if (foot := walk.foot(at_s)) is not None:
                x, y = round(foot[0]), round(foot[1])
                corner = (x - walk.tall // 6, y - walk.tall)
                opposite = (x + walk.tall // 6, y)
                cv2.rectangle(picture, corner, opposite, walk.coat.value, cv2.FILLED)
        return picture


def crowd(seed: int, people: int = 8, size: tuple[int, int] = SIZE) -> Film:
    """People who cross the picture from side to side, up to four at a time, at their own pace."""
    chance = random.Random(seed)
    width, height = size
    walks = []
    for number in range(people):
        y = chance.uniform(0.5, 0.95) * height
        sides = [(-40.0, y), (width + 40.0, y + chance.uniform(-10, 10))]
        chance.shuffle(sides)
        # Whoever wears a coat is gone before the next one puts it on.
        begin_s = 1.0 + number * 1.6 + chance.uniform(0, 0.4)
        path = (sides[0], sides[1])
        walks.append(Walk(list(Coat)[number % 4], begin_s, chance.uniform(3.0, 5.5), path))
    return Film(walks, seconds=walks[-1].begin_s + 7.0, size=size)


def _floor(size: tuple[int, int]) -> NDArray[np.uint8]:
    width, height = size
    floor = np.full((height, width, 3), _FLOOR, np.uint8)
    floor[::_TILE_PIXELS] = _TILE
    floor[:, ::_TILE_PIXELS] = _TILE
    return floor


def _crossing(walk: Walk, line: Line) -> tuple[float, Direction] | None:
    """Where two straight ways meet, if they do."""
    begin, end = (_side(line, point) for point in walk.path)
    if begin * end >= 0:
        return None
    share = begin / (begin - end)
    at_s = walk.begin_s + share * walk.seconds
    foot = walk.foot(at_s)
    assert foot is not None
    along = (foot[0] - line.x1) * (line.x2 - line.x1) + (foot[1] - line.y1) * (line.y2 - line.y1)
    if not 0 <= along <= line.length**2:
        return None
    return at_s, Direction.IN if end > 0 else Direction.OUT


def _side(line: Line, point: Point) -> float:
    x, y = point
    return (line.x2 - line.x1) * (y - line.y1) - (line.y2 - line.y1) * (x - line.x1)
