"""Ours and mesopic over the same lines of the same clips, against what people counted by eye.

Both look at the same pictures, at the clip's full rate and at whole parts of it (each part of it
in turn), and are scored alike (``counted_by_eye``). mesopic dates a crossing when it is sure of it,
some pictures later: with a tolerance of one second that costs it hits in F1, not in WAPE, so F1 is
also told at three seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.capture.footfall.audit.marks import Audit, Told
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.detection.detections import Detections
from agent.capture.footfall.detection.loading import load_detector
from agent.networks import InstalledNetwork
from tests.bench.peers.mesopic import REQUIREMENT, Mesopic
from tests.simulators.counted_by_eye import TOLERANCES_S, Errors, errors_at, told_by_ours

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip, its lines and who was seen to cross them."""

    file: Path
    size: tuple[int, int]
    fps: float
    audit: Audit
    people: Sequence[tuple[float, Detections]]


@dataclass(frozen=True, slots=True)
class Compared:
    """One line (``line`` is ``clip:name``) at every so many of the clip's pictures."""

    line: str
    every: int
    ours: Errors
    theirs: Errors


def compare(
    audits: Mapping[str, Audit],
    folder: Path,
    network: InstalledNetwork,
    peer: Mesopic,
    rates: Sequence[int] = (1, 2),
) -> list[Compared]:
    """Every line of these clips, which are in ``folder``; takes some minutes.

    ``rates``: at every so many of a clip's pictures.
    """
    compared: list[Compared] = []
    for name, audit in audits.items():
        watched = watch(folder / name, audit, network)
        for every in rates:
            phases = range(every)
            ours = [told_by_us(watched, every, phase) for phase in phases]
            theirs = [told_by_mesopic(watched, peer, every, phase) for phase in phases]
            compared += [
                Compared(
                    f"{name.split('.')[0]}:{line}",
                    every,
                    errors_at(audit, line, ours),
                    errors_at(audit, line, theirs),
                )
                for line in audit.names
            ]
    return compared


def figures(name: str, ours: Errors, theirs: Errors | None) -> Iterator[Figure]:
    """F1 at each tolerance and WAPE, beside mesopic's where it ran.

    Where nobody crossed there are no shares: how many were told all the same.
    """
    if not ours.seen:
        beside = None if theirs is None else theirs.off
        yield figure(f"{name}.told_of_nobody", ours.off, beside, "crossings")
        return
    for tolerance_s in TOLERANCES_S:
        f1 = None if theirs is None else theirs.f1(tolerance_s)
        yield figure(f"{name}.f1_{tolerance_s:g}s", ours.f1(tolerance_s), f1, "F1")
    wape = None if theirs is None else 100 * theirs.wape
    yield figure(f"{name}.wape", 100 * ours.wape, wape, "%")


def figure(name: str, ours: float, theirs: float | None, unit: str) -> Figure:
    """One line of the benchmarks' output."""
    return {
        "name": name,
        "value": round(ours, 3),
        "unit": unit,
        "ratio": round(ours / theirs, 3) if theirs else None,
        "against": None if theirs is None else f"{REQUIREMENT}: {theirs:.3f}",
    }


def watch(file: Path, audit: Audit, network: InstalledNetwork) -> Watched:
    """Everybody whom our network finds in every picture of the clip."""
    detector = load_detector(network)
    with Clip(file) as clip:
        people = [(frame.at_s, detector.detect(frame.picture)) for frame in clip.frames()]
        return Watched(file, clip.size, clip.fps, audit, people)


def told_by_us(watched: Watched, every: int, phase: int) -> list[Told]:
    """Our counter's crossings, at every so many pictures from the ``phase``-th on."""
    return list(told_by_ours(watched.audit, watched.size, watched.people[phase::every]))


def told_by_mesopic(watched: Watched, peer: Mesopic, every: int, phase: int) -> list[Told]:
    """mesopic's, of the same pictures."""
    lines, fps = watched.audit.lines, watched.fps / every
    return peer.count(peer.command(watched.file, watched.size, lines, fps, skipped=phase))
