"""``lianke-agent audit score``: marks and crossings in, figures out. Nothing is stored or sent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import msgspec
import numpy as np

from agent.capture.footfall.audit.keeping import kept_of
from agent.capture.footfall.audit.marks import Audit, Begun, Told, read_audit
from agent.capture.footfall.audit.report import table
from agent.capture.footfall.audit.score import score
from agent.capture.footfall.audit.standing import holds_for, keep_audit
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.clip_count import find_detector
from agent.capture.footfall.counting.counter import RULE
from agent.capture.footfall.detection.detector import Detector
from agent.capture.footfall.governor import LOWEST_FPS
from agent.capture.footfall.launching import named, watched_zone
from agent.capture.footfall.recount import recount
from agent.capture.footfall.recount_report import CountedCrossing, doubts
from agent.capture.footfall.watching import zone_in_pixels
from agent.config import CameraSettings
from agent.errors import InvalidInput, UnreadableInput
from agent.networks import NetworkCache, default_folder

_SEED = 1
"""The same audit has the same intervals whenever it is scored."""

_SAME_SHARE: Final = 0.005
"""Of the picture: lines this close are the same, written in pixels and in shares."""

Ends = tuple[float, ...]


class _Line(msgspec.Struct, frozen=True):
    events: list[CountedCrossing]


class _Counted(msgspec.Struct, frozen=True):
    """What is read of a document that ``lianke-agent count --json`` printed, also an older one."""

    lines: dict[str, _Line]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whose last audit this becomes.

    Attributes:
        camera: as it is configured and drawn now.
        folder: of all cameras' audits.
        networks: the folder of the camera's network; this user's cache when None.
    """

    camera: CameraSettings
    folder: Path
    networks: Path | None = None


@dataclass(frozen=True, slots=True)
class ScoreOrder:
    """What to score, and how to tell it.

    Attributes:
        marks: the file that ``audit record`` wrote.
        clip: the clip that was watched: it is counted now.
        counts: or what ``lianke-agent count --json`` printed of it. With neither, the crossings
            that the audit noted while it ran.
        tolerance_s: how far a mark may be from its crossing.
        sample_fps: pictures of the clip to look at per second; when None as many as the camera
            that it is kept for looks at, at the least, else all of them.
        network: the manifest's name; when empty that of the camera that it is kept for, else the
            first in the cache.
        as_json: one JSON document instead of a table.
        keep: also make it a camera's last audit, which travels with its counts. The clip is then
            counted as the camera counts: with its zones and its staff's badge.
    """

    marks: Path
    clip: Path | None = None
    counts: Path | None = None
    tolerance_s: float = 1.0
    sample_fps: float | None = None
    network: str = ""
    as_json: bool = False
    keep: Keeping | None = None


def run(
    order: ScoreOrder,
    stdout: TextIO,
    detector_of: Callable[[str, Path | None], Detector] = find_detector,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    warn: Callable[[str], object] = lambda _doubt: None,
) -> None:
    """Score an audit and print its figures.

    ``warn`` is told, a line each, what makes doubtful how the clip was counted.

    Raises:
        InvalidInput: the tolerance is none, or there is nothing to hold the marks against.
        UnreadableInput: the marks or the counts cannot be read.
        BadLine: a line of the audit lies outside the clip's picture.
        CameraUnreadable: the clip is missing, empty, no video or not to be decoded.
        NetworkMissing: no network was pulled.
        NetworkMismatch: its bytes are not those that the manifest names.
        DiskUnusable: it cannot be kept.
    """
    if not (math.isfinite(order.tolerance_s) and order.tolerance_s > 0):
        raise InvalidInput(f"--tolerance-s {order.tolerance_s:g}: give a number above 0")
    if order.keep and order.sample_fps is not None:
        raise InvalidInput(
            "--keep counts as often as the camera looks: leave --sample-fps out, or --keep"
        )
    audit = read_audit(order.marks)
    begun = said_of(order, audit, order.keep) if order.keep else audit.begun
    told = _told(order, audit, detector_of, warn)
    figures = score(audit, told, order.tolerance_s, np.random.default_rng(_SEED))
    shown = msgspec.json.encode(figures).decode() if order.as_json else table(figures)
    stdout.write(f"{shown}\n")
    if order.keep is not None:
        keep_audit(order.keep.folder, kept_of(order.keep.camera.name, begun, figures, now()))


