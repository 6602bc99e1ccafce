"""Lines over two real clips, against what people counted by eye.

Nine lines were counted while the counter was being made: they guard against getting worse. Fifteen
were held out: they were drawn and counted afterwards, and estimate how well a line is counted that
nobody has tried; q, u and w are such no more, since what was missed there was mended, in general.
Each of them is held to the aim, but for five that fall short of it and may not fall further
(docs/explanation/footfall.md says why they do).
"""

from __future__ import annotations

from functools import cache, reduce
from operator import add
from pathlib import Path
from typing import Final

import pytest

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.detection.detections import Detections
from agent.capture.footfall.detection.loading import load_detector
from agent.networks import InstalledNetwork
from models.vision.manifest import read_manifest
from tests.simulators.counted_by_eye import (
    HAND_COUNTED,
    HELD_OUT,
    TOLERANCES_S,
    Errors,
    counted_clips,
    errors_at,
    told_by_ours,
)
from tests.simulators.real_data import real_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

F1_AT_LEAST: Final = 0.95
WAPE_AT_MOST: Final = 0.08
SHORT_OF_IT: Final = {
    ("n", 1): (0.90, 0.15),
    ("n", 2): (0.90, 0.2),
    ("u", 1): (0.6, 0.5),
    ("u", 2): (0.6, 0.5),
    ("w", 1): (0.66, 0.0),
    ("w", 2): (0.66, 0.0),
    ("x", 1): (0.85, 0.25),
    ("x", 2): (0.85, 0.25),
    ("y", 1): (0.66, 0.5),
    ("y", 2): (0.66, 0.5),
}
"""F1 and WAPE of lines that fall short, at every picture and at every second one: no worse."""
NOBODY_CROSSES: Final = "p"


@pytest.mark.parametrize("every", [1, 2])
def test_nine_lines_are_counted_as_an_eye_counts_them(every: int) -> None:
    errors = reduce(add, errors_of_lines(HAND_COUNTED, every).values())
    assert errors.f1(TOLERANCES_S[0]) >= F1_AT_LEAST, errors
    assert errors.wape <= WAPE_AT_MOST, errors


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("line", "jklmnqrsuvwxyz")
def test_a_line_that_was_held_out_is_counted_as_an_eye_counts_it(line: str, every: int) -> None:
    errors = errors_of_lines(HELD_OUT, every)[line]
    least, most = SHORT_OF_IT.get((line, every), (F1_AT_LEAST, WAPE_AT_MOST))
    assert errors.f1(TOLERANCES_S[0]) >= least, errors
    assert errors.wape <= most, errors


@pytest.mark.parametrize("every", [1, 2])
def test_nobody_is_told_on_a_line_that_nobody_crosses(every: int) -> None:
    assert errors_of_lines(HELD_OUT, every)[NOBODY_CROSSES] == Errors()


@cache
def errors_of_lines(counted: Path, every: int) -> dict[str, Errors]:
    """By line, summed over the phases of looking at every so many pictures."""
    errors: dict[str, Errors] = {}
    for clip, audit in counted_clips(counted).items():
        size, people = seen_in(clip)
        phases = [list(told_by_ours(audit, size, people[i::every])) for i in range(every)]
        errors |= {line: errors_at(audit, line, phases) for line in audit.names}
    return errors


@cache
def seen_in(name: str) -> tuple[tuple[int, int], list[tuple[float, Detections]]]:
    """Everybody found in every picture of a real clip, by the real network."""
    network = read_manifest().network("yolox-nano-416")
    file = real_file("models", "yolox_nano_416.onnx")
    detector = load_detector(InstalledNetwork(network, file))
    with Clip(real_file("video", name), 0.0) as clip:
        return clip.size, [(f.at_s, detector.detect(f.picture)) for f in clip.frames()]
