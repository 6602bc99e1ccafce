"""How long people wait in a queue whose members the tracker loses, mixes up or lets walk off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from agent.capture.footfall.counting.facts import CutStay, Fact, Presence, Stay
from agent.capture.footfall.counting.floor import Floor
from agent.capture.footfall.counting.zone import Zone
from models.wire.events.footfall import ZoneKind
from tests.simulators.onlookers import HEIGHT, SIZE, Onlooker, Scene, every, show

CORNERS = ((200.0, 100.0), (400.0, 100.0), (400.0, 300.0), (200.0, 300.0))
TABLE = Zone("table", ZoneKind.DWELL, CORNERS)
TILL = Zone("till", ZoneKind.QUEUE, CORNERS)
STEP_S = 0.2
WALKING = 0.8 * HEIGHT
OUTSIDE, PLACE = 50.0, 300.0
WALK_IN_S = (PLACE - OUTSIDE) / WALKING


def told(*scenes: Scene, zone: Zone = TILL, until_s: float = 60.0) -> list[Fact]:
    def scene(at_s: float) -> list[Onlooker]:
        return [one for each in scenes for one in each(at_s)]

    return show(Floor([zone], SIZE), scene, every(STEP_S, until_s))


def stays(facts: Sequence[Fact]) -> list[float]:
    return sorted(fact.lasted_s for fact in facts if isinstance(fact, Stay))


def waiting(number: int, begin_s: float, end_s: float, x: float = PLACE) -> Scene:
    """Walks in from the left, stands from then till then, and walks off to the right."""

    def scene(at_s: float) -> Iterator[Onlooker]:
        off = WALKING * (max(at_s - end_s, 0) + min(at_s - begin_s, 0))
        if begin_s - WALK_IN_S <= at_s and x + off < 620:
            yield Onlooker(number, x + off, 200)

    return scene


def appearing(number: int, begin_s: float, end_s: float, x: float = PLACE) -> Scene:
    """Is found standing, and walks off to the right in the end."""
    later = waiting(number, begin_s, end_s, x)
    return lambda at_s: later(at_s) if at_s >= begin_s else []


def test_who_is_found_where_somebody_seemed_to_leave_the_queue_has_waited_all_the_time() -> None:
    """Somebody walked past, and took the track along."""
    facts = told(waiting(1, 10, 20), appearing(2, 23, 40))
    assert stays(facts) == pytest.approx([30], abs=3 * STEP_S)


def test_who_is_found_again_after_the_tracker_gave_up_has_waited_all_the_time() -> None:
    def lost(at_s: float) -> list[Onlooker]:
        people = list(waiting(1, 10, 99)(at_s))
        return people if at_s < 20 else [one.hidden() for one in people if at_s < 22]

    facts = told(lost, appearing(2, 24.5, 40))
    assert stays(facts) == pytest.approx([30], abs=3 * STEP_S)


def test_who_comes_from_outside_where_somebody_left_has_a_wait_of_their_own() -> None:
    facts = told(waiting(1, 10, 20), waiting(2, 23, 40))
    assert stays(facts) == pytest.approx([10, 17], abs=3 * STEP_S)


@pytest.mark.parametrize(("begin_s", "x"), [(28.0, PLACE), (23.0, PLACE - 1.1 * HEIGHT / 1.2)])
def test_who_is_found_too_late_or_too_far_off_is_somebody_else(begin_s: float, x: float) -> None:
    facts = told(waiting(1, 10, 20, PLACE + 15), appearing(2, begin_s, 40, x))
    assert stays(facts) == pytest.approx(sorted([10, 40 - begin_s]), abs=4 * STEP_S)


def test_who_is_found_at_a_table_may_have_been_anybody() -> None:
    facts = told(waiting(1, 10, 20), appearing(2, 23, 40), zone=TABLE)
    assert len(stays(facts)) == 2


def test_a_phantom_in_the_queue_takes_nobodys_place() -> None:
    def phantom(at_s: float) -> list[Onlooker]:
        one = Onlooker(2, PLACE, 200, proven=False)
        return [one] if 22.9 < at_s < 23.1 else [one.hidden()] if 23 < at_s < 23.5 else []

    facts = told(waiting(1, 10, 20), phantom)
    assert stays(facts) == pytest.approx([10], abs=3 * STEP_S)


def test_who_left_and_comes_back_as_somebody_is_found_keeps_the_wait() -> None:
    """Both at once: the wait is the one's who is known, and nobody is lost over it."""

    def away(at_s: float) -> list[Onlooker]:
        x = 450 if 20 < at_s < 23 else PLACE
        return [Onlooker(1, x, 200)] if 10 <= at_s < 40 else []

    facts = told(away, appearing(2, 23, 40, PLACE + 20))
    assert len([fact for fact in facts if isinstance(fact, Stay | CutStay)]) == 2
    assert max(stays(facts)) == pytest.approx(30, abs=3 * STEP_S)


def test_of_those_around_the_one_who_waited_longest_has_left() -> None:
    """The tracker let the newcomer walk off, who in truth stands where the first one stood."""
    facts = told(waiting(1, 10, 50, 300), waiting(2, 30, 40, 240), until_s=70)
    assert stays(facts) == pytest.approx([20, 30], abs=3 * STEP_S)


def test_who_goes_away_from_the_camera_has_left_the_queue_as_one_who_goes_aside_has() -> None:
    """The floor is seen aslant: half the walk's length is left in the picture."""

    def away(at_s: float) -> list[Onlooker]:
        back = 0.45 * HEIGHT * max(at_s - 30, 0)
        return [Onlooker(1, PLACE, 290 - back)] if at_s >= 10 and back < 250 else []

    facts = told(away)
    assert stays(facts) == pytest.approx([20], abs=1)
    assert sum(fact.person_s for fact in facts if isinstance(fact, Presence)) == pytest.approx(
        20, abs=1
    )
