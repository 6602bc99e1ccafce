"""Laws of settlement: runs agree with a plain dictionary, and order matters only where it may."""

from __future__ import annotations

from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from cloud.ledger.settlement import Book, Outcome, Run

HEAVY = (Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT)
WEIGHT = {Outcome.VOID: 0, Outcome.REJECTED: 1} | dict.fromkeys(HEAVY, 2)

ranges = st.tuples(st.integers(1, 30), st.integers(0, 8)).map(lambda r: (r[0], r[0] + r[1]))
steps = st.lists(st.tuples(ranges, st.sampled_from(Outcome)), max_size=25)


def by_hand(settled: list[tuple[tuple[int, int], Outcome]]) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    for (first, last), outcome in settled:
        for sequence in range(first, last + 1):
            known = outcomes.get(sequence)
            if known is None or WEIGHT[known] < WEIGHT[outcome]:
                outcomes[sequence] = outcome
    return outcomes


def spelt_out(runs: list[Run]) -> dict[int, Outcome]:
    return {n: run.outcome for run in runs for n in range(run.first, run.last + 1)}


@given(steps)
def test_a_book_is_the_dictionary_of_its_sequences(
    settled: list[tuple[tuple[int, int], Outcome]],
) -> None:
    book = Book()
    for (first, last), outcome in settled:
        book.settle(first, last, outcome)
    expected = by_hand(settled)
    assert spelt_out(book.runs) == expected
    assert book.holds_content(5, 25) == {
        n for n, outcome in expected.items() if outcome in HEAVY and 5 <= n <= 25
    }
    for before, after in pairwise(book.runs):
        assert before.last < after.first
        assert before.last + 1 < after.first or before.outcome is not after.outcome


@given(steps, steps)
def test_saving_the_changes_brings_any_copy_up_to_date(
    earlier: list[tuple[tuple[int, int], Outcome]],
    later: list[tuple[tuple[int, int], Outcome]],
) -> None:
    before = Book()
    for (first, last), outcome in earlier:
        before.settle(first, last, outcome)
    book = Book(before.runs)
    for (first, last), outcome in later:
        book.settle(first, last, outcome)
    gone, new = book.changes()
    assert gone <= set(before.runs)
    assert sorted((set(before.runs) - gone) | new) == book.runs
    assert not gone & new


@given(
    st.lists(
        st.tuples(ranges, st.sampled_from([Outcome.VOID, Outcome.REJECTED, Outcome.ACCEPTED])),
        max_size=4,
    )
)
def test_the_order_of_loss_refusal_and_arrival_does_not_matter(
    settled: list[tuple[tuple[int, int], Outcome]],
) -> None:
    outcomes = set()
    for order in permutations(settled):
        book = Book()
        for (first, last), outcome in order:
            book.settle(first, last, outcome)
        outcomes.add(tuple(book.runs))
    assert len(outcomes) == 1
