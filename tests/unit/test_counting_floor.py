"""Who is present in a zone, who stays, who waits, and where feet are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from agent.capture.footfall.counting.facts import CutStay, Fact, Presence, Stay, Warmth
from agent.capture.footfall.counting.floor import Floor
from agent.capture.footfall.counting.zone import Zone
from models.wire.events.footfall import ZoneKind
from tests.simulators.onlookers import HEIGHT, SIZE, Onlooker, Scene, every, show

CORNERS = ((200.0, 100.0), (400.0, 100.0), (400.0, 300.0), (200.0, 300.0))
TABLE = Zone("table", ZoneKind.DWELL, CORNERS)
TILL = Zone("till", ZoneKind.QUEUE, CORNERS)
STEP_S = 0.2
WALKING = 0.8 * HEIGHT
"""Pixels a second."""
OUTSIDE, MIDDLE = 50.0, 300.0


def told(
    scene: Scene, until_s: float = 40.0, zone: Zone = TABLE, holes: Sequence[float] = ()
) -> list[Fact]:
    return show(Floor([zone], SIZE), scene, every(STEP_S, until_s), holes)


def stays(facts: Iterable[Fact]) -> list[float]:
    return [fact.lasted_s for fact in facts if isinstance(fact, Stay)]


def cut(facts: Iterable[Fact]) -> int:
    return sum(isinstance(fact, CutStay) for fact in facts)


def person_s(facts: Iterable[Fact]) -> float:
    return sum(fact.person_s for fact in facts if isinstance(fact, Presence))


def staff_s(facts: Iterable[Fact]) -> float:
    return sum(fact.staff_s for fact in facts if isinstance(fact, Presence))


def most(facts: Iterable[Fact]) -> int:
    return max((fact.most for fact in facts if isinstance(fact, Presence)), default=0)


def visit(number: int, begin_s: float, end_s: float, y: float = 200.0) -> Scene:
    """Comes to the zone's middle, stands there, and goes on to the other side."""

    def scene(at_s: float) -> list[Onlooker]:
        comes_s, goes_s = (MIDDLE - OUTSIDE) / WALKING, at_s - end_s
        x = MIDDLE + WALKING * (max(goes_s, 0) + min(at_s - begin_s, 0))
        there = begin_s - comes_s <= at_s and x < 590
        return [Onlooker(number, x, y)] if there else []

    return scene


def together(*scenes: Scene) -> Scene:
    return lambda at_s: [one for scene in scenes for one in scene(at_s)]


HALF_WAY_S = 100 / WALKING


def test_who_comes_stands_and_goes_has_stayed_from_border_to_border() -> None:
    facts = told(visit(1, 10, 25))
    assert stays(facts) == pytest.approx([15 + 2 * HALF_WAY_S], abs=2 * STEP_S)
    assert person_s(facts) == pytest.approx(15 + 2 * HALF_WAY_S, abs=2 * STEP_S)
    assert most(facts) == 1


def test_who_walks_through_was_present_but_has_not_stayed() -> None:
    facts = told(visit(1, 10, 10))
    assert stays(facts) == []
    assert person_s(facts) == pytest.approx(2 * HALF_WAY_S, abs=2 * STEP_S)


def test_who_walks_through_a_queue_does_not_queue() -> None:
    facts = told(visit(1, 10, 10), zone=TILL)
    assert not [fact for fact in facts if isinstance(fact, Presence | Stay | CutStay)]


def test_who_stops_in_a_queue_waits_from_stopping_to_setting_off() -> None:
    facts = told(visit(1, 10, 25), zone=TILL)
    assert stays(facts) == pytest.approx([15], abs=2 * STEP_S)
    assert person_s(facts) == pytest.approx(15, abs=2 * STEP_S)


def test_moving_up_in_a_queue_does_not_end_the_waiting() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        moved = sum(min(max(at_s - moves_s, 0.0), 1.0) for moves_s in (10, 20))
        return [Onlooker(1, 360 - 60 * moved, 200)] if at_s < 38 else []

    facts = told(scene, 50, TILL)
    assert len(stays(facts)) + cut(facts) == 1
    assert person_s(facts) == pytest.approx(38, abs=1)


