"""Which numbers of a till are missing, case by case."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from agent.capture.pos.sequence import DayNumbers, Gap, Numbered, counts_on, missing, numbered
from models.wire.ranges import Range, RangeSet

MONDAY = date(2026, 11, 16)


def day(index: int, *ranges: Range, opened: int = 0, closed: int = 0) -> DayNumbers:
    """A business day; its first and last transaction bear the smallest and greatest number."""
    numbers = RangeSet(ranges)
    first = opened or next(iter(numbers))[0]
    return DayNumbers(MONDAY + timedelta(days=index), numbers, first, closed or numbers.last)


def gaps(*days: DayNumbers) -> list[tuple[int, int, int]]:
    """Index of the day, first and last number."""
    return [((gap.day - MONDAY).days, gap.first, gap.last) for gap in missing(days)]


def test_a_hole_between_the_numbers_of_a_day_is_a_gap() -> None:
    assert gaps(day(0, (7, 9), (12, 20), (22, 22))) == [(0, 10, 11), (0, 21, 21)]
    assert len(Gap(MONDAY, 10, 11)) == 2


def test_where_a_day_begins_or_ends_tells_nothing_by_itself() -> None:
    assert gaps(day(0, (431, 500))) == []


def test_a_counter_that_goes_on_over_midnight_has_gaps_between_days() -> None:
    days = day(0, (1, 80)), day(1, (81, 150)), day(3, (190, 200))
    assert counts_on(days)
    assert gaps(*days) == [(3, 151, 189)]


def test_a_till_that_begins_anew_each_day_has_none_between_days() -> None:
    days = day(0, (1, 80)), day(1, (1, 75)), day(2, (1, 90))
    assert not counts_on(days)
    assert gaps(*days) == []


def test_a_till_that_begins_every_day_with_one_number_lacks_what_is_before_the_first() -> None:
    assert gaps(day(0, (40, 80)), day(1, (1, 75)), day(2, (1, 90)), day(3, (4, 60))) == [(3, 1, 3)]


def test_one_day_is_no_reason_to_believe_in_either() -> None:
    assert gaps(day(0, (1, 80)), day(1, (95, 120))) == []
    assert gaps(day(0, (1, 80)), day(1, (5, 20))) == []


def test_a_counter_set_back_once_still_goes_on() -> None:
    days = day(0, (1, 9)), day(1, (10, 19)), day(2, (20, 29)), day(3, (1, 9)), day(4, (12, 19))
    assert gaps(*days) == [(4, 10, 11)]


def test_a_counter_that_turns_over_during_a_day_lacks_nothing() -> None:
    assert gaps(day(0, (9990, 9999), (1, 20), opened=9990, closed=20)) == []


def test_what_is_missing_around_the_turn_is_told() -> None:
    turned = day(0, (9990, 9997), (3, 20), opened=9990, closed=20)
    assert gaps(turned) == [(0, 1, 2), (0, 9998, 9999)]


def test_a_counter_may_turn_over_at_night() -> None:
    days = day(0, (9800, 9899)), day(1, (9900, 9999)), day(2, (1, 50)), day(3, (52, 60))
    assert counts_on(days)
    assert gaps(*days) == [(3, 51, 51)]
    short = day(0, (9800, 9899)), day(1, (9900, 9998)), day(2, (2, 50))
    assert gaps(*short) == [(2, 1, 1), (2, 9999, 9999)]


def test_a_till_that_was_begun_anew_during_the_day_lacks_nothing_at_that_place() -> None:
    assert gaps(day(0, (500, 600), (1, 8), (10, 20), opened=500, closed=20)) == [(0, 9, 9)]


def test_without_the_till_s_own_time_a_hole_is_a_hole() -> None:
    assert gaps(day(0, (1, 3), (50, 50))) == [(0, 4, 49)]


def test_a_jump_of_ten_thousands_is_another_row_of_numbers() -> None:
    assert gaps(day(0, (1, 20), (900_001, 900_005))) == []
    assert gaps(day(0, (1, 9)), day(1, (10, 19)), day(2, (700_000, 700_009))) == []


def test_a_number_that_another_day_has_is_not_missing_where_the_counter_goes_on() -> None:
    stray = day(0, (1, 9)), day(1, (10, 19)), day(2, (20, 29), (31, 31)), day(3, (30, 30), (32, 40))
    assert gaps(*stray) == []


def test_workstations_of_one_counter_fill_each_other_s_gaps() -> None:
    own, other = day(0, (1, 3), (6, 9)), RangeSet([(4, 5), (10, 12)])
    assert missing([own], [[other]]) == []
    assert missing([own], [[RangeSet([(4, 4)])]]) == [Gap(MONDAY, 5, 5)]


def test_workstations_with_counters_of_their_own_do_not() -> None:
    own, other = day(0, (1, 3), (6, 9)), RangeSet([(1, 20)])
    assert missing([own], [[other]]) == [Gap(MONDAY, 4, 5)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("000123", Numbered("", 123)),
        (" 7 ", Numbered("", 7)),
        ("A-0042", Numbered("A-", 42)),
        ("Shop/0007", Numbered("Shop/", 7)),
        ("00001-001-0004", Numbered("00001-001-", 4)),
        ("0", Numbered("", 0)),
        ("", None),
        ("12a", None),
        ("5678901234567", None),
        ("CAISENgvlJ6jLWAzERDzjyHVybY", None),
    ],
)
def test_what_a_till_counts_up_are_the_last_digits(text: str, found: Numbered | None) -> None:
    assert numbered(text) == found
