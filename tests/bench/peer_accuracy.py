"""Ours and mesopic over the same lines of the same clips, against what people counted by eye.

Both look at the same pictures, at the clip's full rate and at whole parts of it (each part of it
in turn), and are scored alike (``counted_by_eye``). mesopic dates a crossing when it is sure of it,
some pictures later: with a tolerance of one second that costs it hits in F1, not in WAPE, so F1 is
also told at three seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.capture.footfall.audit.marks import Audit, Told
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.detection.detections import Detections
from agent.capture.footfall.detection.loading import load_detector
from agent.networks import InstalledNetwork
from tests.bench.peers.mesopic import Mesopic
from tests.simulators.counted_by_eye import Errors, counted_clips, errors_at, told_by_ours


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
    counted: Path,
    folder: Path,
    network: InstalledNetwork,
    peer: Mesopic,
    rates: Sequence[int] = (1, 2),
) -> list[Compared]:
    """Every line of a file of counts, clips in ``folder``; takes some minutes.

    ``rates``: at every so many of a clip's pictures.
    """
    compared: list[Compared] = []
    for name, audit in counted_clips(counted).items():
        watched = _watched(folder / name, audit, network)
        for every in rates:
            phases = range(every)
            ours = [_ours(watched, every, phase) for phase in phases]
            theirs = [_theirs(watched, peer, every, phase) for phase in phases]
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


def _watched(file: Path, audit: Audit, network: InstalledNetwork) -> Watched:
    detector = load_detector(network)
    with Clip(file) as clip:
        people = [(frame.at_s, detector.detect(frame.picture)) for frame in clip.frames()]
        return Watched(file, clip.size, clip.fps, audit, people)


def _ours(watched: Watched, every: int, phase: int) -> list[Told]:
    return list(told_by_ours(watched.audit, watched.size, watched.people[phase::every]))


def _theirs(watched: Watched, peer: Mesopic, every: int, phase: int) -> list[Told]:
    lines, fps = watched.audit.lines, watched.fps / every
    return peer.count(peer.command(watched.file, watched.size, lines, fps, skipped=phase))
