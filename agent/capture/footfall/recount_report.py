"""A recount as a document for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from agent.capture.footfall.counting.line import Crossing, Direction, Line
from agent.capture.footfall.counting.settling import Settled
from agent.capture.footfall.recount import Recount
from agent.capture.footfall.tally import Places, Step, Tally, Verdict
from models.wire.events.footfall import LineKind, LineTally, ZoneKind, ZoneTally
from models.wire.events.footfall_sum import stay_percentile_s

_UNSEEN_S: Final = 1.0
"""The last picture's own time, and a picture that fails to come, are no cause for concern."""

_DIGITS: Final = 3
"""Milliseconds of a time, microseconds of a pace: more would be noise."""


class CountedCrossing(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody crossed; ``t`` in seconds of the container's time.

    ``staff`` and ``leads`` (the first of a group) are there where they are true.
    """

    t: float
    direction: Direction
    staff: bool = False
    leads: bool = False


class BothWays(msgspec.Struct, frozen=True, rename={"ingress": "in", "egress": "out"}):
    """A figure per direction."""

    ingress: int
    egress: int


class CountedLine(msgspec.Struct, frozen=True, rename={"ingress": "in", "egress": "out"}):
    """One line's sums, and what they are made of, in order of time.

    ``staff`` and ``again`` (came in shortly after going out) are parts of the sums; ``groups`` are
    groups of visitors, somebody alone being one.
    """

    kind: LineKind
    ingress: int
    egress: int
    staff: BothWays
    groups: BothWays
    again: int
    events: list[CountedCrossing]


class CountedZone(msgspec.Struct, frozen=True):
    """Who was in a zone, in people and seconds; staff apart.

    Attributes:
        mean: people in it, weighted by time; None where nothing was watched closely.
        most: people in it at once.
        person_s: their time in it, added.
        staff_s: the staff's.
        stays: stays that ended.
        cut: stays of which nobody saw the beginning or the end.
        p50_s: half of the stays were no longer, within 6 %; None without any.
        p90_s: likewise nine tenths.
    """

    kind: ZoneKind
    mean: float | None
    most: int
    person_s: float
    staff_s: float
    stays: int
    cut: int
    p50_s: float | None
    p90_s: float | None


class MsPerFrame(msgspec.Struct, frozen=True):
    """Milliseconds per picture that was looked at."""

    decode: float
    detect: float
    track: float
    total: float


class CountedClip(msgspec.Struct, frozen=True, omit_defaults=True):
    """The document. ``truncated`` is there where a clip ended too early, and then true.

    ``observed_s`` is how much of the clip was looked at closely enough to count; the rest is a gap,
    as it is on the shop floor. ``garbled_s`` is for how long of it pictures were damaged.
    ``heat`` has pairs of a cell (row * 32 + column, of 18 rows) and milliseconds of visitors' feet.
    """

    frames: int
    seconds_of_video: float
    sampled_fps: float
    lines: dict[str, CountedLine]
    ms_per_frame: MsPerFrame
    observed_s: float
    garbled_s: float
    truncated: bool = False
    zones: dict[str, CountedZone] = {}
    heat: list[tuple[int, int]] = []


def document(recount: Recount) -> CountedClip:
    """The figures, rounded to three digits; lines in the order in which they were given."""
    pace = recount.pace
    milliseconds = (pace.decode, pace.detect, pace.track, pace.total)
    tally = _tally(recount)
    return CountedClip(
        frames=recount.frames,
        seconds_of_video=_rounded(recount.seconds_of_video),
        sampled_fps=_rounded(_sampled_fps(recount)),
        lines={told.line: _counted(told, recount) for told in _lines(tally, recount.lines)},
        ms_per_frame=MsPerFrame(*map(_rounded, milliseconds)),
        observed_s=_rounded(recount.observed_s),
        garbled_s=_rounded(recount.garbled_s),
        truncated=recount.truncated,
        zones={told.zone: _stayed(told, recount) for told in _zones(tally, recount)},
        heat=list(tally.heat),
    )


def table(recount: Recount) -> str:
    """A row per line, and what was looked at at which price."""
    return "\n".join(_rows(recount))


def doubts(recount: Recount) -> Iterator[str]:
    """What somebody should know before they believe the figures, each in one line."""
    if recount.truncated:
        yield f"it breaks off after {recount.seconds_of_video:.1f} s; what there is was counted"
    if recount.seconds_of_video - recount.observed_s > _UNSEEN_S:
        yield (
            f"only {recount.observed_s:.1f} of {recount.seconds_of_video:.1f} s were looked at "
            "closely enough, which takes two pictures a second; who crossed in the rest is not "
            "counted"
        )
    if recount.garbled_s:
        yield f"for {recount.garbled_s:.1f} s pictures are damaged; who crossed then is in doubt"


def _tally(recount: Recount) -> Tally:
    """The whole clip as one part of a minute, by the very rules."""
    tally = Tally()
    tally.steps += map(_step, recount.crossings)
    for each in recount.settled:
        tally.judge(Verdict(_step(each.crossing), each.staff, each.again, each.leads))
    for fact in recount.facts:
        tally.take(fact)
    return tally


def _step(crossing: Crossing) -> Step:
    at_ms = round(1000 * crossing.at_s)
    return Step(crossing.line, crossing.direction is Direction.IN, at_ms)


def _lines(tally: Tally, lines: tuple[Line, ...]) -> tuple[LineTally, ...]:
    places = Places({line.name: line.kind for line in lines})
    return tally.lines(places, datetime.min.replace(tzinfo=UTC))


def _zones(tally: Tally, recount: Recount) -> tuple[ZoneTally, ...]:
    told = {zone.name: zone.kind for zone in recount.zones if zone.kind.is_told}
    return tally.zones(Places({}, told))


def _counted(told: LineTally, recount: Recount) -> CountedLine:
    crossed = [crossing for crossing in recount.crossings if crossing.line == told.line]
    crossed.sort(key=lambda crossing: crossing.at_s)
    settled = {each.crossing: each for each in recount.settled}
    return CountedLine(
        told.kind,
        told.ingress,
        told.egress,
        BothWays(told.staff_ingress, told.staff_egress),
        BothWays(told.groups_in, told.groups_out),
        told.again,
        [_counted_crossing(each, settled.get(each)) for each in crossed],
    )


def _counted_crossing(crossing: Crossing, known: Settled | None) -> CountedCrossing:
    return CountedCrossing(
        _rounded(crossing.at_s),
        crossing.direction,
        staff=known is not None and known.staff,
        leads=known is not None and known.leads,
    )


def _stayed(told: ZoneTally, recount: Recount) -> CountedZone:
    person_s, p50_s, p90_s = (
        told.person_ms / 1000,
        stay_percentile_s(told.stays, 0.5),
        stay_percentile_s(told.stays, 0.9),
    )
    return CountedZone(
        kind=told.kind,
        mean=_rounded(person_s / recount.observed_s) if recount.observed_s else None,
        most=told.most,
        person_s=person_s,
        staff_s=told.staff_ms / 1000,
        stays=sum(told.stays),
        cut=told.cut,
        p50_s=p50_s if p50_s is None else _rounded(p50_s),
        p90_s=p90_s if p90_s is None else _rounded(p90_s),
    )


def _rows(recount: Recount) -> Iterator[str]:
    counted = document(recount)
    pace = counted.ms_per_frame
    if counted.lines:
        yield from _line_rows(counted)
    if counted.zones:
        yield from _zone_rows(counted)
    yield (
        f"{counted.frames} frames in {counted.seconds_of_video:.1f} s of video, "
        f"{recount.sampled} of them looked at ({counted.sampled_fps:.1f} a second), "
        f"{counted.observed_s:.1f} s of it closely enough to count"
    )
    yield (
        f"{pace.total:.1f} ms a picture: decoding {pace.decode:.1f}, "
        f"finding people {pace.detect:.1f}, following them {pace.track:.1f}"
    )


def _line_rows(counted: CountedClip) -> Iterator[str]:
    widest = max(len("line"), *map(len, counted.lines))
    yield f"{'line':{widest}}  {'in':>5}  {'out':>5}  {'groups':>13}  {'staff':>13}  {'again':>5}"
    for name, line in counted.lines.items():
        yield (
            f"{name:{widest}}  {line.ingress:5}  {line.egress:5}  {_both(line.groups)}  "
            f"{_both(line.staff)}  {line.again:5}"
        )


def _zone_rows(counted: CountedClip) -> Iterator[str]:
    widest = max(len("zone"), *map(len, counted.zones))
    yield (
        f"{'zone':{widest}}  {'mean':>5}  {'most':>5}  {'stays':>5}  {'half':>8}  {'9 in 10':>8}  "
        f"{'staff':>8}"
    )
    for name, zone in counted.zones.items():
        mean = "-" if zone.mean is None else f"{zone.mean:.2f}"
        yield (
            f"{name:{widest}}  {mean:>5}  {zone.most:5}  {zone.stays:5}  {_seconds(zone.p50_s)}  "
            f"{_seconds(zone.p90_s)}  {_seconds(zone.staff_s)}"
        )


def _both(ways: BothWays) -> str:
    return f"{ways.ingress:5} / {ways.egress:5}"


def _seconds(value: float | None) -> str:
    return f"{'-':>8}" if value is None else f"{value:6.1f} s"


def _sampled_fps(recount: Recount) -> float:
    return recount.sampled / recount.seconds_of_video if recount.seconds_of_video > 0 else 0.0


def _rounded(value: float) -> float:
    return round(value, _DIGITS)
