"""What is drawn into a picture: people with their tails, lines and zones with their counts."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.counter import Walkers
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.recount import Glance
from models.wire.events.footfall import ZoneKind

Canvas = NDArray[np.uint8]
Point = tuple[int, int]
Colour = tuple[int, int, int]

_TAIL_S: Final = 2.0
_FLASH_S: Final = 0.6
_ARROW_PIXELS: Final = 28
_TEXT: Final = 0.55
_AROUND: Final = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)

# Blue, green, red, as OpenCV has them.
_FOLLOWED: Final = (80, 200, 60)
_HIDDEN: Final = (60, 160, 230)
_UNPROVEN: Final = (150, 150, 150)
_LINE: Final = (240, 170, 40)
_FLASH: Final = (60, 60, 240)
_BRIGHT: Final = (255, 255, 255)
_DARK: Final = (30, 30, 30)
_ZONES: Final[Mapping[ZoneKind, Colour]] = MappingProxyType(
    {
        ZoneKind.DWELL: (200, 200, 60),
        ZoneKind.QUEUE: (60, 220, 220),
        ZoneKind.EXCLUDED: (90, 90, 90),
        ZoneKind.STAFF: (220, 80, 160),
    }
)


class Scene:
    """Draws picture by picture, and remembers what a single one does not show.

    A box is green for who is seen and believed, amber for who is hidden for the moment, grey for
    who is not believed yet, and magenta for staff. The arrow on a line points to its ``in``; a line
    turns red when somebody crosses it. A zone shows how many believed people are in it now.
    """

    def __init__(
        self, lines: Sequence[Line], zones: Sequence[Zone] = (), size: tuple[int, int] = (0, 0)
    ) -> None:
        """``size`` of the pictures matters to zones alone."""
        self._lines = tuple(lines)
        self._zones = tuple(zones)
        self._outlines = Outlines(self._zones, size)
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
        self._draw_zones(canvas, walkers)
        for row, number in enumerate(walkers.ids):
            proven, seen = bool(walkers.proven[row]), bool(walkers.seen[row])
            colour = _UNPROVEN if not proven else _FOLLOWED if seen else _HIDDEN
            if proven and int(number) in glance.staff:
                colour = _ZONES[ZoneKind.STAFF]
            foot = _draw_box(canvas, walkers.boxes[row], colour)
            if proven:
                self._draw_tail(canvas, int(number), foot, at_s, colour)
        for line in self._lines:
            self._draw_line(canvas, line, at_s)
        _write(canvas, f"{at_s:.1f} s", (8, 20))

    def _draw_zones(self, canvas: Canvas, walkers: Walkers) -> None:
        boxes = walkers.boxes[walkers.proven]
        feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
        numbers = self._outlines.inside(feet).sum(axis=1)
        for zone, number in zip(self._zones, numbers.tolist(), strict=True):
            corners = np.array([_pixel(x, y) for x, y in zone.corners], np.int32)
            colour = _ZONES[zone.kind]
            cv2.polylines(canvas, [corners], isClosed=True, color=colour, thickness=2)
            if zone.kind is ZoneKind.EXCLUDED:
                _cross_out(canvas, corners, colour)
            at = corners.mean(axis=0).astype(int).tolist()
            said = f"{zone.name}  {number}" if zone.kind.is_told else zone.name
            _write(canvas, said, (at[0], at[1]))

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


def _cross_out(canvas: Canvas, corners: NDArray[np.int32], colour: Colour) -> None:
    (x, y), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    cv2.line(canvas, (x, y), (right, bottom), colour, 1, cv2.LINE_AA)
    cv2.line(canvas, (x, bottom), (right, y), colour, 1, cv2.LINE_AA)


def _write(canvas: Canvas, text: str, at: Point) -> None:
    """Light on dark, so that it can be read on any floor.

    Bolder letters are wider as well, so the dark ones around are the same letters, moved.
    """
    for x, y, colour in (*((x, y, _DARK) for x, y in _AROUND), (0, 0, _BRIGHT)):
        place = (at[0] + x, at[1] + y)
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, _TEXT, colour, 1, cv2.LINE_AA)


def _pixel(x: float, y: float) -> Point:
    return math.floor(x + 0.5), math.floor(y + 0.5)
