"""``lianke-agent audit score``: marks and crossings in, figures out. Nothing is stored or sent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import msgspec
import numpy as np

from agent.capture.footfall.audit.marks import Audit, Told, read_audit
from agent.capture.footfall.audit.report import table
from agent.capture.footfall.audit.score import score
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.clip_count import find_detector
from agent.capture.footfall.detection.detector import Detector
from agent.capture.footfall.recount import recount
from agent.capture.footfall.recount_report import CountedClip
from agent.errors import InvalidInput, UnreadableInput

_SEED = 1
"""The same audit has the same intervals whenever it is scored."""


@dataclass(frozen=True, slots=True)
class ScoreOrder:
    """What to score, and how to tell it.

    Attributes:
        marks: the file that ``audit record`` wrote.
        clip: the clip that was watched: it is counted now.
        counts: or what ``lianke-agent count --json`` printed of it. With neither, the crossings
            that the audit noted while it ran.
        tolerance_s: how far a mark may be from its crossing.
        sample_fps: pictures of the clip to look at per second; all of them when None.
        network: the manifest's name; empty for the first in the cache.
        as_json: one JSON document instead of a table.
    """

    marks: Path
    clip: Path | None = None
    counts: Path | None = None
    tolerance_s: float = 1.0
    sample_fps: float | None = None
    network: str = ""
    as_json: bool = False


def run(
    order: ScoreOrder,
    stdout: TextIO,
    detector_of: Callable[[str], Detector] = find_detector,
) -> None:
    """Score an audit and print its figures.

    Raises:
        InvalidInput: the tolerance is none, or there is nothing to hold the marks against.
        UnreadableInput: the marks or the counts cannot be read.
        BadLine: a line of the audit lies outside the clip's picture.
        CameraUnreadable: the clip is missing, empty, no video or not to be decoded.
        NetworkMissing: no network was pulled.
        NetworkMismatch: its bytes are not those that the manifest names.
    """
    if not (math.isfinite(order.tolerance_s) and order.tolerance_s > 0):
        raise InvalidInput(f"--tolerance-s {order.tolerance_s:g}: give a number above 0")
    audit = read_audit(order.marks)
    told = _told(order, audit, detector_of)
    figures = score(audit, told, order.tolerance_s, np.random.default_rng(_SEED))
    shown = msgspec.json.encode(figures).decode() if order.as_json else table(figures)
    stdout.write(f"{shown}\n")


def _told(
    order: ScoreOrder, audit: Audit, detector_of: Callable[[str], Detector]
) -> Sequence[Told]:
    if order.counts is not None:
        return list(_counted_before(order.counts))
    if order.clip is not None:
        return list(_counted_now(order, audit, order.clip, detector_of))
    if audit.told:
        return audit.told
    raise InvalidInput(
        f"{order.marks} holds marks alone: add the clip that was watched (--clip), or what "
        "lianke-agent count --json printed of it (--counts)"
    )


def _counted_before(file: Path) -> Iterator[Told]:
    try:
        counted = msgspec.json.decode(file.read_bytes(), type=CountedClip)
    except OSError as error:
        raise UnreadableInput(f"{file} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableInput(
            f"{file} is not what lianke-agent count --json prints: {error}"
        ) from None
    for name, line in counted.lines.items():
        for event in line.events:
            yield Told(t=event.t, line=name, direction=event.direction)


def _counted_now(
    order: ScoreOrder, audit: Audit, file: Path, detector_of: Callable[[str], Detector]
) -> Iterator[Told]:
    if not audit.lines:
        raise InvalidInput(
            f"{order.marks} names no lines in the picture, so {file} cannot be counted with them"
        )
    with Clip(file, order.sample_fps or 0.0) as clip:
        for line in audit.lines:
            line.check_within(clip.size)
        detector = detector_of(order.network)
        counted = recount(clip, detector, audit.lines, now_s=time.perf_counter)
    for crossing in counted.crossings:
        yield Told(t=crossing.at_s, line=crossing.line, direction=crossing.direction)
