"""An audit from the first mark to the counts that bear its id, over a clip that is counted."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.app.audits import LiveAudits
from agent.capture.footfall.audit.closing import TOLERANCE_S, close_audit
from agent.capture.footfall.audit.reel import Reel
from agent.capture.footfall.audit.score import Score
from agent.capture.footfall.audit.scoring import Keeping, ScoreOrder, _rate, run
from agent.capture.footfall.audit.standing import KeptAudit, LastAudit, holds_for
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.detection.detector import Detector
from agent.capture.footfall.detection.loading import load_detector
from agent.capture.footfall.governor import LOWEST_FPS
from agent.capture.footfall.messages import Crossed, Opened, Seen
from agent.capture.footfall.overheard import Overheard
from agent.config import CameraSettings, LineSettings, ZoneSettings
from agent.errors import CameraLost, InvalidInput
from agent.twin.drawings import Drawings
from models.wire.events.footfall import ZoneKind
from models.wire.events.footfall_audit import FootfallAudited
from tests.simulators.real_data import real_file
from tests.simulators.real_network import NETWORK as REAL
from tests.simulators.real_network import cache_with_the_real_network
from tests.simulators.red_coat_network import red_coats
from tests.simulators.walkers import Coat, Film, Walk

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
CAMERA = CameraSettings("door", "0", line=(LineSettings("way", (0.5, 0.0), (0.5, 1.0)),))
RULE, NETWORK = "segment-band-1", "toy@00000000"


def an_overheard() -> Overheard:
    overheard = Overheard()
    opened = Opened(width=640, height=360, fps=10.0, at_s=0.0, rule=RULE)
    overheard.opened(opened, NETWORK)
    return overheard


def audits(folder: Path, overheard: Overheard) -> LiveAudits:
    drawings = Drawings(
        folder / "drawings.json", (CAMERA,), now=lambda: NOW, new_id=lambda: "p", apply_here=False
    )
    return LiveAudits(lambda _name: overheard, drawings, folder / "audits", lambda: NOW)


def watched(audit: LiveAudits, overheard: Overheard) -> None:
    """Twenty seconds, in which two cross and the counter tells one of them."""
    book = audit.begin("door")
    for tenth in range(201):
        book.saw(5_000 + tenth / 10)
    book.jot(b'{"t":5004.0,"line":"way","direction":"in"}')
    book.jot(b'{"t":5012.0,"line":"way","direction":"out"}')
    crossings = [Crossed("way", "in", 5_003.6)]
    overheard.seen(
        Seen(first_s=5_000, last_s=5_020, samples=100, observed_s=20.0, crossings=crossings)
    )


def test_a_live_audit_is_scored_in_a_process_of_its_own_and_becomes_the_last_one(
    tmp_path: Path,
) -> None:
    overheard = an_overheard()
    audit = audits(tmp_path, overheard)
    watched(audit, overheard)
    found = audit.end("door")
    assert found is not None
    assert (found.total.seen, found.total.told, found.total.hits) == (2, 1, 1)
    assert (found.watched_s, found.tolerance_s, found.live) == (20.0, TOLERANCE_S, True)
    last = LastAudit(tmp_path / "audits", CAMERA)
    assert last.news() == found
    assert last.id(RULE, NETWORK) == found.audit
    assert audit.running("door") is None
    [marks] = (tmp_path / "audits" / "door").iterdir()
    assert not any(sign in marks.read_bytes() for sign in (b"\xff\xd8\xff", b"base64", b"PNG"))


def test_a_live_audit_over_two_networks_says_nothing(tmp_path: Path) -> None:
    overheard = an_overheard()
    audit = audits(tmp_path, overheard)
    watched(audit, overheard)
    opened = Opened(width=640, height=360, fps=10.0, at_s=0.0, rule=RULE)
    overheard.opened(opened, "another@11111111")
    assert audit.end("door") is None
    assert not (tmp_path / "audits" / "door.json").exists()


def test_a_camera_that_shows_nothing_cannot_be_audited(tmp_path: Path) -> None:
    with pytest.raises(CameraLost, match="no picture"):
        audits(tmp_path, Overheard()).begin("door")


def test_the_same_audit_closed_again_is_the_same(tmp_path: Path) -> None:
    overheard = an_overheard()
    audit = audits(tmp_path, overheard)
    watched(audit, overheard)
    found = audit.end("door")
    [marks] = (tmp_path / "audits" / "door").iterdir()
    assert found is not None
    again = close_audit(marks, tmp_path / "audits", "door", found.audited_at)
    assert msgspec.json.decode(again, type=FootfallAudited) == found


def test_a_live_audit_of_other_lines_is_not_kept_by_hand(tmp_path: Path) -> None:
    overheard = an_overheard()
    audit = audits(tmp_path, overheard)
    watched(audit, overheard)
    audit.end("door")
    [marks] = (tmp_path / "audits" / "door").iterdir()
    turned = CameraSettings("door", "0", line=(LineSettings("way", (0.5, 1.0), (0.5, 0.0)),))
    keep = Keeping(turned, tmp_path / "other")
    with pytest.raises(InvalidInput, match="audit it anew"):
        run(ScoreOrder(marks, keep=keep), io.StringIO(), now=lambda: NOW)
    kept = Keeping(CAMERA, tmp_path / "other")
    run(ScoreOrder(marks, keep=kept), io.StringIO(), now=lambda: NOW)
    file = (tmp_path / "other" / "door.json").read_bytes()
    assert msgspec.json.decode(file, type=KeptAudit).holds_for == holds_for(CAMERA, RULE, NETWORK)


def test_a_kept_audit_looks_no_oftener_than_its_camera_does(tmp_path: Path) -> None:
    """Or it would praise a better counter than the one in service."""
    marks = tmp_path / "marks.jsonl"
    marks.touch()
    wishes = Keeping(CAMERA, tmp_path)
    with pytest.raises(InvalidInput, match="leave --sample-fps out"):
        run(ScoreOrder(marks, keep=wishes, sample_fps=25.0), io.StringIO())
    assert _rate(ScoreOrder(marks, keep=wishes)) == LOWEST_FPS, "the processor may decide so"
    for fps in (0.0, 2.0):
        steady = Keeping(replace(CAMERA, sample_fps=fps), tmp_path)
        assert _rate(ScoreOrder(marks, keep=steady)) == fps


def test_a_clip_of_other_lines_is_not_kept_for_a_camera(tmp_path: Path) -> None:
    marks = tmp_path / "marks.jsonl"
    marks.write_text(
        '{"type":"audit","source":"vtest.avi","end_s":10.0,"lines":{"way":"300,0,300,576"}}\n'
    )
    order = ScoreOrder(marks, real_file("video", "vtest.avi"), keep=Keeping(CAMERA, tmp_path))
    with pytest.raises(InvalidInput, match="other lines"):
        run(order, io.StringIO(), now=lambda: NOW)


def test_a_kept_clip_is_counted_as_its_camera_counts(tmp_path: Path) -> None:
    """With its network out of its folder, its zones and its badge."""
    detector = load_detector(red_coats(tmp_path))
    networks = cache_with_the_real_network(tmp_path)
    film = Film([Walk(Coat.RED, 1.0, 4.0, ((-40, 200), (360, 200)))], seconds=8.0)
    clip, marks = film.record(tmp_path / "door.avi"), tmp_path / "marks.jsonl"
    marks.write_text(
        '{"type":"audit","source":"door.avi","end_s":8.0,"lines":{"way":"160,0,160,240"}}\n'
        '{"type":"mark","t":3.0,"line":"way","direction":"out"}\n'
    )
    everywhere = ZoneSettings("all", ZoneKind.EXCLUDED, ((0, 0), (1, 0), (1, 1), (0, 1)))
    asked = []

    def detector_of(name: str, folder: Path | None) -> Detector:
        asked.append((name, folder))
        return detector

    told = []
    for camera in (CAMERA, replace(CAMERA, zone=(everywhere,), network=REAL)):
        keep = Keeping(camera, tmp_path / "kept", networks)
        out = io.StringIO()
        run(ScoreOrder(marks, clip, as_json=True, keep=keep), out, detector_of, now=lambda: NOW)
        told.append(msgspec.json.decode(out.getvalue(), type=Score).total.told)
    assert told == [1, 0]
    assert asked == [("", networks), (REAL, networks)]


def test_counts_of_before_are_not_kept(tmp_path: Path) -> None:
    marks = tmp_path / "marks.jsonl"
    marks.write_text('{"type":"audit","source":"door.avi","end_s":8.0}\n')
    order = ScoreOrder(marks, marks, counts=marks, keep=Keeping(CAMERA, tmp_path))
    with pytest.raises(InvalidInput, match="no --counts"):
        run(order, io.StringIO(), now=lambda: NOW)


def decoded(jpeg: bytes) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(np.uint8)


def test_a_clip_is_stepped_through_both_ways_at_the_times_of_the_count() -> None:
    clip = real_file("video", "vtest.avi")
    with Clip(clip) as counted:
        times = [frame.at_s for frame in counted.frames()]
    reel = Reel(clip)
    first, tenth = reel.number(0), reel.at(times[10] + 0.01)
    assert (first.at_s, tenth.number, tenth.at_s) == (times[0], 10, times[10])
    assert [reel.at(round(at_s, 3)).number for at_s in times[:40]] == list(range(40))
    far = reel.number(300)
    assert reel.number(299).jpeg != far.jpeg
    assert reel.number(10).jpeg == tenth.jpeg  # so far back that the clip is read anew
    last = reel.at(10_000.0)
    assert (last.number, last.at_s, last.is_last) == (len(times) - 1, times[-1], True)
    assert decoded(last.jpeg).shape[1] == 640
    reel.close()


def test_a_clip_that_was_seen_too_seldom_is_scored_with_a_warning_and_without_its_gaps(
    tmp_path: Path,
) -> None:
    detector = load_detector(red_coats(tmp_path))
    film = Film([Walk(Coat.RED, 1.0, 6.0, ((-40, 200), (360, 200)))], seconds=12.0, fps=1.0)
    clip, marks = film.record(tmp_path / "door.avi"), tmp_path / "marks.jsonl"
    marks.write_text(
        '{"type":"audit","source":"door.avi","end_s":12.0,"lines":{"way":"160,0,160,240"}}\n'
        '{"type":"mark","t":4.0,"line":"way","direction":"out"}\n'
    )
    out, warned = io.StringIO(), list[str]()
    order = ScoreOrder(marks, clip, as_json=True)
    run(order, out, lambda _name, _folder: detector, now=lambda: NOW, warn=warned.append)
    assert msgspec.json.decode(out.getvalue(), type=Score).total.told == 0
    [doubt] = warned
    assert "only 0.0 of 12.0 s were looked at closely enough" in doubt
