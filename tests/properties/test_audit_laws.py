"""Marks and crossings are matched as well as can be, and figures follow from that."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.audit.interval import trials_needed, wilson
from agent.capture.footfall.audit.marks import Audit, Begun, Mark, Told
from agent.capture.footfall.audit.matching import matched
from agent.capture.footfall.audit.score import WITHIN, score
from agent.capture.footfall.audit.watched import Stretches
from agent.capture.footfall.counting.line import Direction

TOLERANCE_S = 1.0
few_times = st.lists(st.integers(0, 40).map(lambda n: n / 8), max_size=5).map(sorted)
events = st.lists(
    st.tuples(st.integers(0, 4_000).map(lambda n: n / 8), st.sampled_from(["a", "b"])), max_size=40
)


@given(few_times, few_times, st.lists(st.booleans(), min_size=5, max_size=5))
def test_no_other_matching_has_more_pairs_or_nearer_ones(
    seen_s: list[float], told_s: list[float], sure: list[bool]
) -> None:
    pairs = matched(seen_s, told_s, TOLERANCE_S, sure[: len(seen_s)])
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    best = max(worth_of(p, seen_s, told_s, sure) for p in all_matchings(seen_s, told_s))
    assert worth_of(pairs, seen_s, told_s, sure) == best


@given(events)
def test_a_counter_that_tells_what_was_seen_makes_no_error(
    crossed: list[tuple[float, str]],
) -> None:
    audit = an_audit(crossed)
    told = [Told(t=t, line=line, direction=Direction.IN) for t, line in crossed]
    figures = score(audit, told, TOLERANCE_S, np.random.default_rng(1))
    assert figures.total.hits == figures.total.seen == figures.total.told == len(crossed)
    assert figures.drift.greatest == 0
    assert all(each.wape is None or each.wape.value == 0 for each in figures.windows)


@given(events, events)
def test_hits_missed_and_told_in_vain_add_up(
    crossed: list[tuple[float, str]], counted: list[tuple[float, str]]
) -> None:
    told = [Told(t=t, line=line, direction=Direction.IN) for t, line in counted]
    figures = score(an_audit(crossed), told, TOLERANCE_S, np.random.default_rng(1))
    total = figures.total
    assert (total.seen, total.told) == (len(crossed), len(counted))
    assert total.hits <= min(total.seen, total.told)
    assert figures.drift.at_end == total.told - total.seen  # all of them come in
    of_lines = [tally for line in figures.lines.values() for tally in line.values()]
    assert sum(tally.hits for tally in of_lines) == total.hits
    for figure in (total.recall, total.precision, total.f1):
        if figure is not None and figure.low is not None and figure.high is not None:
            assert 0 <= figure.low <= figure.value + 1e-9 <= figure.high + 2e-9 <= 1 + 3e-9


@given(st.floats(0, 1), st.floats(1, 20))
def test_as_many_events_as_are_asked_for_tell_the_share_as_exactly(
    share: float, design: float
) -> None:
    trials = trials_needed(share, WITHIN, design)
    low, high = wilson(share * trials, trials, design)
    assert high - low <= 2 * WITHIN + 1e-9


def an_audit(crossed: list[tuple[float, str]]) -> Audit:
    begun = Begun(source="clip", begin_s=0.0, end_s=500.0, lines={"a": "1,1,1,9", "b": "5,1,5,9"})
    marks = [Mark(t=t, line=line, direction=Direction.IN) for t, line in sorted(crossed)]
    return Audit(begun, tuple(marks), ())


def all_matchings(seen_s: list[float], told_s: list[float]) -> list[list[tuple[int, int]]]:
    return [
        list(zip(some, others, strict=True))
        for size in range(min(len(seen_s), len(told_s)) + 1)
        for some in combinations(range(len(seen_s)), size)
        for others in permutations(range(len(told_s)), size)
        if all(abs(seen_s[i] - told_s[j]) <= TOLERANCE_S for i, j in zip(some, others, strict=True))
    ]


def worth_of(
    pairs: list[tuple[int, int]], seen_s: list[float], told_s: list[float], sure: list[bool]
) -> tuple[int, int, float]:
    apart_s = sum(abs(seen_s[i] - told_s[j]) for i, j in pairs)
    return sum(sure[i] for i, _ in pairs), len(pairs), -apart_s


spans = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 20)).map(lambda s: (s[0] / 4, (s[0] + s[1]) / 4)),
    max_size=8,
)


@given(spans, st.integers(0, 480).map(lambda n: n / 16))
def test_a_moment_was_watched_if_any_span_holds_it(
    watched: list[tuple[float, float]], at_s: float
) -> None:
    stretches = Stretches.of(watched)
    assert stretches.near(at_s) == any(begin <= at_s <= end for begin, end in watched)


@given(spans, st.integers(0, 480), st.integers(0, 480))
def test_time_along_what_was_watched_grows_as_time_and_only_while_watched(
    watched: list[tuple[float, float]], one: int, other: int
) -> None:
    stretches = Stretches.of(watched)
    earlier_s, later_s = sorted((one / 16, other / 16))
    grown = stretches.along(later_s) - stretches.along(earlier_s)
    assert 0 <= grown <= later_s - earlier_s
    assert stretches.along(1_000.0) == stretches.seconds


@given(spans)
def test_stretches_are_apart_and_in_order(watched: list[tuple[float, float]]) -> None:
    merged = Stretches.of(watched).spans
    assert all(one[1] < other[0] for one, other in pairwise(merged))
    assert Stretches.of([*merged, *watched]).spans == merged
