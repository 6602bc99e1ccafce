"""How right the counter was: the figures of one audit. Pure.

What a hit is says ``sides``. Windows in which nobody was seen count like any other: what is told in
them is error (weighted absolute percentage error, the sum of the windows' differences over the sum
of those seen).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from agent.capture.footfall.audit.interval import Draws, Floats, trials_needed, wilson
from agent.capture.footfall.audit.marks import Audit, Told
from agent.capture.footfall.audit.sides import Side, StaffKnown, groups, paired, staff_known
from agent.capture.footfall.counting.line import Direction

WINDOWS_S: Final = (60, 900)
WITHIN: Final = 0.02
"""How exactly one would like to know a share: two points either way."""

_STRETCHES: Final = 30
_SHORTEST_S: Final = 5.0
_RULE_OF_THREE: Final = 3.0
"""Where n events showed no error, 95 % sure is only that fewer than 3 in n would (Hanley 1983)."""


class Figure(msgspec.Struct, frozen=True):
    """A figure and its 95 % interval; ``low`` and ``high`` are None where too little was seen."""

    value: float
    low: float | None = None
    high: float | None = None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How one line in one direction, or several together, were counted.

    Attributes:
        seen: marks beyond argument.
        told: crossings of the counter, without those that belong to arguable marks.
        hits: of both, the same.
        recall: hits of those seen; None where nobody was seen.
        precision: hits of those told; None where nothing was told.
        f1: the harmonic mean of both.
        bias: how many more were told than seen, as a share of those seen.
    """

    seen: int
    told: int
    hits: int
    recall: Figure | None
    precision: Figure | None
    f1: Figure | None
    bias: Figure | None


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of windows of one length, per line and direction.

    Attributes:
        windows: how many, times lines and directions; the last may be shorter than the others.
        empty: of these, nobody was seen in.
        wape: see the module; None where nobody was seen, or the audit is shorter than a window.
    """

    window_s: int
    windows: int
    empty: int
    wape: Figure | None


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """How far the number of people inside was off, because of these lines.

    Attributes:
        at_end: persons too many (or, below 0, too few) at the end.
        greatest: the most it was off at any time.
        per_hour: ``at_end`` over the time that was watched.
    """

    at_end: int
    greatest: int
    per_hour: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one audit.

    Attributes:
        late_s: how much later the counter's times are than the marks, in the middle.
        lines: by line's name, then ``in`` and ``out``.
        events_needed: marks that would tell recall and precision to ± 2 points, from what was seen
            here; None where nothing was.
        staff: of crossings that were seen and told, how the staff among them were known; None where
            nobody said a word of staff.
        groups: groups of visitors per minute; None where the person or the counter told of none.
    """

    source: str
    watched_s: float
    tolerance_s: float
    arguable: int
    late_s: float | None
    lines: dict[str, dict[Direction, Tally]]
    directions: dict[Direction, Tally]
    total: Tally
    windows: list[Windows]
    drift: Drift
    events_needed: int | None
    staff: Tally | None = None
    groups: Windows | None = None


def score(
    audit: Audit, told: Sequence[Told], tolerance_s: float, random: np.random.Generator
) -> Score:
    """The figures of an audit.

    Args:
        audit: what was seen.
        told: what the counter said, on the same clock.
        tolerance_s: how far the time of a mark may be off; who clicks is up to a second late.
        random: for the intervals.
    """
    pairs = paired(audit, told, tolerance_s)
    sides = [each.side(audit) for each in pairs]
    watched_s = audit.watched.seconds
    stretch_s = max(_SHORTEST_S, watched_s / _STRETCHES)
    draws = Draws(math.ceil(watched_s / stretch_s), random)
    scorer = _Scorer(draws, watched_s, stretch_s)
    total = scorer.tally(sides)
    together = groups(audit, pairs)
    late_s = [told_s - seen_s for side in sides for seen_s, told_s in side.hits]
    return Score(
        source=audit.begun.source,
        watched_s=watched_s,
        tolerance_s=tolerance_s,
        arguable=sum(not mark.sure for mark in audit.marks),
        late_s=statistics.median(late_s) if late_s else None,
        lines={
            line: {side.direction: scorer.tally([side]) for side in sides if side.line == line}
            for line in audit.names
        },
        directions={
            direction: scorer.tally([side for side in sides if side.direction is direction])
            for direction in Direction
        },
        total=total,
        windows=[_windows(sides, watched_s, window_s, random) for window_s in WINDOWS_S],
        drift=_drift(sides, watched_s),
        events_needed=scorer.events_needed(sides),
        staff=_of_staff(staff_known(pairs)),
        groups=_windows(together, watched_s, WINDOWS_S[0], random) if together else None,
    )


