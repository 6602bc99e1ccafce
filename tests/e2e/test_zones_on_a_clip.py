"""A real clip through network, tracker and zones, against a slow computation over its tracks.

The slow one sees the whole clip at once, walker by walker, in plain Python: it knows neither the
few seconds of hindsight nor any array. People are nobody's heirs in it, so that it may tell a
little less where the tracker lost somebody who stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import pytest

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.facts import Presence, Warmth
from agent.capture.footfall.counting.floor import Floor
from agent.capture.footfall.counting.floor_tuning import FLOOR
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.loading import load_detector
from agent.networks import InstalledNetwork
from models.vision.manifest import read_manifest
from models.wire.events.footfall import ZoneKind
from tests.simulators.real_data import real_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PICTURES, EVERY = 400, 2
PAVEMENT = Zone("pavement", ZoneKind.DWELL, ((250, 150), (560, 170), (600, 430), (180, 400)))


def test_presence_on_a_real_clip_is_what_a_slow_computation_tells() -> None:
    looks = moments()
    floor = Floor([PAVEMENT], looks[0].size)
    facts = [fact for moment in looks for fact in floor.update(moment)] + floor.rest()
    told_s = sum(fact.person_s for fact in facts if isinstance(fact, Presence))
    slow_s = slowly_present_s(looks)
    assert slow_s > 60
    assert told_s == pytest.approx(slow_s, rel=0.03)
    warm_s = sum(fact.seconds for fact in facts if isinstance(fact, Warmth))
    assert warm_s >= told_s


def moments() -> list[Moment]:
    """What the tracker says of every second picture of the clip's first forty seconds."""
    network = read_manifest().network("yolox-nano-416")
    detector = load_detector(InstalledNetwork(network, real_file("models", "yolox_nano_416.onnx")))
    looks: list[Moment] = []
    with Clip(real_file("video", "vtest.avi"), 0.0) as clip:
        counter = Counter([], clip.size)
        for frame in islice(clip.frames(), 0, PICTURES, EVERY):
            span_s = frame.at_s - looks[-1].at_s if looks else 0.0
            looks.append(counter.look(detector.detect(frame.picture), frame.at_s, span_s))
    return looks


def slowly_present_s(looks: Sequence[Moment]) -> float:
    """Time in the zone of all who are proven, walker by walker."""
    return sum(_of(walker, looks) for walker in {int(id_) for each in looks for id_ in each.ids})


def _of(walker: int, looks: Sequence[Moment]) -> float:
    rows = [(each, each.ids.tolist().index(walker)) for each in looks if walker in each.ids]
    seen_s = [each.at_s for each, row in rows if each.seen[row]]
    proven_s = min((each.at_s for each, row in rows if each.proven[row]), default=float("inf"))
    time_s, within, lately, before_s = 0.0, None, 0.0, 0.0
    for each, row in rows:
        if each.seen[row]:
            x, y = each.feet[row].tolist()
            depth = _depth(x, y) / float(each.heights[row])
            near = min(max(depth, -FLOOR.band), FLOOR.band)
            if within is None:
                within, lately = depth > 0, near
            gain = 1 - 2.718281828459045 ** (-(each.at_s - before_s) / FLOOR.lean_s)
            lately = near if abs(depth) > FLOOR.band else lately + gain * (near - lately)
            within = lately > 0 if abs(lately) > FLOOR.lean else within
            before_s = each.at_s
        believed = proven_s <= each.at_s + FLOOR.hindsight_s
        if within and believed and each.at_s <= seen_s[-1]:
            time_s += each.span_s
    return time_s


def _depth(x: float, y: float) -> float:
    """Distance to the border, inside above 0: side by side, by the angle of a ray."""
    nearest, inside = float("inf"), False
    corners = PAVEMENT.corners
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        dx, dy = x2 - x1, y2 - y1
        share = min(max(((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy), 0.0), 1.0)
        off = ((x1 + share * dx - x) ** 2 + (y1 + share * dy - y) ** 2) ** 0.5
        nearest = min(nearest, off)
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / dy * dx:
            inside = not inside
    return nearest if inside else -nearest
