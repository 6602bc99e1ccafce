"""Ours and mesopic over the same lines of the same clips, against what people counted by eye.

Both look at the same pictures, at the clip's full rate and at half of it (both halves). Events are
matched by the product's own scorer; WAPE is over the sums of 30 seconds and one direction, empty
ones included. mesopic dates a crossing when it is sure of it, some pictures later: with a tolerance
of one second that costs it hits in F1, not in WAPE, so F1 is also told at three seconds.
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
from agent.capture.footfall.audit.score import Side, matched_side
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Direction
from agent.capture.footfall.detection.detections import Detections
from agent.capture.footfall.detection.loading import load_detector
from agent.networks import InstalledNetwork
from tests.bench.peers.mesopic import Mesopic
from tests.simulators.processes import ROOT

HAND_COUNTED: Final = ROOT / "tests" / "e2e" / "hand_counted.json"
TOLERANCES_S: Final = (1.0, 3.0)
WINDOW_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip, its lines and who was seen to cross them."""

    file: Path
    size: tuple[int, int]
    fps: float
    audit: Audit
    people: Sequence[tuple[float, Detections]]


@dataclass
class Errors:
    """Sums over lines, directions and phases; ``hits`` and ``wrong`` by tolerance in seconds."""

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


@dataclass(frozen=True, slots=True)
class Compared:
    """One line (``line`` is ``clip:name``) at one share of the clip's rate: 1, or 2 for half."""

    line: str
    every: int
    ours: Errors
    theirs: Errors


def compare(data: Path, network: InstalledNetwork, peer: Mesopic) -> list[Compared]:
    """Every hand-counted line at both rates; takes some minutes."""
    compared: list[Compared] = []
    for name, lines in json.loads(HAND_COUNTED.read_text())["clips"].items():
        watched = _watched(data / "video" / name, lines, network)
        for every in (1, 2):
            phases = range(every)
            ours = [list(_ours(watched, every, phase)) for phase in phases]
            theirs = [_theirs(watched, peer, every, phase) for phase in phases]
            compared += [
                Compared(
                    f"{name.split('.')[0]}:{line}",
                    every,
                    _errors(watched.audit, line, ours),
                    _errors(watched.audit, line, theirs),
                )
                for line in watched.audit.names
            ]
    return compared


def _watched(
    file: Path, written: Mapping[str, Sequence[Mapping[str, Any]]], network: InstalledNetwork
) -> Watched:
    detector = load_detector(network)
    with Clip(file) as clip:
        people = [(frame.at_s, detector.detect(frame.picture)) for frame in clip.frames()]
        lines = dict(each.split("=") for each in written)
        marks = [
            msgspec.convert({"type": "mark", "line": line.split("=")[0], **event}, Mark)
            for line, events in written.items()
            for event in events
        ]
        begun = Begun(source=file.name, begin_s=0.0, end_s=clip.seconds_of_video, lines=lines)
        ordered = tuple(sorted(marks, key=lambda mark: mark.t))
        return Watched(file, clip.size, clip.fps, Audit(begun, ordered, ()), people)


def _ours(watched: Watched, every: int, phase: int) -> Iterator[Told]:
    counter = Counter(watched.audit.lines, watched.size)
    for at_s, detections in watched.people[phase::every]:
        for crossing in counter.update(detections, at_s):
            yield Told(t=crossing.at_s, line=crossing.line, direction=crossing.direction)


def _theirs(watched: Watched, peer: Mesopic, every: int, phase: int) -> list[Told]:
    lines, fps = watched.audit.lines, watched.fps / every
    return peer.count(peer.command(watched.file, watched.size, lines, fps, skipped=phase))


def _errors(audit: Audit, line: str, phases: Sequence[Sequence[Told]]) -> Errors:
    errors = Errors()
    for told in phases:
        for direction in Direction:
            sides = {s: matched_side(audit, told, line, direction, s) for s in TOLERANCES_S}
            errors += _of(sides)
    return errors


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
