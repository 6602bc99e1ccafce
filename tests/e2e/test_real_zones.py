"""Zones, groups and heat of a real clip through the whole watcher and the minutes of the agent.

They are held to a slow computation of the same from the whole clip at once, which shares nothing
with the product's but where people were.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.cameras import places_of
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.detection.loading import load_detector
from agent.capture.footfall.diary import RecordedDiary
from agent.capture.footfall.launching import watched_line, watched_zone
from agent.capture.footfall.messages import Job, Opened, Seen, Told, encode, read_told
from agent.capture.footfall.played import PlayedMark
from agent.capture.footfall.recorder import event_of
from agent.capture.footfall.span import Span
from agent.capture.footfall.watching import in_pixels, zone_in_pixels
from agent.config import CameraSettings, LineSettings, ZoneSettings
from agent.networks import InstalledNetwork
from models.vision.manifest import read_manifest
from models.wire.events.footfall import FootfallCounted, LineKind, ZoneKind
from models.wire.events.footfall_sum import summed
from tests.simulators.clocks import HandClock
from tests.simulators.processes import ROOT
from tests.simulators.real_data import real_file
from tests.simulators.slow_floor import SlowFloor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RATE = 5.0
BEGIN_AT = datetime(2026, 3, 1, 9, 0, 30, tzinfo=UTC)
"""The clip lasts 79.5 s: it is told in two minutes."""

CROSSROADS = ((0.45, 0.26), (0.73, 0.26), (0.73, 0.73), (0.45, 0.73))
BEND = ((0.73, 0.18), (0.99, 0.18), (0.99, 0.52), (0.73, 0.52))
SIGNPOST = ((0.0, 0.0), (0.1, 0.0), (0.1, 0.2), (0.0, 0.2))


def a_camera(clip: Path) -> CameraSettings:
    return CameraSettings(
        name="street",
        source=str(clip),
        begin_at=BEGIN_AT,
        sample_fps=RATE,
        speed=0.0,
        line=(
            LineSettings("door", (300 / 768, 150 / 576), (300 / 768, 420 / 576)),
            LineSettings("passing", (0.13, 0.26), (0.13, 0.73), LineKind.PASSING),
        ),
        zone=(
            ZoneSettings("crossroads", ZoneKind.DWELL, CROSSROADS),
            ZoneSettings("bend", ZoneKind.DWELL, BEND),
            ZoneSettings("signpost", ZoneKind.EXCLUDED, SIGNPOST),
        ),
    )


def a_job(camera: CameraSettings, network: InstalledNetwork) -> Job:
    return Job(
        source=camera.source,
        lines=[watched_line(line) for line in camera.line],
        zones=[watched_zone(zone) for zone in camera.zone],
        network=network.network,
        network_file=str(network.file),
        sample_fps=RATE,
        speed=0.0,
    )


def told_by_a_process(job: Job) -> Iterator[Told]:
    with subprocess.Popen(
        [sys.executable, "-m", "agent.capture.footfall.watcher"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=dict(os.environ),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(encode(job))
        process.stdin.flush()
        yield from map(read_told, process.stdout)


def events_of(camera: CameraSettings, told: Iterator[Told], folder: Path) -> list[FootfallCounted]:
    """What the agent would store, minute by minute as it becomes complete."""
    mark = PlayedMark(folder / "mark.json", camera.source, BEGIN_AT)
    diary = RecordedDiary(places_of(camera, UTC), BEGIN_AT, HandClock(), mark)
    minutes, opened = [], Opened(width=0, height=0, fps=0, at_s=0)
    for message in told:
        if isinstance(message, Opened):
            opened = message
            diary.opened(message, "yolox")
        elif isinstance(message, Seen):
            diary.seen(message)
            minutes += diary.finished()
        else:
            diary.ended(0)
    minutes += diary.finished()
    return [event_of("street", each, opened.rule, opened.analyses) for each in minutes]


def the_slow_way(camera: CameraSettings, network: InstalledNetwork) -> SlowFloor:
    floor, span, detector = SlowFloor(), Span(), load_detector(network)
    with Clip(camera.file, RATE) as clip:
        lines = [in_pixels(watched_line(line), clip.size) for line in camera.line]
        zones = [zone_in_pixels(watched_zone(zone), clip.size) for zone in camera.zone]
        counter = Counter(lines, clip.size, zones=zones)
        for frame in clip.frames():
            detections = detector.detect(frame.picture)
            span_s = span.closely_s(frame.at_s)
            floor.moments.append(counter.look(detections, frame.at_s, span_s))
            span.add(frame.at_s)
    return floor


@pytest.fixture(scope="module")
def network() -> InstalledNetwork:
    entry = read_manifest().network("yolox-nano-416")
    return InstalledNetwork(entry, real_file("models", "yolox_nano_416.onnx"))


@pytest.fixture(scope="module")
def camera() -> CameraSettings:
    return a_camera(real_file("video", "vtest.avi"))


@pytest.fixture(scope="module")
def events(
    camera: CameraSettings, network: InstalledNetwork, tmp_path_factory: pytest.TempPathFactory
) -> list[FootfallCounted]:
    told = told_by_a_process(a_job(camera, network))
    return events_of(camera, told, tmp_path_factory.mktemp("mark"))


def test_a_real_clip_gives_the_zones_and_the_heat_that_a_slow_look_at_all_of_it_gives(
    camera: CameraSettings, network: InstalledNetwork, events: list[FootfallCounted]
) -> None:
    slow = the_slow_way(camera, network)
    begin_at = BEGIN_AT.replace(second=0)
    assert [each.begin_at for each in events] == [begin_at, begin_at + timedelta(minutes=1)]
    assert {each.analyses for each in events} == {"crowd-2"}
    whole = summed(events)
    assert whole.observed_ms == pytest.approx(79_300, abs=300)

    door, passing = whole.lines
    assert (door.ingress, door.egress) == (15, 12)
    assert passing.kind is LineKind.PASSING
    for line in whole.lines:
        assert 0 < line.groups_in + line.groups_out <= line.ingress + line.egress

    size = slow.moments[0].size
    assert [zone.zone for zone in whole.zones] == ["crossroads", "bend"]
    for zone, shares in zip(whole.zones, (CROSSROADS, BEND), strict=True):
        corners = [(x * size[0], y * size[1]) for x, y in shares]
        assert zone.person_ms / 1000 == pytest.approx(slow.person_s(corners), rel=0.05, abs=1.0)
        assert abs(zone.most - slow.most(corners)) <= 1
        assert abs(sum(zone.stays) + zone.cut - len(slow.stays_s(corners))) <= 2

    heat_s = {cell: ms / 1000 for cell, ms in whole.heat}
    slow_s = slow.heat_s()
    assert sum(heat_s.values()) == pytest.approx(sum(slow_s.values()), rel=0.03)
    apart_s = sum(abs(heat_s.get(cell, 0) - slow_s.get(cell, 0)) for cell in heat_s | slow_s)
    assert apart_s <= 0.05 * sum(slow_s.values())


def test_a_minute_of_a_busy_street_is_a_small_event(events: list[FootfallCounted]) -> None:
    assert max(len(msgspec.json.encode(each)) for each in events) < 4096
