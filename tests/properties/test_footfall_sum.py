"""Laws of adding intervals up: the way does not matter, and thinning loses nothing but the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.outbox.merging import STEPS_S, Counted, plan
from models.wire.events.footfall import STAY_BOUNDS_S, FootfallCounted
from models.wire.events.footfall_sum import (
    stay_percentile_s,
    stays_of,
    sum_stays,
    summed,
)
from models.wire.ids import EventId
from tests.simulators.busy_minutes import busy_minutes

LENGTHS = st.lists(st.floats(STAY_BOUNDS_S[0], STAY_BOUNDS_S[-1]), min_size=1, max_size=60)
A_BUCKET = math.sqrt(max(b / a for a, b in pairwise(STAY_BOUNDS_S)))


def figures(parts: Sequence[FootfallCounted]) -> Any:
    """All that these say together, whatever interval, audit and order of their lists."""
    whole = msgspec.to_builtins(summed(parts))
    for name in ("begin_at", "duration_s", "audit", "replaces"):
        whole.pop(name, None)
    whole["lines"].sort(key=lambda line: line["line"])
    whole["zones"].sort(key=lambda zone: zone["zone"])
    return whole


@given(st.lists(busy_minutes(), min_size=2, max_size=6), st.data())
@settings(deadline=None, max_examples=40)
def test_it_does_not_matter_in_which_order_or_steps_parts_are_added(
    parts: list[FootfallCounted], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(parts))
    cut = data.draw(st.integers(1, len(parts) - 1))
    stepwise = [summed(shuffled[:cut]), summed(shuffled[cut:])]
    assert figures(stepwise) == figures(parts)


@given(busy_minutes())
@settings(deadline=None, max_examples=40)
def test_one_part_is_the_sum_of_itself(part: FootfallCounted) -> None:
    assert summed([part]) == part


@given(st.lists(busy_minutes(), min_size=1, max_size=10))
@settings(deadline=None, max_examples=40)
def test_thinning_to_quarters_and_hours_keeps_every_sum(minutes: list[FootfallCounted]) -> None:
    stored = [Counted(n, EventId(f"m{n}"), b"{}", data) for n, data in enumerate(minutes)]
    for step_s in STEPS_S:
        merges = plan(stored, step_s, UTC, spare_newest=False)
        gone = {part.event_id for merge in merges for part in merge.parts}
        stored = [event for event in stored if event.event_id not in gone]
        for merge in merges:
            assert len({part.data.audit for part in merge.parts}) == 1, "audits are not mixed"
            assert len(set(merge.data.replaces)) == len(merge.data.replaces)
        stored += [
            Counted(1000 * step_s + n, EventId(f"{step_s}.{n}"), b"{}", merge.data)
            for n, merge in enumerate(merges)
        ]
    assert figures([event.data for event in stored]) == figures(minutes)


@given(st.lists(st.floats(0, 20_000)), st.lists(st.floats(0, 20_000)))
def test_histograms_of_stays_add(some: list[float], others: list[float]) -> None:
    assert sum_stays(stays_of(some), stays_of(others)) == stays_of(some + others)
    assert sum(stays_of(some)) == len(some)


@given(LENGTHS, st.floats(0, 1))
def test_a_percentile_is_within_half_a_bucket_of_the_exact_one(
    lengths_s: list[float], share: float
) -> None:
    exact = sorted(lengths_s)[max(1, math.ceil(share * len(lengths_s))) - 1]
    told = stay_percentile_s(stays_of(lengths_s), share)
    assert told is not None
    assert A_BUCKET <= 1.062
    assert exact / 1.062 <= told <= exact * 1.062


def test_stays_beyond_the_buckets_are_told_by_the_nearest_bound() -> None:
    assert stay_percentile_s([], 0.5) is None
    assert stay_percentile_s([0, 0], 0.5) is None
    assert stay_percentile_s(stays_of([0.2]), 0.5) == 0.5
    assert stay_percentile_s(stays_of([90_000]), 0.9) == STAY_BOUNDS_S[-1]
