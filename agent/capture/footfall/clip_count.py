"""``lianke-agent count``: a clip, its lines and a network in; figures out.

Nothing is configured, stored or sent. Whatever can be wrong with the command line is found before
the network is loaded.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import msgspec

from agent.capture.footfall.annotate import Annotator, check_target
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.clip_progress import ClipProgress
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.detection.detector import Detector
from agent.capture.footfall.detection.loading import load_detector
from agent.capture.footfall.recount import recount
from agent.capture.footfall.recount_report import document, table
from agent.errors import BadConfiguration, BadLine, InvalidInput
from agent.networks import NetworkCache, default_folder

_USUAL_FPS: Final = 25.0
"""At which an annotated clip is played whose container names no rate, or one beyond belief."""

_SLOWEST_FPS: Final = 0.1
_FASTEST_FPS: Final = 240.0


@dataclass(frozen=True, slots=True)
class ClipOrder:
    """What to count, and how to tell it.

    Attributes:
        clip: the recording.
        lines: each as ``NAME=x1,y1,x2,y2`` in pixels.
        sample_fps: pictures to look at per second of video; all of them when None.
        network: the manifest's name; empty for the first in the cache.
        annotate: where to write the clip with what was seen drawn in.
        as_json: one JSON document instead of a table.
    """

    clip: Path
    lines: Sequence[str]
    sample_fps: float | None = None
    network: str = ""
    annotate: Path | None = None
    as_json: bool = False


def find_detector(network: str) -> Detector:
    """The detector of a network in this user's cache; raises as ``run`` does."""
    try:
        return load_detector(NetworkCache(default_folder()).find(network))
    except BadConfiguration as error:  # here the name was typed, not configured
        raise InvalidInput(f"--network {network}: {error}") from error


def run(
    order: ClipOrder,
    stdout: TextIO,
    stderr: TextIO,
    detector_of: Callable[[str], Detector] = find_detector,
) -> None:
    """Count the clip and print what it gave; a clip that breaks off is warned of on ``stderr``.

    Args:
        order: what to count.
        stdout: for the figures.
        stderr: for warnings, and for progress where it is a terminal.
        detector_of: gives the detector of a network's name; called when all else is in order.

    Raises:
        BadLine: no line is given, or one is malformed, outside the picture or there twice.
        InvalidInput: ``sample_fps`` is no rate, or nothing can be written to ``annotate``.
        CameraUnreadable: the clip is missing, empty, no video or not to be decoded.
        NetworkMissing: no network was pulled.
        NetworkMismatch: its bytes are not those that the manifest names.
        VisionNotInstalled: OpenCV cannot write the annotated clip.
    """
    lines = _read_lines(order.lines)
    with Clip(order.clip, _sample_fps(order.sample_fps)) as clip:
        _check_lines(lines, clip.size)
        if order.annotate is not None:
            check_target(order.annotate, order.clip)
        detector = detector_of(order.network)
        with ExitStack() as watching:
            spectators = []
            for spectator in _spectators(order, clip, lines, stderr):
                watching.enter_context(spectator)
                spectators.append(spectator)
            counted = recount(clip, detector, lines, now_s=time.perf_counter, spectators=spectators)
    if counted.truncated:
        stderr.write(
            f"lianke-agent: {order.clip} breaks off after {counted.seconds_of_video:.1f} s; "
            "what there is was counted\n"
        )
    told = msgspec.json.encode(document(counted)).decode() if order.as_json else table(counted)
    stdout.write(f"{told}\n")


def _spectators(
    order: ClipOrder, clip: Clip, lines: Sequence[Line], stderr: TextIO
) -> Iterator[ClipProgress | Annotator]:
    yield ClipProgress(stderr, time.monotonic)
    if order.annotate is not None:
        fps = played_at(clip.fps, order.sample_fps)
        yield Annotator(order.annotate, clip.size, fps, lines)


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


def _check_lines(lines: Sequence[Line], size: tuple[int, int]) -> None:
    width, height = size
    if not lines:
        raise BadLine(
            "no line to count at: add one in pixels, such as "
            f"--line door={width // 2},0,{width // 2},{height} "
            f"(the picture is {width} wide and {height} high)"
        )
    for line in lines:
        line.check_within(size)


def _sample_fps(asked: float | None) -> float:
    """As ``Clip`` takes it: 0 for every frame."""
    if asked is None:
        return 0.0
    if not math.isfinite(asked) or asked <= 0:
        raise InvalidInput(f"--sample-fps {asked:g}: give a number above 0, or leave it out")
    return asked
