"""The day's bars: nothing outside the frame, every hour in its place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.console.bar_chart import ALONE, WIDTH
from cloud.console.sales_chart import sales_chart, sum_hours
from cloud.sales import HourFigure

figures = st.builds(
    HourFigure,
    hour=st.integers(0, 29),
    currency=st.sampled_from(["CNY", "USD"]),
    sales=st.integers(0, 100_000),
    returns=st.integers(0, 99),
    net_minor=st.integers(-(10**9), 10**9),
)


@given(st.lists(figures, unique_by=lambda figure: (figure.hour, figure.currency)))
def test_every_bar_is_inside_and_as_high_as_its_sales(hours: list[HourFigure]) -> None:
    drawn = sales_chart(sum_hours(hours))
    for bar in drawn.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= ALONE.floor + 0.11 <= ALONE.height
    by_height = sorted(drawn.bars, key=lambda bar: bar.datum.sales)
    heights = [bar.height for bar in by_height]
    assert heights == sorted(heights)
    for one, other in zip(drawn.bars, drawn.bars[1:], strict=False):
        assert one.x + one.width < other.x


@given(st.lists(figures, unique_by=lambda figure: (figure.hour, figure.currency)))
def test_no_sale_is_lost_and_no_hour_left_out(hours: list[HourFigure]) -> None:
    summed = sum_hours(hours)
    assert sum(hour.sales for hour in summed) == sum(figure.sales for figure in hours)
    numbers = [hour.hour for hour in summed]
    if hours:
        assert numbers == list(range(min(numbers), max(numbers) + 1))


@given(st.integers(0, 10**7))
def test_lines_are_few_round_numbers_that_reach_the_top(largest: int) -> None:
    lines = [
        value for _, value in sales_chart(sum_hours([HourFigure(9, "CNY", largest, 0, 0)])).lines
    ]
    assert 1 <= len(lines) <= 3
    assert lines[-1] >= largest
    assert all(line == lines[0] * number for number, line in enumerate(lines, 1))


def test_amounts_of_different_currencies_are_never_added() -> None:
    (hour,) = sum_hours([HourFigure(25, "CNY", 1, 0, 100), HourFigure(25, "USD", 2, 1, 7)])
    assert hour.net == {"CNY": 100, "USD": 7}
    assert (hour.sales, hour.returns, hour.label) == (3, 1, "01")


def test_till_with_a_wrong_clock_does_not_ask_for_a_million_bars() -> None:
    hours = sum_hours([HourFigure(-700_000, "CNY", 1, 0, 0), HourFigure(9, "CNY", 2, 0, 0)])
    assert [hour.label for hour in hours] == ["08", "09"]


def test_morning_does_not_fill_the_screen() -> None:
    (bar,) = sales_chart(sum_hours([HourFigure(8, "CNY", 1, 0, 0)])).bars
    assert bar.width < WIDTH / 12
