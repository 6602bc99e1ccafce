"""Laws of the contract: what goes in comes out, and range arithmetic agrees with plain sets."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.wire.codec import Codec
from models.wire.envelope import open_envelope, stamp, stamp_run
from models.wire.errors import BadBatch, UnreadableBatch
from models.wire.ranges import RangeSet, from_sequences, merge
from tests.simulators.facts import EPOCH, a_batch, a_sale, composed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
ranges = st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda r: (r[0], r[0] + r[1]))


@given(
    st.lists(st.dictionaries(st.text(max_size=8), json_values, max_size=4), min_size=1, max_size=20)
)
def test_a_batch_comes_back_byte_for_byte(objects: list[dict[str, object]]) -> None:
    events = [msgspec.json.encode(each) for each in objects]
    batch = Codec().decode(Codec().encode(EPOCH, "sale", 5, events))
    assert [bytes(event) for event in batch.events] == events
    assert (batch.header.first, batch.header.last) == (5, 4 + len(events))


@given(st.integers(1, 2**60), st.booleans())
def test_a_stamp_changes_nothing_inside(sequence: int, historical: bool) -> None:
    _, body = composed(a_sale())
    envelope = open_envelope(stamp(body, EPOCH, sequence, historical=historical))
    assert (int(envelope.sequence), envelope.historical) == (sequence, historical)
    assert bytes(envelope.data) in body


@given(st.integers(1, 2**60), st.integers(0, 5), st.booleans())
def test_stamping_a_run_is_stamping_each(first: int, count: int, historical: bool) -> None:
    bodies = [composed(a_sale(n))[1] for n in range(1, count + 1)]
    assert stamp_run(bodies, EPOCH, first, historical=historical) == [
        stamp(body, EPOCH, sequence, historical=historical)
        for sequence, body in enumerate(bodies, first)
    ]


PAYLOAD = a_batch([a_sale(n, lines=4) for n in range(1, 30)])


@given(st.data())
def test_no_damage_makes_the_decoder_do_anything_but_refuse(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(PAYLOAD) - 1))
    damaged = data.draw(
        st.sampled_from(
            [
                PAYLOAD[:at],
                PAYLOAD[at:],
                PAYLOAD[:at] + bytes([PAYLOAD[at] ^ 0x55]) + PAYLOAD[at + 1 :],
            ]
        )
    )
    with contextlib.suppress(BadBatch, UnreadableBatch):
        Codec().decode(damaged)


@given(st.lists(ranges, max_size=25))
def test_a_range_set_is_the_set_of_its_numbers(added: list[tuple[int, int]]) -> None:
    numbers: set[int] = set()
    held = RangeSet()
    for first, last in added:
        held.add(first, last)
        numbers.update(range(first, last + 1))
        assert len(held) == len(numbers)
    assert list(held) == from_sequences(numbers) == merge(added)
    assert held == RangeSet(added)
    assert bool(held) == bool(numbers)
    assert held.last == max(numbers, default=0)
    assert all((n in held) == (n in numbers) for n in range(75))
    missing = {n for first, last in held.gaps(1, 75) for n in range(first, last + 1)}
    assert missing == set(range(1, 76)) - numbers
    assert held.watermark == next(n for n in range(76) if n + 1 not in numbers)


@given(st.lists(ranges, max_size=15), st.lists(ranges, max_size=15))
def test_differences_and_intersections_are_those_of_the_numbers(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> None:
    one, other = RangeSet(ours), RangeSet(theirs)
    numbers, others = ({n for a, b in each for n in range(a, b + 1)} for each in (ours, theirs))
    assert list(one.without(other)) == from_sequences(numbers - others)
    assert list(one.common(other)) == from_sequences(numbers & others)


@pytest.mark.parametrize("bad", [(0, 3), (5, 4), (-1, -1)])
def test_an_empty_range_is_refused(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="empty or begins below 1"):
        merge([bad])
    with pytest.raises(ValueError, match="empty or begins below 1"):
        RangeSet().add(*bad)


def test_a_range_set_is_compared_only_with_its_kind() -> None:
    assert RangeSet() != object()
