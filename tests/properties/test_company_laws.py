"""What holds of groups, staff and returns whatever the crowd, on entrances whose truth is known."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from agent.capture.footfall.counting.line import Crossing, Direction
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.settling import SETTLE_S, Settled, Settling
from tests.simulators.doorway import SIZE
from tests.simulators.entrance import EVERYBODY, Call, Entrance
from tests.simulators.entrance_score import Score, cells, judged, looked_at

SAMPLED = 5.0
MINUTES = 2.5


@cache
def entrance(seed: int, angle: float = 0.0, calls: Sequence[Call] = EVERYBODY) -> Entrance:
    return Entrance.of(seed, MINUTES, angle=angle, calls=calls)


@cache
def seen_at(seed: int, angle: float = 0.0) -> tuple[Moment, ...]:
    return tuple(looked_at(entrance(seed, angle), SAMPLED))


def told(moments: Sequence[Moment]) -> list[Settled]:
    settling = Settling(["door"])
    return [each for moment in moments for each in settling.update(moment)] + settling.rest()


def kinds(settled: Sequence[Settled]) -> list[tuple[int, Direction, bool, bool]]:
    return [
        (each.crossing.track, each.crossing.direction, each.again, each.leads) for each in settled
    ]


@pytest.mark.parametrize("seed", [71, 72])
def test_no_sub_count_exceeds_its_count_in_any_minute(seed: int) -> None:
    moments = seen_at(seed)
    crossings = [crossing for moment in moments for crossing in moment.crossings]
    settled = list(judged(entrance(seed), moments))
    heads = cells(crossings)
    for chosen in (
        [each for each in settled if each.staff],
        [each for each in settled if each.again],
        [each for each in settled if each.leads],
    ):
        assert not cells([each.crossing for each in chosen]) - heads


@pytest.mark.parametrize("seed", [71, 73])
def test_more_is_said_of_a_crossing_once_and_only_after_it_was_told(seed: int) -> None:
    before: set[Crossing] = set()
    said: Tally[Crossing] = Tally()
    settling = Settling(["door"])
    for moment in seen_at(seed):
        before.update(moment.crossings)
        for each in settling.update(moment):
            assert each.crossing in before
            assert moment.at_s - each.crossing.at_s >= SETTLE_S
            said[each.crossing] += 1
    assert max(said.values()) == 1


@pytest.mark.parametrize("seed", [71, 74])
def test_staff_neither_lead_nor_return_and_nothing_empty_is_told(seed: int) -> None:
    for each in judged(entrance(seed), seen_at(seed)):
        assert each.staff or each.again or each.leads
        assert not (each.staff and (each.again or each.leads))
        assert not each.again or each.crossing.direction is Direction.IN


@pytest.mark.parametrize("factor", [0.25, 4.0])
def test_a_bigger_picture_of_the_same_groups_the_same(factor: float) -> None:
    plain = seen_at(72, 0.6)
    bigger = [
        replace(
            moment,
            feet=moment.feet * factor,
            heights=moment.heights * factor,
            widths=moment.widths * factor,
        )
        for moment in plain
    ]
    assert kinds(told(bigger)) == kinds(told(plain))


def test_a_mirrored_picture_groups_the_same() -> None:
    plain = seen_at(73, 1.57)
    mirrored = [replace(moment, feet=moment.feet * (-1, 1) + (SIZE[0], 0)) for moment in plain]
    assert kinds(told(mirrored)) == kinds(told(plain))


def test_what_the_clock_says_does_not_matter() -> None:
    plain = seen_at(74)
    later = [
        replace(
            moment,
            at_s=moment.at_s + 4096,
            crossings=[replace(each, at_s=each.at_s + 4096) for each in moment.crossings],
        )
        for moment in plain
    ]
    assert kinds(told(later)) == kinds(told(plain))


def test_who_is_not_proven_or_far_off_changes_nothing() -> None:
    plain = seen_at(71)
    crowded = [_with_a_signpost(moment) for moment in plain]
    assert kinds(told(crowded)) == kinds(told(plain))


def _with_a_signpost(moment: Moment) -> Moment:
    """Beside all others, as the last of the ids."""

    def beside(column: np.ndarray, value: object) -> np.ndarray:
        return np.concatenate([column, np.array([value], column.dtype)])

    return replace(
        moment,
        ids=beside(moment.ids, 1_000_000),
        feet=beside(moment.feet, (480.0, 400.0)),
        heights=beside(moment.heights, 110.0),
        widths=beside(moment.widths, 40.0),
        birthplaces=beside(moment.birthplaces, (480.0, 400.0)),
        seen=beside(moment.seen, True),
        proven=beside(moment.proven, False),
        standing=beside(moment.standing, True),
        staff=beside(moment.staff, False),
    )


@pytest.mark.parametrize("fps", [3.5, 10.0])
def test_couples_are_mostly_one_group_and_people_alone_one_each(fps: float) -> None:
    score = Score()
    score.add(entrance(75, 0.6, (Call.COUPLE,)), fps)
    score.add(entrance(76, 0.0, (Call.ALONE,)), fps)
    assert score.groups.true > 20
    assert abs(score.groups.bias) <= 0.15


def test_staff_in_uniform_are_mostly_known_and_visitors_mostly_are_not_taken_for_them() -> None:
    score = Score()
    score.add(entrance(77, 0.0, (Call.STAFF, Call.STAFF, Call.ALONE)), SAMPLED)
    assert score.staff.true >= 5
    assert score.staff.recall >= 0.6
    assert score.staff.precision >= 0.8
