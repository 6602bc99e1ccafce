"""Laws of the till's books: no order of capture and no repetition changes what they tell."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.books import Noted, TillBooks
from agent.capture.pos.sequence import DayNumbers, missing
from models.wire.events.sale import SaleRecorded
from models.wire.ranges import RangeSet
from tests.simulators.booked_shop import GRACE_S, TODAY, numbered
from tests.simulators.clocks import HandClock
from tests.simulators.outbox_parts import fast_folder

Told = list[tuple[str, list[tuple[date, str, str]], list[str]]]

CAPTURED = st.lists(
    st.tuples(
        st.sampled_from(["1", "2"]),
        st.integers(0, 2).map(lambda back: TODAY - timedelta(days=back)),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=40,
)


def told(sales: list[SaleRecorded], *, restart_after: int = -1) -> Told:
    """What the books say at last of sales that came in this order."""
    folder, clock = fast_folder(), HandClock()
    books = TillBooks(folder / "books.sqlite3", clock)
    try:
        for index, sale in enumerate(sales):
            books.note([Noted(sale)])
            if index == restart_after:
                books.close()
                books = TillBooks(folder / "books.sqlite3", clock)
        books.findings()
        clock.move(GRACE_S)
        return sorted(
            (
                found.till.workstation_id,
                [(gap.day, gap.first, gap.last) for gap in found.gaps],
                [each.first for each in found.repeats],
            )
            for found in books.findings()
        )
    finally:
        books.close()
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def sale_of(workstation: str, day: date, number: int) -> SaleRecorded:
    return numbered(number, day=day, workstation_id=workstation)


@settings(max_examples=40, deadline=None)
@given(CAPTURED, st.randoms(use_true_random=False), st.integers(0, 39))
def test_no_order_no_repetition_and_no_restart_changes_what_is_missing(
    keys: list[tuple[str, date, int]], random: object, cut: int
) -> None:
    sales = [sale_of(*key) for key in keys]
    again = [*sales, *sales]
    random.shuffle(again)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert told(sales) == told(again, restart_after=cut)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(1, 200), min_size=1), st.sets(st.integers(1, 200)))
def test_a_gap_holds_no_number_that_was_captured_and_closes_when_it_comes(
    given_numbers: set[int], later: set[int]
) -> None:
    def absent(numbers: set[int]) -> set[int]:
        ranges = RangeSet((each, each) for each in numbers)
        day = DayNumbers(TODAY, ranges, min(numbers), max(numbers))
        return {n for gap in missing([day]) for n in range(gap.first, gap.last + 1)}

    before = absent(given_numbers)
    assert before == set(range(min(given_numbers), max(given_numbers))) - given_numbers
    within = {each for each in later if min(given_numbers) <= each <= max(given_numbers)}
    assert absent(given_numbers | within) == before - within


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 9_999),
    st.lists(st.integers(1, 60), min_size=2, max_size=12),
    st.sets(st.integers(0, 700)),
)
def test_a_counter_that_goes_on_lacks_exactly_what_did_not_come(
    start: int, lengths: list[int], lost: set[int]
) -> None:
    """Whatever is lost inside it, as long as two days touch each other somewhere."""
    days, number = [], start
    for index, length in enumerate(lengths):
        run = range(number, number + length)
        edges = {run[0], run[-1]}
        kept = [each for each in run if each in edges or each - start not in lost]
        ranges = RangeSet((each, each) for each in kept)
        days.append(DayNumbers(TODAY + timedelta(days=index), ranges, kept[0], kept[-1]))
        number += length
    every = {each for day in days for first, last in day.numbers for each in range(first, last + 1)}
    found = {n for gap in missing(days) for n in range(gap.first, gap.last + 1)}
    assert found == set(range(start, number)) - every
