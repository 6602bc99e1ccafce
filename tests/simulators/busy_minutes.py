"""Strategies for what a camera with several lines and zones counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from models.wire.events.footfall import (
    STAY_BOUNDS_S,
    FootfallCounted,
    Gap,
    GapReason,
    LineKind,
    LineTally,
    Mark,
    MarkKind,
    ZoneKind,
    ZoneTally,
)
from tests.simulators.facts import NOON

LINES = {"door": LineKind.ENTRANCE, "side": LineKind.ENTRANCE, "street": LineKind.PASSING}
ZONES = {"shelf": ZoneKind.DWELL, "till": ZoneKind.QUEUE}

_FEW = st.integers(0, 5)
_MS = st.integers(0, 60_000)


@st.composite
def line_tallies(draw: st.DrawFn) -> list[LineTally]:
    """Every line, with sub-counts that may be."""
    return [draw(_line(line, kind)) for line, kind in LINES.items()]


def _line(line: str, kind: LineKind) -> st.SearchStrategy[LineTally]:
    return st.builds(
        LineTally,
        line=st.just(line),
        ingress=st.integers(10, 20),
        egress=st.integers(5, 20),
        kind=st.just(kind),
        staff_ingress=_FEW,
        staff_egress=_FEW,
        groups_in=_FEW,
        groups_out=_FEW,
        again=_FEW,
    )


@st.composite
def zone_tallies(draw: st.DrawFn) -> list[ZoneTally]:
    """Every zone; stays as they are told, without empty buckets at the end."""
    return [draw(_zone(zone, kind)) for zone, kind in ZONES.items()]


def _zone(zone: str, kind: ZoneKind) -> st.SearchStrategy[ZoneTally]:
    stays = st.lists(_FEW, max_size=len(STAY_BOUNDS_S)).map(lambda counts: [*counts, 1])
    return st.builds(
        ZoneTally,
        zone=st.just(zone),
        kind=st.just(kind),
        person_ms=_MS,
        staff_ms=_MS,
        most=_FEW,
        stays=st.one_of(st.just([]), stays),
        cut=_FEW,
    )


HEAT = st.dictionaries(st.integers(0, 575), st.integers(1, 60_000), max_size=8).map(
    lambda cells: sorted(cells.items())
)
MARKS = st.dictionaries(st.sampled_from(MarkKind), _MS, max_size=3).map(
    lambda kinds: [Mark(kind=kind, ms=ms) for kind, ms in sorted(kinds.items())]
)
GAPS = st.dictionaries(st.sampled_from(GapReason), _MS, max_size=2).map(
    lambda reasons: [Gap(reason=reason, ms=ms) for reason, ms in sorted(reasons.items())]
)


@st.composite
def busy_minutes(draw: st.DrawFn, begin_at: datetime = NOON) -> FootfallCounted:
    """A minute in which much happened, up to an hour later."""
    return FootfallCounted(
        camera="cam",
        begin_at=begin_at + timedelta(minutes=draw(st.integers(0, 59))),
        observed_ms=draw(_MS),
        samples=draw(st.integers(0, 300)),
        lines=draw(line_tallies()),
        gaps=draw(GAPS),
        network="net@01234567",
        rule="segment-band-1",
        zones=draw(zone_tallies()),
        heat=draw(HEAT),
        marks=draw(MARKS),
        analyses="crowd-1",
        audit=draw(st.sampled_from(["", "", "018bcfe5-6800-70c4-b233-343536373800"])),
    )
