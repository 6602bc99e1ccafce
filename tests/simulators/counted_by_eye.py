"""Lines over real clips that people counted by eye, and how far a counter is from them.

Files in ``tests/e2e``, of the same form. ``hand_counted.json`` was counted while the counter was
made: being right there is no proof. ``held_out.json`` was drawn and counted when it was finished,
and before it ran on them; nothing may be tuned to it.

Events are matched by the product's own scorer. WAPE is over the sums of 30 seconds and one
direction, empty ones included.
"""

from __future__ import annotations

import json
import math
from collections import Counter as Counts
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from agent.capture.footfall.audit.marks import Audit, Begun, Mark, Told
from agent.capture.footfall.audit.sides import Side, paired
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Direction
from agent.capture.footfall.detection.detections import Detections
from tests.simulators.processes import ROOT

HAND_COUNTED: Final = ROOT / "tests" / "e2e" / "hand_counted.json"
HELD_OUT: Final = ROOT / "tests" / "e2e" / "held_out.json"
TOLERANCES_S: Final = (1.0, 3.0)
WINDOW_S: Final = 30.0


@dataclass
class Errors:
    """Sums over lines, directions and phases; ``hits`` and ``wrong`` by tolerance in seconds.

    Where nobody was ``seen``, as on a line that nobody crosses, there are no shares; ``off`` is
    then how many crossings were told all the same.
    """

    seen: int = 0
    off: int = 0
    hits: Counts[float] = field(default_factory=Counts)
    wrong: Counts[float] = field(default_factory=Counts)

    def f1(self, tolerance_s: float) -> float:
        """Of single events."""
        both = 2 * self.hits[tolerance_s]
        return both / (both + self.wrong[tolerance_s])

    @property
    def wape(self) -> float:
        """Of counts per window and direction."""
        return self.off / self.seen

    def __add__(self, other: Errors) -> Errors:
        return Errors(
            self.seen + other.seen,
            self.off + other.off,
            self.hits + other.hits,
            self.wrong + other.wrong,
        )


def counted_clips(file: Path) -> Mapping[str, Audit]:
    """What was counted, by the clip's file name; all of a clip counts as watched."""
    clips = json.loads(file.read_text())["clips"]
    return {name: _audit(name, lines) for name, lines in clips.items()}


def all_counted() -> Mapping[str, Audit]:
    """All lines of the two reference clips, held out or not; by the clip's file name."""
    tuned, held_out = counted_clips(HAND_COUNTED), counted_clips(HELD_OUT)
    return {name: _together(tuned[name], held_out[name]) for name in tuned}


def told_by_ours(
    audit: Audit, size: tuple[int, int], people: Sequence[tuple[float, Detections]]
) -> Iterator[Told]:
    """What our counter makes of these pictures, at all lines of the clip."""
    counter = Counter(audit.lines, size)
    for at_s, detections in people:
        for crossing in counter.update(detections, at_s):
            yield Told(t=crossing.at_s, line=crossing.line, direction=crossing.direction)


def errors_at(audit: Audit, line: str, phases: Sequence[Sequence[Told]]) -> Errors:
    """One line's, summed over the phases of a subsampling."""
    errors = Errors()
    for told in phases:
        matched = {
            (s, each.direction): each.side(audit)
            for s in TOLERANCES_S
            for each in paired(audit, told, s)
            if each.line == line
        }
        for direction in Direction:
            errors += _of({s: matched[s, direction] for s in TOLERANCES_S})
    return errors


def _audit(source: str, written: Mapping[str, Sequence[Mapping[str, Any]]]) -> Audit:
    lines = dict(each.split("=") for each in written)
    marks = [
        msgspec.convert({"type": "mark", "line": line.split("=")[0], **event}, Mark)
        for line, events in written.items()
        for event in events
    ]
    begun = Begun(source=source, begin_s=0.0, end_s=math.inf, lines=lines)
    return Audit(begun, tuple(sorted(marks, key=lambda mark: mark.t)), ())


def _together(one: Audit, other: Audit) -> Audit:
    begun = msgspec.structs.replace(one.begun, lines=one.begun.lines | other.begun.lines)
    marks = tuple(sorted((*one.marks, *other.marks), key=lambda mark: mark.t))
    return Audit(begun, marks, ())


def _of(sides: Mapping[float, Side]) -> Errors:
    side = sides[TOLERANCES_S[0]]
    seen, told = _windows(side.seen_s), _windows(side.told_s)
    return Errors(
        len(side.seen_s),
        sum(abs(seen[window] - told[window]) for window in seen | told),
        Counts({s: len(each.hits) for s, each in sides.items()}),
        Counts({s: len(each.missed_s) + len(each.extra_s) for s, each in sides.items()}),
    )


def _windows(times_s: Sequence[float]) -> Counts[int]:
    return Counts(math.floor(t / WINDOW_S) for t in times_s)
