"""Nine lines over two real clips, against what people counted by eye.

The truth was counted while the counter was being made, so this guards against getting worse; it is
no estimate of how well an unseen clip is counted.
"""

from __future__ import annotations

import json
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.detection.detections import Detections
from agent.capture.footfall.detection.loading import load_detector
from agent.networks import InstalledNetwork
from models.vision.manifest import read_manifest
from tests.simulators.real_data import real_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HAND_COUNTED: Final = Path(__file__).with_name("hand_counted.json")
TOLERANCE_S: Final = 1.0
WINDOW_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Told:
    """One crossing, as an eye or the counter tells it; ``sure`` is the eye's."""

    t: float
    direction: str
    sure: bool = True


@dataclass
class Score:
    """Sums over lines."""

    hits: int = 0
    missed: int = 0
    extra: int = 0
    off: int = 0
    true: int = 0

    @property
    def f1(self) -> float:
        return 2 * self.hits / (2 * self.hits + self.missed + self.extra)

    @property
    def wape(self) -> float:
        return self.off / self.true


@pytest.mark.parametrize(("every", "fps"), [(1, 10), (2, 5)])
def test_nine_lines_are_counted_as_an_eye_counts_them(every: int, fps: int) -> None:
    score = Score()
    for clip, lines in json.loads(HAND_COUNTED.read_text())["clips"].items():
        size, people = seen_in(clip)
        for written, events in lines.items():
            truth = [Told(**event) for event in events]
            add(score, truth, list(counted(Line.parse(written), size, people[::every])))
    assert score.f1 >= 0.95, f"{fps} fps: {score}"
    assert score.wape <= 0.08, f"{fps} fps: {score}"


@cache
def seen_in(name: str) -> tuple[tuple[int, int], list[tuple[float, Detections]]]:
    """Everybody found in every picture of a real clip, by the real network."""
    network = read_manifest().network("yolox-nano-416")
    file = real_file("models", "yolox_nano_416.onnx")
    detector = load_detector(InstalledNetwork(network, file))
    with Clip(real_file("video", name), 0.0) as clip:
        return clip.size, [(f.at_s, detector.detect(f.picture)) for f in clip.frames()]


def counted(
    line: Line, size: tuple[int, int], people: Sequence[tuple[float, Detections]]
) -> Iterator[Told]:
    counter = Counter([line], size)
    for at_s, detections in people:
        for crossing in counter.update(detections, at_s):
            yield Told(crossing.at_s, crossing.direction.value)


def add(score: Score, truth: Sequence[Told], found: Sequence[Told]) -> None:
    """One to one, nearest first; what could be argued about may be told or not."""
    near = sorted(
        (abs(one.t - other.t), i, j)
        for i, one in enumerate(truth)
        for j, other in enumerate(found)
        if one.direction == other.direction and abs(one.t - other.t) <= TOLERANCE_S
    )
    of_truth: dict[int, int] = {}
    for _, i, j in near:
        if i not in of_truth and j not in of_truth.values():
            of_truth[i] = j
    sure = [i for i, one in enumerate(truth) if one.sure]
    arguable = {j for i, j in of_truth.items() if not truth[i].sure}
    score.hits += sum(i in of_truth for i in sure)
    score.missed += sum(i not in of_truth for i in sure)
    score.extra += len(found) - len(of_truth)
    wanted = windows(truth[i] for i in sure)
    got = windows(one for j, one in enumerate(found) if j not in arguable)
    score.off += sum(abs(wanted[key] - got[key]) for key in wanted | got)
    score.true += len(sure)


def windows(told: Iterator[Told]) -> Tally[tuple[int, str]]:
    return Tally((int(one.t // WINDOW_S), one.direction) for one in told)