def _of_staff(known: StaffKnown | None) -> Tally | None:
    if known is None:
        return None
    seen, told, hits = known.seen, known.told, known.hits
    return Tally(
        seen=seen,
        told=told,
        hits=hits,
        recall=Figure(hits / seen, *wilson(hits, seen)) if seen else None,
        precision=Figure(hits / told, *wilson(hits, told)) if told else None,
        f1=Figure(2 * hits / (seen + told)),
        bias=Figure((told - seen) / seen) if seen else None,
    )


class _Scorer:
    """Tallies whose intervals come of one drawing of the stretches."""

    def __init__(self, draws: Draws, watched_s: float, stretch_s: float) -> None:
        self._draws = draws
        self._watched_s = watched_s
        self._stretch_s = stretch_s

    def tally(self, sides: Sequence[Side]) -> Tally:
        """Several sides together."""
        hits, missed, extra = self._stretches(sides)
        seen, told = hits + missed, hits + extra
        return Tally(
            seen=int(seen.sum()),
            told=int(told.sum()),
            hits=int(hits.sum()),
            recall=self._share(hits, seen),
            precision=self._share(hits, told),
            f1=_ratio(self._draws, 2 * hits, seen + told, best=1.0),
            bias=_ratio(self._draws, extra - missed, seen, best=0.0),
        )

    def events_needed(self, sides: Sequence[Side]) -> int | None:
        """How many marks would tell recall and precision to ± ``WITHIN``; None after none."""
        hits, missed, extra = self._stretches(sides)
        return max(
            (
                trials_needed(float(hits.sum() / of.sum()), WITHIN, self._draws.design(hits, of))
                for of in (hits + missed, hits + extra)
                if of.sum()
            ),
            default=None,
        )

    def _stretches(self, sides: Sequence[Side]) -> tuple[Floats, Floats, Floats]:
        """Hits, when they were seen, missed and extra of every stretch of time."""
        return (
            self._counts(t for side in sides for t in side.hits_s),
            self._counts(t for side in sides for t in side.missed_s),
            self._counts(t for side in sides for t in side.extra_s),
        )

    def _counts(self, times_s: Iterable[float]) -> Floats:
        return _counts(times_s, self._watched_s, self._stretch_s)

    def _share(self, hits: Floats, of: Floats) -> Figure | None:
        total = of.sum()
        if not total:
            return None
        low, high = wilson(float(hits.sum()), float(total), self._draws.design(hits, of))
        return Figure(float(hits.sum() / total), low, high)


def _ratio(draws: Draws, above: Floats, below: Floats, best: float) -> Figure | None:
    """A ratio of sums; where it shows no error at all, the rule of three says how sure that is."""
    total = below.sum()
    if not total:
        return None
    value = float(above.sum() / total)
    low, high = draws.ratio(above, below) or (None, None)
    if low is None or high is None:
        return Figure(value)
    if low == high == best:
        doubt = min(1.0, float(_RULE_OF_THREE / total))
        low, high = (best - doubt, best) if best else (-doubt, doubt)
    return Figure(value, low, high)


def _windows(
    sides: Sequence[Side], watched_s: float, window_s: int, random: np.random.Generator
) -> Windows:
    seen = np.array([_counts(side.seen_s, watched_s, window_s) for side in sides])
    told = np.array([_counts(side.told_s, watched_s, window_s) for side in sides])
    wape = None
    if seen.sum() and watched_s >= window_s:
        draws = Draws(seen.shape[1], random)
        wape = _ratio(draws, np.abs(told - seen).sum(axis=0), seen.sum(axis=0), best=0.0)
    return Windows(
        window_s=window_s,
        windows=seen.size,
        empty=int((seen == 0).sum()),
        wape=None if wape is None else _not_below_nothing(wape),
    )


def _not_below_nothing(figure: Figure) -> Figure:
    return figure if figure.low is None else msgspec.structs.replace(figure, low=max(0, figure.low))


def _counts(times_s: Iterable[float], watched_s: float, window_s: float) -> Floats:
    """How many of these times lie in each window; what lies on the very end is in the last one."""
    windows = math.ceil(watched_s / window_s)
    number = np.array(list(times_s), np.float64) // window_s
    counts = np.bincount(np.minimum(number, windows - 1).astype(np.int64), minlength=windows)
    return counts.astype(np.float64)


def _drift(sides: Sequence[Side], watched_s: float) -> Drift:
    """From those missed and those told in vain; a hit changes nothing, however late."""
    way = {Direction.IN: 1, Direction.OUT: -1}
    steps = sorted(
        (t, step * way[side.direction])
        for side in sides
        for step, times_s in ((1, side.extra_s), (-1, side.missed_s))
        for t in times_s
    )
    off = np.cumsum([0, *(step for _, step in steps)])
    return Drift(
        at_end=int(off[-1]),
        greatest=int(np.abs(off).max()),
        per_hour=float(off[-1]) * 3600 / watched_s,
    )
