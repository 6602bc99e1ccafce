"""Who is staff: by birth in a staff area, or by votes for a badge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.staffness import DEFAULTS, Staffness
from agent.capture.footfall.counting.zone import Zone
from models.wire.events.footfall import ZoneKind
from tests.simulators.passers import Passer
from tests.simulators.strollers import SIZE, moments, walking

BACK_ROOM = Zone(
    "back", ZoneKind.STAFF, ((500.0, 200.0), (700.0, 200.0), (700.0, 400.0), (500.0, 400.0))
)
LEFT = -80.0
SOMEBODY = walking({"x": 600, "y": 300, "dx": LEFT})


def ever(staffness: Staffness, shown: Sequence[Moment], badge: Sequence[bool] = ()) -> set[int]:
    """Who is staff in the end; each look finds the next of these badges, and then the last."""
    looks = iter(badge)
    last: bool | None = None
    staff: frozenset[int] = frozenset()
    for moment in shown:
        votes = {}
        for row in staffness.worth_a_look(moment) if badge else ():
            last = next(looks, last)
            votes[int(moment.ids[row])] = bool(last)
        staff = staffness.update(moment, votes)
    return set(staff)


def test_whoever_is_born_in_a_staff_area_is_staff_wherever_they_go() -> None:
    assert ever(Staffness([BACK_ROOM], SIZE), list(moments(SOMEBODY, 6))) == {1}


def test_whoever_walks_through_a_staff_area_is_not() -> None:
    scene = walking({"x": 760, "y": 300, "dx": LEFT})
    assert ever(Staffness([BACK_ROOM], SIZE), list(moments(scene, 6))) == set()


def test_zones_of_other_kinds_make_no_staff() -> None:
    queue = Zone("queue", ZoneKind.QUEUE, BACK_ROOM.corners)
    assert ever(Staffness([queue], SIZE), list(moments(SOMEBODY, 6))) == set()


def test_a_badge_seen_again_and_again_makes_staff() -> None:
    assert ever(Staffness([], SIZE), list(moments(SOMEBODY, 6)), [True]) == {1}


def test_a_badge_seen_once_or_twice_does_not() -> None:
    assert ever(Staffness([], SIZE), list(moments(SOMEBODY, 6)), [True, True, False]) == set()


def test_staff_who_turn_their_back_for_a_moment_stay_staff() -> None:
    votes = [True] * 3 + [False, False, True, False, True]
    assert ever(Staffness([], SIZE), list(moments(SOMEBODY, 6)), votes) == {1}


def test_votes_can_be_outvoted() -> None:
    scene = walking({"x": 740, "y": 300, "dx": -60})
    votes = [True] * 3 + [False]
    assert ever(Staffness([], SIZE), list(moments(scene, 11)), votes) == set()


def test_pictures_of_one_moment_are_one_witness() -> None:
    shown = list(moments(SOMEBODY, 6, fps=30.0))
    staffness = Staffness([], SIZE)
    looks_s = [m.at_s for m in shown if len(staffness.worth_a_look(m)) and _look(staffness, m)]
    assert np.diff(looks_s).min() >= DEFAULTS.look_s


def _look(staffness: Staffness, moment: Moment) -> bool:
    staffness.update(moment, {1: False})
    return True


def test_a_crowd_costs_no_more_than_a_few_looks_a_picture_and_everybody_has_their_turn() -> None:
    crowd = walking(*({"x": 700, "y": 90 + 70 * each, "dx": LEFT} for each in range(7)))
    staffness = Staffness([], SIZE)
    looked_at: set[int] = set()
    for moment in moments(crowd, 6):
        rows = staffness.worth_a_look(moment)
        assert len(rows) <= DEFAULTS.looks
        looked_at |= set(moment.ids[rows].tolist())
        staffness.update(moment, dict.fromkeys(moment.ids[rows].tolist(), False))
    assert len(looked_at) == 7


def test_a_signpost_is_never_looked_at() -> None:
    staffness = Staffness([], SIZE)
    for moment in moments(lambda _: [Passer(300, 300)], 6):
        assert not len(staffness.worth_a_look(moment))
        assert staffness.update(moment) == frozenset()


def test_staff_are_named_a_while_after_they_are_gone_and_then_forgotten() -> None:
    staffness = Staffness([BACK_ROOM], SIZE)
    shown = list(moments(SOMEBODY, 30))
    known = [(moment.at_s, staffness.update(moment)) for moment in shown]
    gone_s = next(m.at_s for m in shown if m.at_s > 1 and not len(m.ids))
    assert all(1 in staff for at_s, staff in known if 0.5 < at_s < gone_s + 3)
    assert known[-1][1] == frozenset()
