"""A recount as a document for programs and as a table for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.recount import Recount

_DIGITS: Final = 3
"""Milliseconds of a time, microseconds of a pace: more would be noise."""


class CountedCrossing(msgspec.Struct, frozen=True):
    """Somebody crossed; ``t`` in seconds of the container's time."""

    t: float
    direction: Direction


class CountedLine(msgspec.Struct, frozen=True, rename={"ingress": "in", "egress": "out"}):
    """One line's sums, and what they are made of, in order of time."""

    ingress: int
    egress: int
    events: list[CountedCrossing]


class MsPerFrame(msgspec.Struct, frozen=True):
    """Milliseconds per picture that was looked at."""

    decode: float
    detect: float
    track: float
    total: float


class CountedClip(msgspec.Struct, frozen=True, omit_defaults=True):
    """The document. ``truncated`` is there where a clip ended too early, and then true."""

    frames: int
    seconds_of_video: float
    sampled_fps: float
    lines: dict[str, CountedLine]
    ms_per_frame: MsPerFrame
    truncated: bool = False


def document(recount: Recount) -> CountedClip:
    """The figures, rounded to three digits; lines in the order in which they were given."""
    pace = recount.pace
    milliseconds = (pace.decode, pace.detect, pace.track, pace.total)
    return CountedClip(
        frames=recount.frames,
        seconds_of_video=_rounded(recount.seconds_of_video),
        sampled_fps=_rounded(_sampled_fps(recount)),
        lines={line.name: _counted(line, recount) for line in recount.lines},
        ms_per_frame=MsPerFrame(*map(_rounded, milliseconds)),
        truncated=recount.truncated,
    )


def table(recount: Recount) -> str:
    """A row per line, and what was looked at at which price."""
    return "\n".join(_rows(recount))


def _counted(line: Line, recount: Recount) -> CountedLine:
    crossed = [crossing for crossing in recount.crossings if crossing.line == line.name]
    crossed.sort(key=lambda crossing: crossing.at_s)
    sums = Counter(crossing.direction for crossing in crossed)
    events = [CountedCrossing(_rounded(each.at_s), each.direction) for each in crossed]
    return CountedLine(sums[Direction.IN], sums[Direction.OUT], events)


def _rows(recount: Recount) -> Iterator[str]:
    counted = document(recount)
    pace = counted.ms_per_frame
    widest = max(len("line"), *map(len, counted.lines))
    yield f"{'line':{widest}}  {'in':>5}  {'out':>5}"
    for name, line in counted.lines.items():
        yield f"{name:{widest}}  {line.ingress:5}  {line.egress:5}"
    yield (
        f"{counted.frames} frames in {counted.seconds_of_video:.1f} s of video, "
        f"{recount.sampled} of them looked at ({counted.sampled_fps:.1f} a second)"
    )
    yield (
        f"{pace.total:.1f} ms a picture: decoding {pace.decode:.1f}, "
        f"finding people {pace.detect:.1f}, following them {pace.track:.1f}"
    )


def _sampled_fps(recount: Recount) -> float:
    return recount.sampled / recount.seconds_of_video if recount.seconds_of_video > 0 else 0.0


def _rounded(value: float) -> float:
    return round(value, _DIGITS)
