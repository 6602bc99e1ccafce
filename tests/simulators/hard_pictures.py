"""Real clips made harder without changing who crosses which line: what was counted by eye holds.

A hardship turns a clip into another file, and its audit into one of that file. Straight lines stay
straight under any camera's pose, so lines are carried along exactly; who walks in walks out when
the clip is played backwards. All of it is deterministic, noise too. Made to measure how far a
counter's figures hold for pictures that it was not tuned to; nothing may be tuned to these either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from agent.capture.footfall.audit.marks import Audit, Mark
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.counting.line import Direction, Line

Picture = NDArray[np.uint8]
Size = tuple[int, int]
Matrix = NDArray[np.float64]

QUALITY: Final = 95
"""Of the JPEG pictures that hard clips are written as, where the hardship is not their quality."""

_HELD: Final = 200
"""Pictures in memory at once while a clip is turned round."""

_OTHER_WAY: Final = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}


def _unmoved(size: Size) -> tuple[Matrix, Size]:
    return np.eye(3), size


def _unspoilt(picture: Picture, _chance: Generator) -> Picture:
    return picture


@dataclass(frozen=True, slots=True)
class Hardship:
    """What makes a clip harder.

    Attributes:
        name: one word.
        moved: of a picture's size, where its points go (3 × 3, keeping left and right as they
            are) and the size of the new picture; black where nothing of the old one is.
        spoilt: what becomes of a picture after that.
        backwards: played from its end.
        frozen: of every so many pictures the last so many show the one before them once more, as
            when packets are lost; none where 0.
    """

    name: str
    moved: Callable[[Size], tuple[Matrix, Size]] = _unmoved
    spoilt: Callable[[Picture, Generator], Picture] = _unspoilt
    backwards: bool = False
    frozen: tuple[int, int] = (1, 0)

    def write(self, clip: Path, film: Path) -> None:
        """The clip with this hardship, as Motion JPEG; ``film`` ends in ``.avi``."""
        with Clip(clip) as camera:
            fps, (matrix, size) = camera.fps, self.moved(camera.size)
        code, quality = cv2.VideoWriter.fourcc(*"MJPG"), (cv2.VIDEOWRITER_PROP_QUALITY, QUALITY)
        writer = cv2.VideoWriter(str(film), cv2.CAP_OPENCV_MJPEG, code, fps, size, quality)
        chance = default_rng(1)
        for picture in self._shown(clip):
            moved = cv2.warpPerspective(picture, matrix, size)
            writer.write(self.spoilt(moved.astype(np.uint8, copy=False), chance))
        writer.release()

    def carried(self, audit: Audit, clip: Path) -> Audit:
        """What was counted on the clip, as it stands on the film that is written of it."""
        with Clip(clip) as camera:
            size = camera.size
            last_s = max(each.at_s for each in camera.frames()) if self.backwards else 0.0
        lines = {line.name: self._line(line, size) for line in audit.lines}
        marks = [self._mark(mark, last_s) for mark in audit.marks]
        begun = msgspec.structs.replace(audit.begun, lines=lines)
        return replace(audit, begun=begun, marks=tuple(sorted(marks, key=lambda mark: mark.t)))

    def _line(self, line: Line, size: Size) -> str:
        matrix, _ = self.moved(size)
        ends = np.array([[[line.x1, line.y1], [line.x2, line.y2]]])
        return ",".join(f"{each:.4f}" for each in cv2.perspectiveTransform(ends, matrix).ravel())

    def _mark(self, mark: Mark, last_s: float) -> Mark:
        if not self.backwards:
            return mark
        way = _OTHER_WAY[mark.direction]
        return msgspec.structs.replace(mark, t=last_s - mark.t, direction=way)

    def _shown(self, clip: Path) -> Iterator[Picture]:
        every, held = self.frozen
        last: Picture | None = None
        for number, picture in enumerate(_from_the_end(clip) if self.backwards else _all(clip)):
            if last is None or number % every < every - held:
                last = picture
            yield last


def _all(clip: Path) -> Iterator[Picture]:
    with Clip(clip) as camera:
        yield from (frame.picture for frame in camera.frames())


def _from_the_end(clip: Path) -> Iterator[Picture]:
    """A part of it at a time, read anew for each: all of a clip would not fit into memory."""
    count = sum(1 for _ in _all(clip))
    for begin in reversed(range(0, count, _HELD)):
        yield from reversed(list(islice(_all(clip), begin, begin + _HELD)))


def _pose(*corners: tuple[float, float]) -> Callable[[Size], tuple[Matrix, Size]]:
    """Where the upper left, upper right, lower right and lower left corner go, in shares."""

    def moved(size: Size) -> tuple[Matrix, Size]:
        width, height = size
        old = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        new = np.array([(x * width, y * height) for x, y in corners], np.float32)
        return cv2.getPerspectiveTransform(old, new).astype(np.float64), size

    return moved


def _rolled(degrees: float, share: float) -> Callable[[Size], tuple[Matrix, Size]]:
    def moved(size: Size) -> tuple[Matrix, Size]:
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), degrees, share)
        return np.vstack([turn, (0.0, 0.0, 1.0)]), size

    return moved


def _scaled(share: float) -> Callable[[Size], tuple[Matrix, Size]]:
    def moved(size: Size) -> tuple[Matrix, Size]:
        return np.diag([share, share, 1.0]), (round(size[0] * share), round(size[1] * share))

    return moved


def _barred(share: float) -> Callable[[Size], tuple[Matrix, Size]]:
    """A bar of this share of the width on either side."""

    def moved(size: Size) -> tuple[Matrix, Size]:
        bar = round(size[0] * share)
        return np.array([(1.0, 0.0, bar), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]), (
            size[0] + 2 * bar,
            size[1],
        )

    return moved


def _spoilt(light: float, noise: float, quality: int) -> Callable[[Picture, Generator], Picture]:
    """So much of the light, a sensor's noise of this deviation, and JPEG of this quality."""

    def spoilt(picture: Picture, chance: Generator) -> Picture:
        noisy = picture * light + chance.normal(0.0, noise, picture.shape)
        kept = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        _, coded = cv2.imencode(".jpg", kept, (cv2.IMWRITE_JPEG_QUALITY, quality))
        seen = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        assert seen is not None, "OpenCV reads what it wrote"
        return seen.astype(np.uint8, copy=False)

    return spoilt


HARDSHIPS: Final = (
    Hardship("as_it_is"),
    Hardship("backwards", backwards=True),
    Hardship("tilted", moved=_pose((0.15, 0.1), (0.85, 0.1), (1, 1), (0, 1))),
    Hardship("yawed", moved=_pose((0, 0), (0.9, 0.18), (0.9, 0.82), (0, 1))),
    Hardship("rolled", moved=_rolled(8.0, 0.78)),
    Hardship("barred", moved=_barred(0.33)),
    Hardship("small", moved=_scaled(0.4), spoilt=_spoilt(1.0, 6.0, 25)),
    Hardship("dusk", spoilt=_spoilt(0.35, 6.0, 60)),
    Hardship("stuttering", frozen=(20, 4)),
)
"""As it is, for what writing it anew does; then one hardship at a time."""
