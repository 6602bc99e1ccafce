"""Moments made by hand: who is where, as the tracker would have it, without any tracker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.capture.footfall.counting.facts import Fact
from agent.capture.footfall.counting.floor import Floor
from agent.capture.footfall.counting.moment import Moment

SIZE = (640, 480)
HEIGHT = 100.0


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Somebody in one picture: the number, the foot, and what is known of them."""

    number: int
    x: float
    y: float
    seen: bool = True
    proven: bool = True
    staff: bool = False
    height: float = HEIGHT

    def hidden(self) -> Onlooker:
        """The same, out of sight."""
        return replace(self, seen=False)


Scene = Callable[[float], Iterable[Onlooker]]


class Births:
    """Remembers where everybody was first seen."""

    def __init__(self) -> None:
        self._places: dict[int, tuple[float, float]] = {}

    def moment(self, at_s: float, span_s: float, people: Iterable[Onlooker]) -> Moment:
        """These people as one moment."""
        there = sorted(people, key=lambda one: one.number)
        for one in there:
            self._places.setdefault(one.number, (one.x, one.y))
        feet = [(one.x, one.y) for one in there]
        born = [self._places[one.number] for one in there]
        heights = np.array([one.height for one in there])
        return Moment(
            at_s=at_s,
            span_s=span_s,
            size=SIZE,
            ids=np.array([one.number for one in there], np.int64),
            feet=np.array(feet, np.float64).reshape(-1, 2),
            heights=heights,
            widths=0.36 * heights,
            birthplaces=np.array(born, np.float64).reshape(-1, 2),
            seen=np.array([one.seen for one in there], np.bool_),
            proven=np.array([one.proven for one in there], np.bool_),
            standing=np.zeros(len(there), np.bool_),
            staff=np.array([one.staff for one in there], np.bool_),
        )


def show(
    floor: Floor, scene: Scene, times: Sequence[float], holes: Sequence[float] = ()
) -> list[Fact]:
    """Show a floor a scene at these times; all that it told in the end.

    Args:
        floor: what looks.
        scene: people by time.
        times: ascending. The time between two of them was watched ...
        holes: ... unless the later one is among these.
    """
    births, facts = Births(), []
    before_s = times[0]
    for at_s in times:
        span_s = 0.0 if at_s in holes else at_s - before_s
        facts += floor.update(births.moment(at_s, span_s, scene(at_s)))
        before_s = at_s
    return [*facts, *floor.rest()]


def every(step_s: float, until_s: float, begin_s: float = 0.0) -> list[float]:
    """Times, evenly spaced."""
    return np.arange(begin_s, until_s, step_s).tolist()
