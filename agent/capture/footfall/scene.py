"""What is drawn into a picture: people with their tails, lines with their counts."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.recount import Glance

Canvas = NDArray[np.uint8]
Point = tuple[int, int]
Colour = tuple[int, int, int]

_TAIL_S: Final = 2.0
_FLASH_S: Final = 0.6
_ARROW_PIXELS: Final = 28
_TEXT: Final = 0.55

# Blue, green, red, as OpenCV has them.
_FOLLOWED: Final = (80, 200, 60)
_HIDDEN: Final = (60, 160, 230)
_UNPROVEN: Final = (150, 150, 150)
_LINE: Final = (240, 170, 40)
_FLASH: Final = (60, 60, 240)
_BRIGHT: Final = (255, 255, 255)
_DARK: Final = (30, 30, 30)


class Scene:
    """Draws picture by picture, and remembers what a single one does not show.

    A box is green for who is seen and believed, amber for who is hidden for the moment, grey for
    who is not believed yet. The arrow on a line points to its ``in``; a line turns red when
    somebody crosses it.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)
        self._sums: Counter[tuple[str, Direction]] = Counter()
        self._crossed_at: dict[str, float] = {}
        self._tails: dict[int, deque[tuple[float, Point]]] = {}

    def draw(self, canvas: Canvas, glance: Glance) -> None:
        """Draw one moment into a picture of it."""
        at_s = glance.frame.at_s
        for crossing in glance.crossings:
            self._sums[crossing.line, crossing.direction] += 1
            self._crossed_at[crossing.line] = at_s
        self._forget_tails(at_s)
        walkers = glance.walkers
        for row, number in enumerate(walkers.ids):
            proven, seen = bool(walkers.proven[row]), bool(walkers.seen[row])
            colour = _UNPROVEN if not proven else _FOLLOWED if seen else _HIDDEN
            foot = _draw_box(canvas, walkers.boxes[row], colour)
            if proven:
                self._draw_tail(canvas, int(number), foot, at_s, colour)
        for line in self._lines:
            self._draw_line(canvas, line, at_s)
        _write(canvas, f"{at_s:.1f} s", (8, 20))

    def _forget_tails(self, at_s: float) -> None:
        for tail in self._tails.values():
            while tail and at_s - tail[0][0] > _TAIL_S:
                tail.popleft()
        self._tails = {number: tail for number, tail in self._tails.items() if tail}

    def _draw_tail(
        self, canvas: Canvas, number: int, foot: Point, at_s: float, colour: Colour
    ) -> None:
        tail = self._tails.setdefault(number, deque())
        tail.append((at_s, foot))
        points = np.array([point for _, point in tail], np.int32)
        cv2.polylines(canvas, [points], isClosed=False, color=colour, thickness=2)
        _write(canvas, str(number), (foot[0] + 6, foot[1]))

    def _draw_line(self, canvas: Canvas, line: Line, at_s: float) -> None:
        crossed_at = self._crossed_at.get(line.name)
        flashes = crossed_at is not None and at_s - crossed_at < _FLASH_S
        colour = _FLASH if flashes else _LINE
        begin, end = _pixel(line.x1, line.y1), _pixel(line.x2, line.y2)
        cv2.line(canvas, begin, end, colour, 2, cv2.LINE_AA)
        middle, tip = way_in(line)
        cv2.arrowedLine(canvas, middle, tip, colour, 2, cv2.LINE_AA, tipLength=0.4)
        said = (
            f"{line.name}  in {self._sums[line.name, Direction.IN]}"
            f"  out {self._sums[line.name, Direction.OUT]}"
        )
        height = canvas.shape[0]
        _write(canvas, said, (begin[0] + 8, min(max(begin[1] + 18, 40), height - 8)))


def way_in(line: Line) -> tuple[Point, Point]:
    """An arrow from a line's middle to its ``in`` side: where c grows, at a right angle."""
    middle_x, middle_y = (line.x1 + line.x2) / 2, (line.y1 + line.y2) / 2
    along_x, along_y = (line.x2 - line.x1) / line.length, (line.y2 - line.y1) / line.length
    tip = _pixel(middle_x - along_y * _ARROW_PIXELS, middle_y + along_x * _ARROW_PIXELS)
    return _pixel(middle_x, middle_y), tip


def _draw_box(canvas: Canvas, box: NDArray[np.float64], colour: Colour) -> Point:
    """Returns the foot: the middle of the box's lower edge, which is what is counted."""
    x1, y1, x2, y2 = map(float, box)
    foot = _pixel((x1 + x2) / 2, y2)
    cv2.rectangle(canvas, _pixel(x1, y1), _pixel(x2, y2), colour, 1)
    cv2.circle(canvas, foot, 3, colour, cv2.FILLED)
    return foot


def _write(canvas: Canvas, text: str, at: Point) -> None:
    """Light on dark, so that it can be read on any floor."""
    for colour, thickness in ((_DARK, 3), (_BRIGHT, 1)):
        cv2.putText(
            canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, _TEXT, colour, thickness, cv2.LINE_AA
        )


def _pixel(x: float, y: float) -> Point:
    return math.floor(x + 0.5), math.floor(y + 0.5)
