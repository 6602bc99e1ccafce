"""``lianke-agent count``: a clip, its lines and zones and a network in; figures out.

Nothing is configured, stored or sent. Whatever can be wrong with the command line is found before
the network is loaded.
"""

from __future__ import annotations

import math
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import msgspec

from agent.capture.footfall.annotate import Annotator
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.chart_picture import draw_chart
from agent.capture.footfall.clip_progress import ClipProgress
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detector import Detector
from agent.capture.footfall.detection.loading import load_detector
from agent.capture.footfall.drawn_files import check_target, write_png
from agent.capture.footfall.heat_picture import Backdrop, draw_heat
from agent.capture.footfall.recount import Spectator, recount
from agent.capture.footfall.recount_report import document, doubts, table
from agent.config import BadgeSettings
from agent.errors import BadConfiguration, BadLine, BadZone, InvalidInput
from agent.networks import NetworkCache, default_folder
from models.runtime.settings import SettingsError, parse

_USUAL_FPS: Final = 25.0
"""At which an annotated clip is played whose container names no rate, or one beyond belief."""

_SLOWEST_FPS: Final = 0.1
_FASTEST_FPS: Final = 240.0


@dataclass(frozen=True, slots=True)
class ClipOrder:
    """What to count, and how to tell it.

    Attributes:
        clip: the recording.
        lines: each as ``NAME[:KIND]=x1,y1,x2,y2`` in pixels.
        zones: each as ``NAME[:KIND]=x1,y1,x2,y2,x3,y3…``.
        badge: the staff's, in the words of the configuration's ``badge``; empty for none.
        sample_fps: pictures to look at per second of video; all of them when None.
        network: the manifest's name; empty for the first in the cache.
        annotate: where to write the clip with what was seen drawn in.
        heatmap: where to write a picture of where people stood and walked.
        chart: where to write a picture of the counts over time.
        as_json: one JSON document instead of a table.
    """

    clip: Path
    lines: Sequence[str]
    zones: Sequence[str] = ()
    badge: str = ""
    sample_fps: float | None = None
    network: str = ""
    annotate: Path | None = None
    heatmap: Path | None = None
    chart: Path | None = None
    as_json: bool = False


def find_detector(network: str, folder: Path | None = None) -> Detector:
    """The detector of a network in a folder, or in this user's cache; raises as ``run`` does."""
    try:
        return load_detector(NetworkCache(folder or default_folder()).find(network))
    except BadConfiguration as error:  # here the name was typed, not configured
        raise InvalidInput(f"--network {network}: {error}") from error


def run(
    order: ClipOrder,
    stdout: TextIO,
    stderr: TextIO,
    detector_of: Callable[[str], Detector] = find_detector,
) -> None:
    """Count the clip and print what it gave; what makes that doubtful is told on ``stderr``.

    Args:
        order: what to count.
        stdout: for the figures.
        stderr: for warnings, and for progress where it is a terminal.
        detector_of: gives the detector of a network's name; called when all else is in order.

    Raises:
        BadLine: no line is given, or one is malformed, outside the picture or there twice.
        BadZone: likewise a zone.
        InvalidInput: ``badge`` is none, ``sample_fps`` is no rate, or nothing can be written where
            it was asked for.
        CameraUnreadable: the clip is missing, empty, no video or not to be decoded.
        NetworkMissing: no network was pulled.
        NetworkMismatch: its bytes are not those that the manifest names.
        VisionNotInstalled: OpenCV cannot write the annotated clip.
        DiskUnusable: a picture could not be written.
    """
    drawing = _Drawing(_read_lines(order.lines), _read_zones(order.zones))
    badge = read_badge(order.badge)
    with Clip(order.clip, _sample_fps(order.sample_fps)) as clip:
        drawing.check(clip.size)
        _check_targets(order)
        detector = detector_of(order.network)
        backdrop = Backdrop(clip.size)
        with ExitStack() as watching:
            spectators: list[Spectator] = [backdrop] if order.heatmap else []
            for spectator in _spectators(order, clip, drawing, stderr):
                watching.enter_context(spectator)
                spectators.append(spectator)
            counted = recount(
                clip,
                detector,
                drawing.lines,
                now_s=time.perf_counter,
                spectators=spectators,
                zones=drawing.zones,
                badge=badge,
            )
    stderr.writelines(f"lianke-agent: {order.clip}: {doubt}\n" for doubt in doubts(counted))
    told = document(counted)
    if order.heatmap is not None:
        write_png(order.heatmap, draw_heat(backdrop.picture, told.heat))
    if order.chart is not None:
        write_png(order.chart, draw_chart(counted))
    stdout.write(f"{msgspec.json.encode(told).decode() if order.as_json else table(counted)}\n")


