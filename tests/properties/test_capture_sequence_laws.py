"""What holds for every till's day: no number is lost, none is invented, order is of no account."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from cloud.capture.sequence import Series, Taken, audit

firsts = st.integers(1, 5000)
lengths = st.integers(1, 120)


def taken(number: int, at: int) -> Taken:
    return Taken(str(number), f"sale-{number}", at * 1000, at)


def only(day: list[Taken]) -> Series:
    (series,), without = audit(day)
    assert without == 0
    return series


@given(firsts, lengths, st.sets(st.integers(1, 119)))
def test_what_is_left_out_within_a_day_is_missing_and_nothing_else(
    first: int, length: int, left_out: set[int]
) -> None:
    gone = {at for at in left_out if at < length - 1}
    day = [taken(first + at, at) for at in range(length) if at not in gone]
    missing = {number for gap in only(day).gaps for number in range(gap.first, gap.last + 1)}
    assert missing == {first + at for at in gone}


@given(firsts, lengths, st.sets(st.integers(1, 119)), st.integers(0, 2**32))
def test_the_order_of_rows_is_of_no_account(
    first: int, length: int, left_out: set[int], seed: int
) -> None:
    day = [taken(first + at, at) for at in range(length) if at not in left_out]
    mixed = list(day)
    random.Random(seed).shuffle(mixed)
    assert audit(mixed) == audit(day)


@given(st.lists(st.text(max_size=30), max_size=40), st.lists(st.text(max_size=30), max_size=40))
def test_whatever_a_till_calls_a_number_is_counted_once(
    numbers: list[str], before: list[str]
) -> None:
    def day_of(words: list[str]) -> list[Taken]:
        return [Taken(word, f"sale-{at}", at, at) for at, word in enumerate(words)]

    series, without = audit(day_of(numbers), [day_of(before), day_of(numbers)])
    twice = sum(repeat.times - 1 for each in series for repeat in each.repeats)
    assert sum(each.taken for each in series) + twice + without == len(numbers)
