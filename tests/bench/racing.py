"""Two sides of a figure: many short rounds, who goes first alternates; the median counts."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any

Figure = dict[str, Any]
Work = Callable[[], object]
Pair = tuple[Work, Work]


def timed(work: Work) -> float:
    """Seconds that some work takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def race(ours: Work, theirs: Work, *, theirs_first: bool) -> tuple[float, float]:
    """Seconds of both, one right after the other."""
    if theirs_first:
        theirs_s = timed(theirs)
        return timed(ours), theirs_s
    return timed(ours), timed(theirs)


def figure(
    name: str,
    events: int,
    once: Callable[[], Pair],
    against: str,
    *,
    rounds: int,
    their_events: int | None = None,
) -> Figure:
    """Events a second of ours, and how much faster than theirs; above 1 ours is faster.

    Args:
        name: of the figure.
        events: what our side does in a round.
        once: makes a fresh pair of works for every round.
        against: what the other side is, in words.
        rounds: how many pairs race.
        their_events: what the other side does in a round, where that is less.
    """
    times = [race(*once(), theirs_first=bool(n % 2)) for n in range(rounds)]
    ours_s = statistics.median(ours for ours, _ in times)
    share = events / (their_events or events)
    ratio = statistics.median(share * theirs / ours for ours, theirs in times)
    return {
        "name": name,
        "value": round(events / ours_s),
        "unit": "events/s",
        "ratio": round(ratio, 3),
        "against": against,
    }
