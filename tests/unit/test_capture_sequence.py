"""Which numbers of a till's day are missing and which were used twice: the cases by name."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from cloud.capture.numbering import read_number
from cloud.capture.sequence import Habit, Series, Taken, audit

MINUTE_MS = 60_000


def day(*numbers: int | str, begin_ms: int = 0) -> list[Taken]:
    """Transactions with these numbers, a minute apart."""
    return [
        Taken(str(number), f"sale-{number}-{at}", begin_ms + at * MINUTE_MS, at)
        for at, number in enumerate(numbers)
    ]


def only(found: tuple[list[Series], int]) -> Series:
    (series,), _ = found
    return series


def holes(series: Series) -> list[tuple[int, int]]:
    return [(gap.first, gap.last) for gap in series.gaps]


def run(first: int, last: int, leave_out: Iterable[int] = ()) -> list[int]:
    return [number for number in range(first, last + 1) if number not in set(leave_out)]


def test_a_day_without_holes_is_whole() -> None:
    series = only(audit(day(*run(1, 60))))
    assert (series.first, series.last, series.taken, series.missing) == (1, 60, 60, 0)


def test_an_empty_day_has_no_series() -> None:
    assert audit([]) == ([], 0)


def test_every_hole_is_named_with_what_came_behind_it() -> None:
    series = only(audit(day(*run(41, 60, (45, 46, 47, 52)))))
    assert holes(series) == [(45, 47), (52, 52)]
    assert series.missing == 4
    assert series.gaps[0].seen_ms == 4  # number 48 was the fifth to arrive


def test_transactions_in_the_wrong_order_are_no_hole() -> None:
    series = only(audit(day(41, 43, 42, 45, 44, 46)))
    assert series.gaps == ()


def test_two_transactions_with_one_number_are_a_repeat() -> None:
    series = only(audit(day(41, 42, 42, 43)))
    assert [(each.number, each.times) for each in series.repeats] == [(42, 2)]
    assert series.gaps == ()


def test_the_same_transaction_seen_again_is_no_repeat() -> None:
    once = day(41, 42)
    assert only(audit([*once, once[1]])).repeats == ()


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([*run(9990, 9999), *run(1, 40)], []),
        ([*run(9990, 9999), *run(0, 40)], []),
        ([*run(9990, 9997), *run(3, 40)], [(9998, 9999), (1, 2)]),
        ([*run(9990, 9999, (9993,)), *run(1, 40, (7,))], [(9993, 9993), (7, 7)]),
    ],
)
def test_a_full_counter_begins_anew(numbers: list[int], missing: list[tuple[int, int]]) -> None:
    series = only(audit(day(*numbers)))
    assert holes(series) == missing
    assert (series.first, series.last) == (numbers[0], 40)


def test_a_counter_that_was_set_back_misses_nothing_between() -> None:
    series = only(audit(day(*run(1500, 1520), *run(1, 12))))
    assert series.gaps == ()
    assert (series.first, series.last) == (1500, 12)


def test_a_great_hole_within_a_day_is_a_hole_and_not_a_counter_set_back() -> None:
    assert holes(only(audit(day(*run(1, 20), *run(100, 110))))) == [(21, 99)]


def test_a_clock_that_went_back_hides_no_hole() -> None:
    morning, later = day(*run(1, 50), begin_ms=10**7), day(*run(61, 90))
    assert holes(only(audit([*morning, *later]))) == [(51, 60)]


def test_a_counter_that_runs_on_shows_what_is_missing_over_night() -> None:
    before = [day(*run(41, 80)), day(*run(1, 40))]
    series = only(audit(day(*run(84, 100)), before))
    assert series.habit is Habit.RUNS_ON
    assert holes(series) == [(81, 83)]
    assert series.gaps[0].before_first


def test_a_counter_that_turned_over_in_the_night_is_followed() -> None:
    before = [day(*run(9950, 9997)), day(*run(9900, 9949))]
    assert holes(only(audit(day(*run(2, 20)), before))) == [(9998, 9999), (1, 1)]


def test_a_counter_that_begins_with_the_day_shows_what_is_missing_before_its_first() -> None:
    before = [day(*run(1, 30)), day(*run(1, 44))]
    series = only(audit(day(*run(4, 50)), before))
    assert series.habit is Habit.BEGINS_DAILY
    assert holes(series) == [(1, 3)]


def test_a_counter_that_begins_with_the_day_misses_nothing_over_night() -> None:
    before = [day(*run(1, 5)), day(*run(1, 44))]
    assert only(audit(day(*run(1, 50)), before)).gaps == ()


@pytest.mark.parametrize(
    "before",
    [
        [],
        [day(*run(1, 40))],
        [day(*run(41, 80)), day(*run(1, 30))],
        [day(*run(100, 120)), day(*run(1, 40))],
    ],
)
def test_without_a_habit_the_night_is_nobodys(before: list[list[Taken]]) -> None:
    series = only(audit(day(*run(90, 99)), before))
    assert (series.habit, series.gaps) == (Habit.UNKNOWN, ())


def test_numbers_that_nobody_counts_have_no_holes() -> None:
    series = only(audit(day(7, 1_000_000, 9_500_000)))
    assert (series.habit, series.gaps) == (Habit.SCATTERED, ())


def test_a_prefix_keeps_its_own_count_and_its_zeros() -> None:
    series, without = audit(day("A-0042", "A-0044", "B-0001", "B-0002"))
    assert [each.prefix for each in series] == ["A-", "B-"]
    assert [series[0].text(gap.first) for gap in series[0].gaps] == ["A-0043"]
    assert without == 0


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("42", ("", 42)),
        (" 0042 ", ("", 42)),
        ("R0042", ("R", 42)),
        ("20261122-0042", ("20261122-", 42)),
        ("", None),
        ("20261122091501", None),
        ("550e8400-e29b-41d4-a716-446655440000", None),
        ("unknown", None),
        ("٤٢", None),
    ],
)
def test_numbers_are_taken_apart(text: str, read: tuple[str, int] | None) -> None:
    assert read_number(text) == read


def test_transactions_without_a_count_are_counted_apart() -> None:
    series, without = audit(day(1, 2, "", "x"))
    assert (len(series), without) == (1, 2)
