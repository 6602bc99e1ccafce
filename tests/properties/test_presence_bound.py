"""How far presence may be off: by the moments in which somebody came or went unseen, no more."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.footfall.counting.facts import Presence
from agent.capture.footfall.counting.floor import Floor
from agent.capture.footfall.counting.zone import Zone
from models.wire.events.footfall import ZoneKind
from tests.simulators.onlookers import SIZE, Onlooker, every, show

ZONE = Zone("table", ZoneKind.DWELL, ((200, 100), (400, 100), (400, 300), (200, 300)))
INSIDE, OUTSIDE = 300.0, 470.0
LATEST_S = 30.0

spells = st.lists(st.floats(0.5, 8.0), min_size=1, max_size=6)
hidings = st.lists(st.tuples(st.floats(0, LATEST_S), st.floats(0.1, 1.9)), max_size=5)


@given(spells, hidings, st.booleans(), st.floats(0.0, 1.9), st.sampled_from([3.5, 5.0, 15.0]))
@settings(deadline=None, max_examples=150)
def test_presence_is_off_by_unseen_comings_and_goings_at_most(
    lengths: list[float],
    hidden: list[tuple[float, float]],
    begins_inside: bool,
    tail_s: float,
    fps: float,
) -> None:
    """For each change of side the time between the sightings around it, and the hidden end.

    Where somebody is lost for good, nothing of the time in which the tracker still waited is told.
    """
    changes = list(accumulate(lengths))
    end_s = changes[-1]

    def inside(at_s: float) -> bool:
        return begins_inside ^ (bisect_right(changes, at_s) % 2 == 1)

    def seen(at_s: float) -> bool:
        waits = at_s >= end_s - tail_s
        return at_s == 0 or not (waits or any(0 < at_s - when < long for when, long in hidden))

    times = every(1 / fps, end_s)
    sightings = [at_s for at_s in times if seen(at_s)]
    last_s = sightings[-1]
    gaps = [later - before for before, later in pairwise(sightings)]
    followed = [at_s for at_s in times if at_s <= last_s + 2.0]

    def scene(at_s: float) -> list[Onlooker]:
        x = INSIDE if inside(at_s) else OUTSIDE
        return [Onlooker(1, x, 200, seen=seen(at_s))] if at_s in followed else []

    facts = show(Floor([ZONE], SIZE), scene, every(1 / fps, end_s + 6))
    told_s = sum(fact.person_s for fact in facts if isinstance(fact, Presence))
    bounds = [0.0, *(change for change in changes if change < last_s), last_s]
    true_s = sum(
        later - before for before, later in pairwise(bounds) if inside((before + later) / 2)
    )
    unsure_s = sum(
        gap
        for at_s, gap in zip(sightings, gaps, strict=False)
        if inside(at_s) != inside(at_s + gap)
        or any(at_s < change <= at_s + gap for change in changes)
    )
    assert abs(told_s - true_s) <= unsure_s + 1e-6
