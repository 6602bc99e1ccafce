"""What looking at pictures costs above the network itself, and whether it stays the same size.

    python -m tests.bench.bench_vision

The pipeline is the watcher's, in this process: decode, letterbox, network, suppression, tracking,
counting, zones, groups, staff by zone and badge, heat and the camera's health, of every frame of
``vtest.avi``. The bare side is onnxruntime with the same options and
an input of the same size. Blocks of both alternate in one run and in who goes first; the ratio is
the median over pairs of neighbouring blocks, of processor time: both use one thread, and what else
runs on the machine is not in it.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import psutil

from agent.capture.footfall.analyst import Analyst
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.care import Care
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.loading import load_detector
from agent.capture.footfall.detection.session import session_options
from agent.capture.footfall.messages import encode
from agent.capture.footfall.sight.checkup import Checkup
from agent.capture.footfall.span import Span
from agent.capture.footfall.workload import Workload
from agent.config import BadgeSettings
from agent.networks import InstalledNetwork
from models.vision.manifest import read_manifest
from models.wire.events.footfall import ZoneKind

ROOT = Path(__file__).resolve().parents[2]
CLIP = "video/vtest.avi"
NETWORK = "models/yolox_nano_416.onnx"
SIZE = (768, 576)
LINE = Line("door", 300, 150, 300, 420)
ZONES = [
    Zone("table", ZoneKind.DWELL, ((80, 180), (460, 180), (460, 560), (80, 560))),
    Zone("till", ZoneKind.QUEUE, ((400, 100), (700, 100), (700, 400), (400, 400))),
    Zone("staff", ZoneKind.STAFF, ((700, 0), (760, 0), (760, 60), (700, 60))),
    Zone("poster", ZoneKind.EXCLUDED, ((0, 0), (60, 0), (60, 60), (0, 60))),
]
BADGE = BadgeSettings(hue=(340, 20))
BLOCK = 24
ROUNDS = 25
LOOPS = 10
LOOP_FRAMES = 120

Figure = dict[str, Any]


class Pipeline:
    """The watcher's parts, over one clip again and again."""

    def __init__(self, clip: Path, installed: InstalledNetwork) -> None:
        self._clip = clip
        self._detector = load_detector(installed)
        self._counter = Counter([LINE], SIZE, zones=ZONES)
        self._analyst = Analyst([LINE], ZONES, SIZE, BADGE)
        self._care = Care(Checkup(), Workload(self, 0.0, None))
        self._span = Span()
        self._next_s = 0.0
        self._frames = self._endless()

    def look(self, frames: int) -> None:
        """Count so many more frames."""
        for _ in range(frames):
            frame, span = next(self._frames), self._span
            detections, span_s = self._detector.detect(frame.picture), span.closely_s(frame.at_s)
            moment = self._counter.look(detections, frame.at_s, span_s)
            learnt = self._analyst.look(moment, frame.picture)
            span.note(self._care.look(frame, moment))
            if (seen := span.add(frame.at_s, moment.crossings, learnt)) is not None:
                encode(seen)
            del frame  # as the watcher does: its memory serves for the next one

    def aim(self, _sample_fps: float) -> None:
        """Every picture is looked at, whatever it costs."""

    def loop(self, frames: int) -> None:
        """Begin the clip anew and count so many frames of it; time goes on."""
        self._frames.close()
        self._frames = self._endless()
        self.look(frames)

    def _endless(self) -> Generator[Frame, None, None]:
        while True:
            began_s = self._next_s
            with Clip(self._clip) as clip:
                for frame in clip.frames():
                    later = Frame(frame.picture, began_s + frame.at_s, frame.index)
                    self._next_s = later.at_s + 1 / clip.fps
                    del frame
                    yield later
                    del later


def measure() -> list[Figure]:
    """Every figure; takes about a minute. Nothing where the real clip and network are absent."""
    folder = Path(os.environ.get("LIANKE_DATA", ROOT.parent / "shared" / "data"))
    clip, file = folder / CLIP, folder / NETWORK
    if not clip.is_file() or not file.is_file():
        print(f"vision: {clip} or {file} is absent; set LIANKE_DATA", file=sys.stderr)
        return []
    cv2.setNumThreads(1)
    installed = InstalledNetwork(read_manifest().networks[0], file)
    return [_pipeline(clip, installed), _memory(clip, installed)]


def _pipeline(clip: Path, installed: InstalledNetwork) -> Figure:
    pipeline, bare = Pipeline(clip, installed), _bare(installed)
    sides: tuple[Callable[[], None], Callable[[], None]] = (
        lambda: pipeline.look(BLOCK),
        lambda: bare(BLOCK),
    )
    for warm_up in sides:
        warm_up()
    rounds = [_pair(*sides, swapped=number % 2 == 1) for number in range(ROUNDS)]
    return {
        "name": "vision.pipeline",
        "value": round(statistics.median(ours for ours, _ in rounds), 2),
        "unit": "ms/frame",
        "ratio": round(statistics.median(ours / theirs for ours, theirs in rounds), 3),
        "against": "the bare onnxruntime call",
    }


def _memory(clip: Path, installed: InstalledNetwork) -> Figure:
    pipeline = Pipeline(clip, installed)
    pipeline.loop(LOOP_FRAMES)
    after_one = _resident_mb()
    for _ in range(LOOPS - 1):
        pipeline.loop(LOOP_FRAMES)
    return {
        "name": "vision.memory",
        "value": round(_resident_mb() - after_one, 2),
        "unit": "MB",
        "ratio": None,
        "against": f"after one of {LOOPS} loops",
    }


def _bare(installed: InstalledNetwork) -> Callable[[int], None]:
    session = onnxruntime.InferenceSession(
        str(installed.file), session_options(), providers=["CPUExecutionProvider"]
    )
    wanted = installed.network.input
    noise = np.random.default_rng(7).uniform(0, 255, (1, 3, wanted.height, wanted.width))
    given = {wanted.name: noise.astype(np.float32)}

    def run(times: int) -> None:
        for _ in range(times):
            session.run(None, given)

    return run


def _pair(
    ours: Callable[[], None], theirs: Callable[[], None], *, swapped: bool
) -> tuple[float, float]:
    """Milliseconds of processor per frame of both."""
    if swapped:
        theirs_ms = _block_ms(theirs)
        return _block_ms(ours), theirs_ms
    return _block_ms(ours), _block_ms(theirs)


def _block_ms(work: Callable[[], None]) -> float:
    began_s = time.process_time()
    work()
    return (time.process_time() - began_s) * 1000 / BLOCK


def _resident_mb() -> float:
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
