"""The arithmetic of spans against plain dictionaries from sequence to position."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.outbox.spans import SHELVES, Span, joined, shelf, within
from models.wire.ranges import from_sequences
from models.wire.topics import Stream


@st.composite
def some_spans(draw: st.DrawFn) -> list[Span]:
    """Ascending spans, some adjacent, some with the same shift."""
    spans: list[Span] = []
    first = 1
    for gap, length, shift in draw(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(1, 5), st.sampled_from([100, 200])),
            max_size=6,
        )
    ):
        first += gap
        spans.append(Span(first, first + length - 1, shift))
        first += length
    return spans


def places(spans: list[Span]) -> dict[int, int]:
    return {n: n + span.shift for span in spans for n in range(span.first, span.last + 1)}


@given(spans=some_spans(), sequences=st.sets(st.integers(1, 50)))
def test_cutting_spans_is_cutting_their_dictionary(spans: list[Span], sequences: set[int]) -> None:
    cut = within(spans, from_sequences(sequences))
    assert places(cut) == {n: at for n, at in places(spans).items() if n in sequences}
    assert [span.first for span in cut] == sorted(span.first for span in cut)
    assert all(len(span) >= 1 for span in cut)


@given(spans=some_spans())
def test_joining_changes_no_place_and_leaves_nothing_to_join(spans: list[Span]) -> None:
    fewest = joined(spans)
    assert places(fewest) == places(spans)
    assert joined(fewest) == fewest
    assert all((one.last + 1, one.shift) != (two.first, two.shift) for one, two in pairwise(fewest))


@given(
    spans=some_spans().filter(bool),
    first=st.integers(1, 1000),
)
def test_renumbering_moves_no_event(spans: list[Span], first: int) -> None:
    span = spans[0]
    moved = span.renumbered(first)
    assert moved.first == first
    assert moved.positions == span.positions


def test_every_stream_has_a_shelf_of_its_own() -> None:
    assert set(SHELVES) == set(Stream)
    shelves = sorted(shelf(stream) for stream in Stream)
    assert all(one[1] < two[0] for one, two in pairwise(shelves))
    assert shelves[-1] == shelf(Stream.SALE)
    assert shelves[-1][1] < 1 << 62