def _check_targets(order: ClipOrder) -> None:
    targets = (
        ("--annotate", order.annotate, ".mp4"),
        ("--heatmap", order.heatmap, ".png"),
        ("--chart", order.chart, ".png"),
    )
    for option, path, suffix in targets:
        if path is not None:
            check_target(option, path, suffix, order.clip)


def _spectators(
    order: ClipOrder, clip: Clip, drawing: _Drawing, stderr: TextIO
) -> Iterator[ClipProgress | Annotator]:
    yield ClipProgress(stderr, time.monotonic)
    if order.annotate is not None:
        fps = played_at(clip.fps, order.sample_fps)
        yield Annotator(order.annotate, clip.size, fps, drawing.lines, drawing.zones)


def played_at(clip_fps: float, sample_fps: float | None) -> float:
    """Pictures per second at which an annotated clip plays about as fast as life, if it can."""
    recorded = clip_fps if 1 <= clip_fps <= _FASTEST_FPS else _USUAL_FPS
    return max(_SLOWEST_FPS, min(recorded, sample_fps or recorded))


def _read_lines(written: Sequence[str]) -> list[Line]:
    lines = [Line.parse(each) for each in written]
    names = [line.name for line in lines]
    for name in names:
        if names.count(name) > 1:
            raise BadLine(f"--line {name} is there twice; give each line a name of its own")
    return lines


def _read_zones(written: Sequence[str]) -> list[Zone]:
    zones = [Zone.parse(each) for each in written]
    names = [zone.name for zone in zones]
    for name in names:
        if names.count(name) > 1:
            raise BadZone(f"--zone {name} is there twice; give each zone a name of its own")
    return zones


def read_badge(written: str) -> BadgeSettings | None:
    """A badge as the configuration writes it, with braces or without; None where it is empty.

    Raises:
        InvalidInput: it is not of that form, or no colour lies in it.
    """
    if not written.strip():
        return None
    inner = written.strip().removeprefix("{").removesuffix("}")
    try:
        return parse(tomllib.loads(f"badge = {{ {inner} }}")["badge"], BadgeSettings, "--badge")
    except (tomllib.TOMLDecodeError, SettingsError) as error:
        said = str(error).removeprefix("--badge: ")
        raise InvalidInput(
            f"--badge {written!r}: {said}; write it as in 'hue = [340, 20], share = 0.3'"
        ) from error


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What is counted at."""

    lines: Sequence[Line]
    zones: Sequence[Zone]

    def check(self, size: tuple[int, int]) -> None:
        """Refuse what does not fit pictures of (width, height); raises BadLine, BadZone."""
        width, height = size
        if not self.lines and not any(zone.kind.is_told for zone in self.zones):
            raise BadLine(
                "no line to count at: add one in pixels, such as "
                f"--line door={width // 2},0,{width // 2},{height} "
                f"(the picture is {width} wide and {height} high)"
            )
        for line in self.lines:
            line.check_within(size)
        for zone in self.zones:
            zone.check_within(size)


def _sample_fps(asked: float | None) -> float:
    """As ``Clip`` takes it: 0 for every frame."""
    if asked is None:
        return 0.0
    if not math.isfinite(asked) or asked <= 0:
        raise InvalidInput(f"--sample-fps {asked:g}: give a number above 0, or leave it out")
    return asked