def said_of(order: ScoreOrder, audit: Audit, keep: Keeping) -> Begun:
    """What the audit says something of; a live one noted it, a clip is held against the camera.

    Raises:
        InvalidInput: it says nothing of this camera.
    """
    if audit.begun.holds_for:
        return _of_live(order, audit.begun, keep)
    if order.clip is None or order.counts is not None:
        raise InvalidInput(
            "--keep needs --clip, and no --counts: of counts made before, nobody knows with which "
            "rule and network"
        )
    with Clip(order.clip) as clip:
        width, height = clip.size
    drawn = {line.name: (*line.begin, *line.end) for line in keep.camera.line}
    marked = {
        line.name: (line.x1 / width, line.y1 / height, line.x2 / width, line.y2 / height)
        for line in audit.lines
    }
    if not _same(drawn, marked):
        raise InvalidInput(
            f"{order.marks} was made of other lines than camera {keep.camera.name} has, so it says "
            "nothing of its counts; draw those of the camera, or audit it anew"
        )
    network = named(NetworkCache(keep.networks or default_folder()).find(_network(order)))
    said = holds_for(keep.camera, RULE, network)
    return msgspec.structs.replace(audit.begun, holds_for=said, rule=RULE, network=network)


def _of_live(order: ScoreOrder, begun: Begun, keep: Keeping) -> Begun:
    if begun.holds_for == holds_for(keep.camera, begun.rule, begun.network):
        return begun
    raise InvalidInput(
        f"{order.marks} is of {begun.source} as it was then; camera {keep.camera.name} or its "
        "lines have changed since, so it says nothing of its counts: audit it anew"
    )


def _same(drawn: Mapping[str, Ends], marked: Mapping[str, Ends]) -> bool:
    return drawn.keys() == marked.keys() and all(
        abs(one - other) <= _SAME_SHARE
        for name, ends in drawn.items()
        for one, other in zip(ends, marked[name], strict=True)
    )


def _rate(order: ScoreOrder) -> float:
    """Pictures to look at per second, 0 for all.

    A camera whose rate the processor decides is held to the lowest that it may fall to: what is
    said of that holds for more.
    """
    if order.keep is None:
        return order.sample_fps or 0.0
    steady_fps = order.keep.camera.steady_fps
    return LOWEST_FPS if steady_fps is None else steady_fps


def _network(order: ScoreOrder) -> str:
    return order.network or (order.keep.camera.network if order.keep else "")


def _told(
    order: ScoreOrder,
    audit: Audit,
    detector_of: Callable[[str, Path | None], Detector],
    warn: Callable[[str], object],
) -> Sequence[Told]:
    if order.counts is not None:
        return list(_counted_before(order.counts))
    if order.clip is not None:
        return list(_counted_now(order, audit, order.clip, detector_of, warn))
    if audit.told:
        return audit.told
    raise InvalidInput(
        f"{order.marks} holds marks alone: add the clip that was watched (--clip), or what "
        "lianke-agent count --json printed of it (--counts)"
    )


def _counted_before(file: Path) -> Iterator[Told]:
    try:
        counted = msgspec.json.decode(file.read_bytes(), type=_Counted)
    except OSError as error:
        raise UnreadableInput(f"{file} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableInput(
            f"{file} is not what lianke-agent count --json prints: {error}"
        ) from None
    for name, line in counted.lines.items():
        for event in line.events:
            yield Told(
                t=event.t,
                line=name,
                direction=event.direction,
                staff=event.staff,
                leads=event.leads,
            )


def _counted_now(
    order: ScoreOrder,
    audit: Audit,
    file: Path,
    detector_of: Callable[[str, Path | None], Detector],
    warn: Callable[[str], object],
) -> Iterator[Told]:
    if not audit.lines:
        raise InvalidInput(
            f"{order.marks} names no lines in the picture, so {file} cannot be counted with them"
        )
    camera = order.keep.camera if order.keep else None
    with Clip(file, _rate(order)) as clip:
        for line in audit.lines:
            line.check_within(clip.size)
        detector = detector_of(_network(order), order.keep.networks if order.keep else None)
        zones = map(watched_zone, camera.zone) if camera else ()
        counted = recount(
            clip,
            detector,
            audit.lines,
            now_s=time.perf_counter,
            zones=[zone_in_pixels(zone, clip.size) for zone in zones],
            badge=camera.staff.badge if camera else None,
        )
    for doubt in doubts(counted):
        warn(f"{file}: {doubt}")
    settled = {each.crossing: each for each in counted.settled}
    for crossing in counted.crossings:
        known = settled.get(crossing)
        yield Told(
            t=crossing.at_s,
            line=crossing.line,
            direction=crossing.direction,
            staff=known is not None and known.staff,
            leads=known is not None and known.leads,
        )
