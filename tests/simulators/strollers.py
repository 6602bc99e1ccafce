"""People placed by hand, shown to the counter and what comes after it, moment by moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.settling import Settled, Settling
from tests.simulators.passers import Passer, Scene, seen

SIZE = (768, 576)
DOOR = Line("door", 300, 100, 300, 540)
STEP_S = 0.2


def moments(scene: Scene, seconds: float, *lines: Line, fps: float = 5.0) -> Iterator[Moment]:
    """What the counter sees of a scene; every span was watched closely."""
    counter = Counter(lines or (DOOR,), SIZE)
    for at_s in np.arange(0, seconds, 1 / fps).tolist():
        yield counter.look(seen(scene(at_s)), at_s, 1 / fps)


def settled(
    scene: Scene,
    seconds: float,
    *lines: Line,
    staff: Callable[[Moment], frozenset[int]] = lambda _: frozenset(),
    fps: float = 5.0,
) -> list[Settled]:
    """All that is said of a scene's crossings."""
    settling = Settling([line.name for line in lines or (DOOR,)])
    said = []
    for moment in moments(scene, seconds, *lines, fps=fps):
        known = staff(moment)
        said += settling.update(replace(moment, staff=np.isin(moment.ids, [*known])), known)
    return said + settling.rest()


def walking(*ways: Mapping[str, float]) -> Scene:
    """People on straight ways: ``x`` and ``y`` at second 0 and pixels a second ``dx``, ``dy``."""

    def scene(at_s: float) -> Sequence[Passer]:
        places = ((way["x"] + way["dx"] * at_s, way["y"] + way.get("dy", 0) * at_s) for way in ways)
        return [Passer(x, y) for x, y in places if 0 < x < SIZE[0]]

    return scene
