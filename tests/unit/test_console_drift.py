"""The drawing of four weeks' drift as numbers."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from cloud.console.bar_chart import WIDTH
from cloud.console.drift import drift_chart
from cloud.insight import Drift, DriftDay


def days(*left: int | None) -> list[DriftDay]:
    first = date(2026, 11, 1)
    return [
        DriftDay(
            first + timedelta(n), is_over=True, drift=None if each is None else Drift(each, 100, 0)
        )
        for n, each in enumerate(left)
    ]


def test_who_was_left_stands_up_and_who_never_came_hangs_down() -> None:
    chart = drift_chart(days(8, -4, 0, None))
    up, down, none, unknown = chart.bars
    assert up.y + up.height == chart.frame.zero
    assert down.y == chart.frame.zero
    assert up.height == 2 * down.height
    assert (none.height, unknown.height) == (0, 0)
    values = [value for _, value in chart.lines]
    assert values == sorted(values)
    assert values[0] == -values[-1]
    assert values[-1] >= 8


def test_bars_stand_side_by_side_and_leave_room_for_the_scale() -> None:
    chart = drift_chart(days(*range(28)))
    edges = [(bar.x, bar.x + bar.width) for bar in chart.bars]
    assert all(end < begin for (_, end), (begin, _) in pairwise(edges))
    assert edges[0][0] > 30
    assert edges[-1][1] <= WIDTH
    assert drift_chart([]).bars == ()
