"""How what a camera counted adds up over intervals, and what a sum of stays says. Pure.

Everything is a plain sum but ``most``, of which the greatest holds: so it does not matter in which
order, or over which steps, intervals are added. The agent's minutes, its outbox that merges
them, and readers that put a day together all go by these rules.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, zip_longest
from typing import Final

from models.wire.events.footfall import (
    STAY_BOUNDS_S,
    FootfallCounted,
    Gap,
    GapReason,
    LineTally,
    Mark,
    MarkKind,
    ZoneTally,
)

LINE_SUBCOUNTS: Final = ("staff_ingress", "staff_egress", "groups_in", "groups_out", "again")
"""What of a line's heads only analyses know."""

LINE_COUNTS: Final = ("ingress", "egress", *LINE_SUBCOUNTS)
"""All that is counted at a line, by its name in ``LineTally``."""


def summed(parts: Sequence[FootfallCounted]) -> FootfallCounted:
    """What these parts, at least one and of one camera, say together.

    Camera, ``begin_at``, ``duration_s``, network, rule, analyses and audit are the first part's:
    who sums gives what may be summed, and says what interval it is. ``replaces`` is left empty to
    be filled in by the caller.
    """
    first = parts[0]
    return FootfallCounted(
        camera=first.camera,
        begin_at=first.begin_at,
        duration_s=first.duration_s,
        observed_ms=sum(part.observed_ms for part in parts),
        samples=sum(part.samples for part in parts),
        lines=sum_lines(line for part in parts for line in part.lines),
        gaps=sum_gaps(gap for part in parts for gap in part.gaps),
        network=first.network,
        rule=first.rule,
        zones=sum_zones(zone for part in parts for zone in part.zones),
        heat=sum_heat(cell for part in parts for cell in part.heat),
        marks=sum_marks(mark for part in parts for mark in part.marks),
        analyses=first.analyses,
        audit=first.audit,
    )


def sum_lines(tallies: Iterable[LineTally]) -> list[LineTally]:
    """One tally per line, in the order in which the lines first appear; its kind is the latest."""
    sums: dict[str, Counter[str]] = {}
    kinds = {}
    for tally in tallies:
        kinds[tally.line] = tally.kind
        sums.setdefault(tally.line, Counter()).update(
            {name: getattr(tally, name) for name in LINE_COUNTS}
        )
    return [LineTally(line=line, kind=kinds[line], **counts) for line, counts in sums.items()]


def sum_zones(tallies: Iterable[ZoneTally]) -> list[ZoneTally]:
    """One tally per zone, in the order in which the zones first appear; its kind is the latest."""
    sums: dict[str, ZoneTally] = {}
    for tally in tallies:
        so_far = sums.get(tally.zone)
        sums[tally.zone] = tally if so_far is None else _both(so_far, tally)
    return list(sums.values())


def sum_heat(cells: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Time by cell, by cell."""
    sums: Counter[int] = Counter()
    for cell, ms in cells:
        sums[cell] += ms
    return sorted(sums.items())


def sum_gaps(gaps: Iterable[Gap]) -> list[Gap]:
    """Lost time by reason, by reason."""
    sums: Counter[GapReason] = Counter()
    for gap in gaps:
        sums[gap.reason] += gap.ms
    return [Gap(reason=reason, ms=ms) for reason, ms in sorted(sums.items())]


def sum_marks(marks: Iterable[Mark]) -> list[Mark]:
    """Doubtful time by kind, by kind."""
    sums: Counter[MarkKind] = Counter()
    for mark in marks:
        sums[mark.kind] += mark.ms
    return [Mark(kind=kind, ms=ms) for kind, ms in sorted(sums.items())]


def sum_stays(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """The stays of both, by length."""
    return [mine + theirs for mine, theirs in zip_longest(one, other, fillvalue=0)]


def stays_of(lengths_s: Iterable[float]) -> list[int]:
    """How many of these stays fell into each bucket, without empty ones at the end."""
    buckets = Counter(bisect_right(STAY_BOUNDS_S, length_s) for length_s in lengths_s)
    return [buckets[each] for each in range(max(buckets, default=-1) + 1)]


def stay_percentile_s(stays: Sequence[int], share: float) -> float | None:
    """A length that this share of the stays does not exceed, in seconds; None without any stay.

    It is the middle of the bucket that holds the percentile (nearest rank), on the scale of
    the bounds: within 6.2 % of the exact one, if that lies between the first and the last bound.
    Stays below the first are taken for half of it, those beyond the last for the last.
    """
    total = sum(stays)
    if not total:
        return None
    rank = max(1, math.ceil(share * total))
    bucket = next(each for each, upto in enumerate(accumulate(stays)) if upto >= rank)
    if bucket == 0:
        return STAY_BOUNDS_S[0] / 2
    upper = STAY_BOUNDS_S[min(bucket, len(STAY_BOUNDS_S) - 1)]
    return math.sqrt(STAY_BOUNDS_S[bucket - 1] * upper)


def _both(one: ZoneTally, other: ZoneTally) -> ZoneTally:
    return ZoneTally(
        zone=one.zone,
        kind=other.kind,
        person_ms=one.person_ms + other.person_ms,
        staff_ms=one.staff_ms + other.staff_ms,
        most=max(one.most, other.most),
        stays=sum_stays(one.stays, other.stays),
        cut=one.cut + other.cut,
    )
