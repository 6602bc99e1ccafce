"""A recount over time, as a picture: a panel per line and per zone, a bar per step of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.facts import Presence
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.recount import Recount

Canvas = NDArray[np.uint8]
Series = NDArray[np.float64]
Colour = tuple[int, int, int]

_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 1800, 3600)
_MOST_BARS: Final = 60
_WIDTH: Final = 1000
_PANEL: Final = 150
_MARGIN: Final = 60
_BARS: Final = 90
_TEXT: Final = 0.45

# Blue, green, red, as OpenCV has them.
_PAPER: Final = 255
_INK: Final = (60, 60, 60)
_IN: Final = (90, 160, 60)
_OUT: Final = (60, 110, 220)
_PEOPLE: Final = (180, 120, 40)


@dataclass(frozen=True, slots=True)
class _Panel:
    """``up`` is drawn above the axis, ``down`` below it."""

    title: str
    up: Series
    down: Series
    colours: tuple[Colour, Colour]


def draw_chart(recount: Recount) -> Canvas:
    """In and out per line, above and below the axis; the mean number of people per zone."""
    step_s = step_of(recount.seconds_of_video)
    bars = max(1, int(np.ceil(recount.seconds_of_video / step_s)))
    panels = [_of_line(line, recount, step_s, bars) for line in recount.lines]
    panels += [_of_zone(zone, recount, step_s, bars) for zone in recount.zones if zone.kind.is_told]
    canvas: Canvas = np.full((len(panels) * _PANEL + _MARGIN, _WIDTH, 3), _PAPER, np.uint8)
    for number, panel in enumerate(panels):
        _draw(canvas[number * _PANEL : (number + 1) * _PANEL], panel)
    _write(canvas, f"a bar is {step_s} s", (_MARGIN, canvas.shape[0] - 20))
    return canvas


def step_of(seconds: float) -> int:
    """The shortest step that gives sixty bars at most; an hour where none does."""
    fitting = (step for step in _STEPS_S if seconds <= step * _MOST_BARS)
    return next(fitting, _STEPS_S[-1])


def _of_line(line: Line, recount: Recount, step_s: int, bars: int) -> _Panel:
    ways = {way: np.zeros(bars) for way in Direction}
    for crossing in recount.crossings:
        if crossing.line == line.name:
            ways[crossing.direction][_bar(crossing.at_s, step_s, bars)] += 1
    came, went = ways[Direction.IN], ways[Direction.OUT]
    title = f"{line.name}: in {came.sum():.0f}, out {went.sum():.0f}"
    return _Panel(title, came, went, (_IN, _OUT))


def _of_zone(zone: Zone, recount: Recount, step_s: int, bars: int) -> _Panel:
    people = np.zeros(bars)
    for fact in recount.facts:
        if isinstance(fact, Presence) and fact.zone == zone.name:
            people[_bar(fact.at_s, step_s, bars)] += fact.person_s / step_s
    title = f"{zone.name}: people in it, on average"
    return _Panel(title, people, np.zeros(bars), (_PEOPLE, _PEOPLE))


def _bar(at_s: float, step_s: int, bars: int) -> int:
    return min(max(int(at_s / step_s), 0), bars - 1)


def _draw(canvas: Canvas, panel: _Panel) -> None:
    """One panel into its strip of the canvas."""
    up, down = panel.up.max(initial=0), panel.down.max(initial=0)
    scale = _BARS / max(up + down, 1.0)
    axis = round(_PANEL - 25 - down * scale)
    width = (_WIDTH - 2 * _MARGIN) / len(panel.up)
    for bar, (above, below) in enumerate(zip(panel.up, panel.down, strict=True)):
        left, right = _MARGIN + bar * width, _MARGIN + (bar + 1) * width - 1
        for value, colour in ((above, panel.colours[0]), (-below, panel.colours[1])):
            if value:
                top = axis - value * scale
                _fill(canvas, (left, axis, right, top), colour)
    cv2.line(canvas, (_MARGIN, axis), (_WIDTH - _MARGIN, axis), _INK, 1)
    _write(canvas, panel.title, (_MARGIN, 18))
    for value, sign in ((up, 1), (down, -1)):
        if value:
            _write(canvas, f"{value:.3g}", (12, round(axis - sign * value * scale) + 5))


def _fill(canvas: Canvas, box: Sequence[float], colour: Colour) -> None:
    x1, y1, x2, y2 = map(round, box)
    cv2.rectangle(canvas, (x1, y1), (max(x1, x2), y2), colour, cv2.FILLED)


def _write(canvas: Canvas, text: str, at: tuple[int, int]) -> None:
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, _TEXT, _INK, 1, cv2.LINE_AA)
