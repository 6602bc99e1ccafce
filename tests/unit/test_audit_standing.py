"""A camera's last audit is told once, and its counts bear its id as long as it holds for them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest

from agent.capture.footfall.audit.standing import KeptAudit, LastAudit, holds_for, keep_audit
from agent.capture.footfall.diary import LiveDiary
from agent.capture.footfall.tally import Places
from agent.config import CameraSettings, LineSettings, StaffSettings, ZoneSettings
from agent.errors import DiskUnusable
from models.wire.events.footfall import ZoneKind
from tests.simulators.facts import an_audit
from tests.simulators.scripted_watcher import (
    LEAVES,
    NETWORK,
    MinuteOutbox,
    Premises,
    a_camera,
    opened,
    premises,
    watching,
)

RULE = "segment-band-1"
START_S = 1000.0


def kept(
    camera: CameraSettings | None = None, rule: str = RULE, network: str = NETWORK
) -> KeptAudit:
    audited = msgspec.structs.replace(an_audit("c" * 32), camera="cam")
    return KeptAudit(holds_for(camera or a_camera(), rule, network), audited)


def a_live_camera(audits: Path, outbox: MinuteOutbox | None = None) -> Premises:
    return premises(
        lambda clock: LiveDiary(Places.of_entrances("door"), clock, own_time=False),
        [opened(START_S), *watching(START_S, START_S + 130.0), LEAVES],
        outbox=outbox,
        audits=audits,
    )


def test_an_audit_is_told_once_and_the_counts_bear_its_id(tmp_path: Path) -> None:
    keep_audit(tmp_path, kept())
    one = a_live_camera(tmp_path)
    one.keeper.run()
    assert [each.audit for each in one.outbox.audits] == ["c" * 32]
    assert {each.audit for each in one.outbox.minutes if each.observed_ms} == {"c" * 32}
    again = a_live_camera(tmp_path)
    again.keeper.run()
    assert again.outbox.audits == []


def test_an_audit_of_another_rule_is_told_and_no_count_bears_it(tmp_path: Path) -> None:
    keep_audit(tmp_path, kept(rule="another-1"))
    one = a_live_camera(tmp_path)
    one.keeper.run()
    assert len(one.outbox.audits) == 1
    assert {each.audit for each in one.outbox.minutes} == {""}


def test_an_audit_that_the_disk_does_not_take_is_told_later(tmp_path: Path) -> None:
    keep_audit(tmp_path, kept())
    outbox = MinuteOutbox()
    outbox.refuse_with = DiskUnusable("full")
    a_live_camera(tmp_path, outbox).keeper.run()
    outbox.refuse_with = None
    one = a_live_camera(tmp_path, outbox)
    one.keeper.run()
    assert len(one.outbox.audits) == 1


LINE = LineSettings("door", (0.5, 0.0), (0.5, 1.0))
CAMERA = CameraSettings("cam", "/dev/video0", line=(LINE,))
CORNERS = ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1))


@pytest.mark.parametrize(
    "changed",
    [
        dataclasses.replace(CAMERA, name="other"),
        dataclasses.replace(CAMERA, source="/dev/video1"),
        dataclasses.replace(CAMERA, line=(dataclasses.replace(LINE, end=(0.5, 0.9)),)),
        dataclasses.replace(CAMERA, line=(dataclasses.replace(LINE, name="gate"),)),
        dataclasses.replace(CAMERA, zone=(ZoneSettings("tv", ZoneKind.EXCLUDED, CORNERS),)),
        dataclasses.replace(CAMERA, zone=(ZoneSettings("desk", ZoneKind.STAFF, CORNERS),)),
        dataclasses.replace(CAMERA, staff=StaffSettings(hours=(("08:00", "08:45"),))),
        dataclasses.replace(CAMERA, sample_fps=2.0),
        dataclasses.replace(CAMERA, sample_fps=0.0),
    ],
)
def test_what_is_counted_otherwise_is_something_else(changed: CameraSettings) -> None:
    assert holds_for(changed, RULE, NETWORK) != holds_for(CAMERA, RULE, NETWORK)


def test_patience_and_where_people_stay_changes_no_crossing() -> None:
    zone = ZoneSettings("shelf", ZoneKind.DWELL, CORNERS)
    same = dataclasses.replace(CAMERA, stall_s=20.0, zone=(zone,))
    assert holds_for(same, RULE, NETWORK) == holds_for(CAMERA, RULE, NETWORK)


def test_a_file_that_cannot_be_read_holds_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "cam.json").write_bytes(b"{")
    last = LastAudit(tmp_path, a_camera())
    assert last.news() is None
    assert last.id(RULE, NETWORK) == ""


def test_a_newer_audit_takes_its_place_while_the_agent_runs(tmp_path: Path) -> None:
    last = LastAudit(tmp_path, a_camera())
    assert last.id(RULE, NETWORK) == ""
    keep_audit(tmp_path, kept())
    assert last.id(RULE, NETWORK) == "c" * 32
    newer = msgspec.structs.replace(kept().audited, audit="d" * 32)
    path = keep_audit(tmp_path, KeptAudit(kept().holds_for, newer))
    assert last.id(RULE, NETWORK) == "d" * 32
    assert path.stat().st_mode & 0o777 == 0o600
