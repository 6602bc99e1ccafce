"""The drawings of the footfall page as numbers."""

from __future__ import annotations

from cloud.console.bar_chart import ALONE, WIDTH
from cloud.console.footfall_chart import (
    busy,
    came_chart,
    coarse_heat,
    curve,
    heat_cells,
    passed_chart,
)
from cloud.footfall import Crowd
from cloud.insight import CaptureRate, CrowdHour, Doors, Step
from models.wire.events.footfall import HEAT_COLUMNS


def an_hour(
    hour: int, ingress: int | None, passers: int | None = None, crowd: Crowd | None = None
) -> CrowdHour:
    egress = None if ingress is None else 0
    capture = None if passers is None else CaptureRate(0, passers, 60)
    return CrowdHour(hour, Doors(ingress, egress, crowd), capture, 0, None, ())


def test_hours_are_drawn_from_the_first_to_the_last_with_anybody() -> None:
    hours = [an_hour(8, 0), an_hour(9, 3), an_hour(10, None), an_hour(11, 0, 4), an_hour(12, 0)]
    assert [each.hour for each in busy(hours)] == [9, 10, 11]
    assert busy([an_hour(8, 0), an_hour(9, None)]) == ()


def test_bar_is_of_visitors_and_of_heads_where_those_are_not_known() -> None:
    known = an_hour(9, 10, crowd=Crowd(staff_in=4, again=1))
    chart = came_chart([known, an_hour(10, 10), an_hour(11, None)], alone=True)
    assert [bar.value for bar in chart.bars] == [5, 10, None]
    assert chart.bars[1].height == 2 * chart.bars[0].height
    assert chart.bars[2].height == 0


def test_bars_stay_within_their_frame() -> None:
    for chart in (
        came_chart([an_hour(9, 123)], alone=False),
        passed_chart([an_hour(9, 0, 4567), an_hour(10, 0)]),
    ):
        for bar in chart.bars:
            assert chart.frame.top <= bar.y <= chart.frame.floor
            assert 0 <= bar.x <= bar.x + bar.width <= WIDTH


def test_curve_has_a_hole_where_nobody_watched_and_lies_on_the_floor_below_nobody() -> None:
    steps = [Step(15, 4), Step(30, None), Step(45, -3), Step(60, 2)]
    drawn = curve(steps, str)
    assert len(drawn.pieces) == 2
    assert drawn.pieces[0] == f"0.0,{ALONE.top:.1f} 15.0,{ALONE.top:.1f}"
    assert f",{ALONE.floor}" in drawn.pieces[1]
    assert drawn.hours == ((60.0, "60"),)
    assert curve([], str).pieces == ()


def test_heat_is_a_share_of_the_warmest_and_the_table_holds_all_of_it() -> None:
    cells = {0: 100, HEAT_COLUMNS * 17 + 31: 50, 5: 0}
    drawn = heat_cells(cells)
    assert [(each.column, each.row, each.share) for each in drawn] == [(0, 0, 1.0), (31, 17, 0.5)]
    rows = coarse_heat(cells)
    assert (len(rows), len(rows[0])) == (6, 8)
    assert (rows[0][0], rows[5][7], sum(map(sum, rows))) == (100, 50, 150)
    assert heat_cells({}) == ()