def test_swaying_on_the_border_neither_ends_nor_begins_stays() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        sway = 8 if int(at_s * 2) % 2 else -8
        inside, outside = (
            Onlooker(1, 200 + abs(sway) if at_s < 1 else 200 + sway, 200),
            Onlooker(2, 400 - sway, 200),
        )
        return [inside, Onlooker(2, 450, 200) if at_s < 1 else outside]

    facts = told(scene, 60)
    assert stays(facts) == []
    assert cut(facts) == 1
    assert person_s(facts) == pytest.approx(59.8)


def test_who_stands_a_little_beyond_the_border_is_believed_after_a_while() -> None:
    """The band is for feet that tremble: who stays in it is on one side all the same."""

    def scene(at_s: float) -> list[Onlooker]:
        return [Onlooker(1, 300 if at_s < 10 else 194, 200)]

    assert 10 < person_s(told(scene, 60)) < 13


def test_who_is_hidden_and_found_again_was_present_all_the_time() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        people = list(visit(1, 10, 25)(at_s))
        return [one.hidden() for one in people] if 15 < at_s < 16.8 else people

    hidden, plain = told(scene), told(visit(1, 10, 25))
    assert stays(hidden) == stays(plain)
    assert person_s(hidden) == pytest.approx(person_s(plain))
    assert most(hidden) == 1


def test_patience_with_somebody_who_never_comes_back_is_not_presence() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        one = Onlooker(1, 300, 200)
        return [one] if at_s < 20 else [one.hidden()] if at_s < 22 else []

    assert person_s(told(scene)) == pytest.approx(20, abs=STEP_S)


def test_a_lost_identity_goes_on_in_who_is_born_at_its_place() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        people = list(visit(1, 10, 35)(at_s))
        if at_s < 20:
            return people
        hidden = [one.hidden() for one in people] if at_s < 22 else []
        heir = [Onlooker(7, one.x + 20, one.y, proven=at_s > 35) for one in people]
        return hidden + heir if at_s > 21 else hidden

    facts, plain = told(scene, 60), told(visit(1, 10, 35), 60)
    assert stays(facts) == pytest.approx(stays(plain), abs=2 * STEP_S)
    assert person_s(facts) == pytest.approx(person_s(plain), abs=2 * STEP_S)
    assert most(facts) == 1


def test_somebody_born_elsewhere_is_somebody_else() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        first = Onlooker(1, 250, 200)
        if at_s < 20:
            return [first]
        second = [Onlooker(2, 360, 200)] if at_s > 21 else []
        return ([first.hidden()] if at_s < 22 else []) + second

    facts = told(scene, 60)
    assert cut(facts) == 2  # begun with the camera, and ended with it
    assert stays(facts) == []


def test_a_signpost_is_never_present() -> None:
    facts = told(lambda _: [Onlooker(1, 300, 200, proven=False)], 120)
    assert facts == []


def test_who_is_proven_late_has_stayed_from_first_sight() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        late = Onlooker(1, 300, 200, proven=at_s > 30)
        return [late] if 10 < at_s < 35 else []

    facts = told(scene, 60)
    assert stays(facts) == pytest.approx([25], abs=2 * STEP_S)
    assert person_s(facts) == pytest.approx(35 - 30 + 2.5, abs=2 * STEP_S)


def test_staff_are_told_beside_and_do_not_stay() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        return [Onlooker(1, 300, 200, staff=True)] if 5 < at_s < 30 else []

    facts = told(scene)
    assert stays(facts) == []
    assert (person_s(facts), most(facts)) == (0, 0)
    assert staff_s(facts) == pytest.approx(25, abs=2 * STEP_S)
    assert not [fact for fact in facts if isinstance(fact, Warmth)]


def test_who_turns_out_to_be_staff_soon_was_staff_from_the_beginning() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        return [Onlooker(1, 300, 200, staff=at_s > 7)] if 5 < at_s < 30 else []

    facts = told(scene)
    assert person_s(facts) == 0
    assert staff_s(facts) == pytest.approx(25, abs=2 * STEP_S)


def test_who_turns_out_to_be_staff_late_has_not_stayed() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        return [Onlooker(1, 300, 200, staff=at_s > 20)] if 5 < at_s < 30 else []

    facts = told(scene)
    assert stays(facts) == []
    assert person_s(facts) + staff_s(facts) == pytest.approx(25, abs=2 * STEP_S)
    assert staff_s(facts) == pytest.approx(10 + 2.5, abs=2 * STEP_S)


