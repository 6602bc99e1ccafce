"""Where bars stand, and when the numbers over them would touch."""

from __future__ import annotations

import pytest

from cloud.console.bar_chart import ALONE, WIDTH, Frame, bar_chart

SIGNED = Frame(top=26, floor=206, height=250, left=34, signed=True)


def test_bars_share_the_width_behind_the_gutter() -> None:
    chart = bar_chart(range(20), lambda each: each, ALONE)
    assert chart.bars[0].x > ALONE.left
    assert chart.bars[-1].x + chart.bars[-1].width <= WIDTH
    assert chart.room == (WIDTH - ALONE.left) / 20
    assert [bar.datum for bar in chart.bars] == list(range(20))


def test_what_is_not_known_has_no_height_and_no_number() -> None:
    known, unknown = bar_chart([3, None], lambda each: each, ALONE).bars
    assert (known.value, unknown.value, unknown.height) == (3, None, 0)
    assert unknown.y == ALONE.floor


def test_a_signed_frame_has_its_lines_on_both_sides_of_nothing() -> None:
    up, down = (chart := bar_chart([8, -4], lambda each: each, SIGNED)).bars
    assert (up.y + up.height, down.y) == (SIGNED.zero, SIGNED.zero)
    values = [value for _, value in chart.lines]
    assert values == [-value for value in reversed(values)]
    heights = [y for y, _ in chart.lines]
    assert sum(heights) / len(heights) == SIGNED.zero


@pytest.mark.parametrize(
    ("hours", "largest", "crowding"),
    [(9, 12, ""), (12, 999, ""), (12, 1_234, "dense"), (20, 155, "dense"), (24, 1_234, "packed")],
)
def test_numbers_that_would_touch_are_thinned_out_where_they_would(
    hours: int, largest: int, crowding: str
) -> None:
    assert bar_chart([largest] * hours, lambda each: each, ALONE).crowding == crowding
