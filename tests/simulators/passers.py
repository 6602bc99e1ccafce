"""People as boxes, placed by hand, and a counter shown them picture by picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agent.capture.footfall.counting.counter import Counter, Walkers
from agent.capture.footfall.counting.line import Crossing
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.detection.detections import Detections


@dataclass(frozen=True, slots=True)
class Passer:
    """Somebody's foot point, height and score in one picture."""

    x: float
    y: float
    height: float = 100.0
    score: float = 0.9


Scene = Callable[[float], Sequence[Passer]]


def seen(passers: Sequence[Passer]) -> Detections:
    """These people as a detector tells of them."""
    ordered = sorted(passers, key=lambda passer: -passer.score)
    boxes = [(p.x - 0.2 * p.height, p.y - p.height, p.x + 0.2 * p.height, p.y) for p in ordered]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([passer.score for passer in ordered], np.float32),
    )


def cut_by(found: Detections, size: tuple[int, int], least: float = 0.3) -> Detections:
    """What the picture shows of these boxes; who is less than this share in it is not found."""
    boxes = np.clip(found.boxes, 0, np.array([*size, *size], np.float32))
    shown = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    enough = shown > least * (found.boxes[:, 2:] - found.boxes[:, :2]).prod(axis=1)
    return Detections(boxes[enough], found.scores[enough])


def show(counter: Counter, scene: Scene, seconds: float, fps: float = 5.0) -> list[Crossing]:
    """Show the counter a scene (people by time), and give what it counted."""
    moments = np.arange(0, seconds, 1 / fps)
    return [
        crossing
        for at_s in moments.tolist()
        for crossing in counter.update(seen(scene(at_s)), at_s)
    ]


def no_walkers() -> Walkers:
    """Nobody is followed."""
    flags = np.zeros(0, np.bool_)
    return Walkers(np.zeros(0, np.int64), np.zeros((0, 4)), flags, flags, flags)


def nobody(at_s: float, crossings: Sequence[Crossing] = ()) -> Moment:
    """A moment with nobody in it, but for whoever crossed."""
    none, places = np.zeros(0), np.zeros((0, 2))
    flags = np.zeros(0, np.bool_)
    return Moment(
        at_s=at_s,
        span_s=0.0,
        size=(200, 100),
        ids=np.zeros(0, np.int64),
        feet=places,
        heights=none,
        widths=none,
        birthplaces=places,
        seen=flags,
        proven=flags,
        standing=flags,
        staff=flags,
        crossings=crossings,
    )