def test_who_is_back_within_a_moment_has_stayed_once() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        x = 300 if not 15 < at_s < 17 else 450
        return [Onlooker(1, x, 200)] if 5 < at_s < 30 else []

    assert stays(told(scene)) == pytest.approx([25], abs=2 * STEP_S)


def test_stays_that_the_cameras_start_or_end_cut_are_told_as_such() -> None:
    facts = told(together(visit(1, 0, 20), visit(2, 30, 90, 250)), 50)
    assert stays(facts) == []
    assert cut(facts) == 2


def test_a_hole_cuts_the_stays_that_go_on() -> None:
    def scene(at_s: float) -> list[Onlooker]:
        return [Onlooker(1 if at_s < 25 else 2, 300, 200)] if 5 < at_s < 45 else []

    times = [at_s for at_s in every(STEP_S, 60) if not 20 < at_s < 30]
    resumed = next(at_s for at_s in times if at_s > 25)
    facts = show(Floor([TABLE], SIZE), scene, times, [resumed])
    assert stays(facts) == []
    assert cut(facts) == 2
    assert person_s(facts) == pytest.approx(40 - 10, abs=3 * STEP_S)


def test_a_hole_that_everybody_survives_adds_no_presence_and_cuts_nothing() -> None:
    times = [at_s for at_s in every(STEP_S, 60) if not 15 < at_s < 16.5]
    resumed = next(at_s for at_s in times if at_s > 15.5)
    facts = show(Floor([TABLE], SIZE), visit(1, 10, 25), times, [resumed])
    assert stays(facts) == pytest.approx([15 + 2 * HALF_WAY_S], abs=2 * STEP_S)
    assert person_s(facts) == pytest.approx(15 + 2 * HALF_WAY_S - 1.5, abs=3 * STEP_S)


def test_zones_count_for_themselves() -> None:
    right = ((400.0, 100.0), (580.0, 100.0), (580.0, 300.0), (400.0, 300.0))
    zones = [TABLE, Zone("shelf", ZoneKind.DWELL, right), Zone("off", ZoneKind.EXCLUDED, CORNERS)]
    facts = show(Floor(zones, SIZE), visit(1, 10, 25), every(STEP_S, 40))
    spent = {
        name: sum(f.person_s for f in facts if isinstance(f, Presence) and f.zone == name)
        for name in ("table", "shelf", "off")
    }
    assert spent["table"] == pytest.approx(15 + 2 * HALF_WAY_S, abs=2 * STEP_S)
    assert spent["shelf"] == pytest.approx(180 / WALKING, abs=2 * STEP_S)
    assert spent["off"] == 0


def test_facts_are_dated_with_the_picture_and_come_in_order() -> None:
    facts = told(visit(1, 10, 25))
    dates = [fact.at_s for fact in facts if isinstance(fact, Presence)]
    assert dates == sorted(dates)
    assert dates[0] == pytest.approx(10 - HALF_WAY_S, abs=3 * STEP_S)


def test_heat_is_where_visitors_feet_are() -> None:
    facts = told(lambda at_s: [Onlooker(1, 310, 200)] if at_s < 20 else [])
    warm = [fact for fact in facts if isinstance(fact, Warmth)]
    assert {fact.cell for fact in warm} == {7 * 32 + 15}
    assert sum(fact.seconds for fact in warm) == pytest.approx(20, abs=STEP_S)


def test_feet_beyond_the_pictures_edge_warm_the_cell_beside_them() -> None:
    facts = show(Floor([], SIZE), lambda _: [Onlooker(1, 700, 520)], every(STEP_S, 10))
    assert {fact.cell for fact in facts if isinstance(fact, Warmth)} == {17 * 32 + 31}


def test_nothing_is_kept_of_people_who_are_gone() -> None:
    """Ten thousand visitors leave no more behind than ten."""
    floor = Floor([TABLE, TILL], SIZE)

    def scene(at_s: float) -> list[Onlooker]:
        number = int(at_s // 2)
        return [Onlooker(number, 210 + 40 * (at_s % 2), 200)]

    show(floor, scene, every(STEP_S, 400))
    assert len(floor._walkers.table) < 64
