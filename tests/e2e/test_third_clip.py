"""Five lines over a third clip, that nothing was tuned to, against what an eye counted there.

A woman walks across, and is counted exactly whatever the rate. A man jumps from a roof, crouches
and runs off within the last second: at five pictures a second he is at times missed
(docs/explanation/footfall.md). It may not get worse than that.
"""

from __future__ import annotations

from functools import cache, reduce
from operator import add
from typing import Final

import pytest

from agent.capture.footfall.audit.marks import Told
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.counting.line import Direction
from agent.capture.footfall.detection.detections import Detections
from agent.capture.footfall.detection.loading import load_detector
from agent.networks import InstalledNetwork
from models.vision.manifest import read_manifest
from tests.simulators.carried_clips import carried_clip
from tests.simulators.counted_by_eye import (
    THIRD_CLIP,
    TOLERANCES_S,
    counted_clips,
    errors_at,
    told_by_ours,
)
from tests.simulators.real_data import real_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAME: Final = "sports2d-demo.mp4"
AUDIT: Final = counted_clips(THIRD_CLIP)[NAME]
LEAST_AND_MOST: Final = {1: (0.95, 0.08), 2: (0.95, 0.08), 6: (0.91, 0.17)}
"""F1 and WAPE over all lines, at every picture of thirty a second, every second and every sixth."""


@pytest.mark.parametrize("every", [1, 2, 6])
def test_the_lines_of_a_clip_never_seen_before_are_counted_as_an_eye_counts_them(
    every: int,
) -> None:
    phases = _told(every)
    errors = reduce(add, (errors_at(AUDIT, line, phases) for line in AUDIT.names))
    least, most = LEAST_AND_MOST[every]
    assert errors.f1(TOLERANCES_S[0]) >= least, errors
    assert errors.wape <= most, errors


@pytest.mark.parametrize("every", [1, 2, 6])
def test_who_walks_is_told_once_on_each_line_at_every_rate(every: int) -> None:
    for told in _told(every):
        assert [each.line for each in told if each.direction is Direction.IN] == list(AUDIT.names)


def _told(every: int) -> list[list[Told]]:
    size, people = _seen()
    return [list(told_by_ours(AUDIT, size, people[phase::every])) for phase in range(every)]


@cache
def _seen() -> tuple[tuple[int, int], list[tuple[float, Detections]]]:
    network = read_manifest().network("yolox-nano-416")
    detector = load_detector(InstalledNetwork(network, real_file("models", "yolox_nano_416.onnx")))
    with Clip(carried_clip(NAME)) as clip:
        return clip.size, [(each.at_s, detector.detect(each.picture)) for each in clip.frames()]
