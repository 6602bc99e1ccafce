"""Bytes of every version ever shipped decode for ever.

``golden/`` is only ever added to. A test that fails here has found a change that shops in the field
would feel: mend the code, never the bytes.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from models.vault.exchange import Recipient
from models.wire import schema
from models.wire.ack import Welcome, decode_answer, operator_key_place
from models.wire.birth import decode_birth, decode_state
from models.wire.cards import decode_delta, decode_page
from models.wire.codec import Codec
from models.wire.digest import content_digest
from models.wire.envelope import open_envelope
from models.wire.events.capture import RecordReleased, ReleasedHow
from models.wire.events.device import Heartbeat
from models.wire.events.footfall import STAY_BOUNDS_S, FootfallCounted, GapReason, LineKind
from models.wire.registry import (
    EVENT_TYPES,
    FOOTFALL_COUNTED,
    HEARTBEAT,
    RECORD_RELEASED,
    decode_data,
    event_type,
)
from models.wire.twin import decode_reported
from tests.simulators.facts import SHOP

GOLDEN = Path(__file__).parent / "golden"
DIGESTS = {
    "sale.recorded": "8c090f0a208bd398ba4ebba76fc15e7dcb6deb0faf4c911ff4fba6169b78e2d0",
}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("event.*.json")), ids=lambda p: p.stem)
def test_every_event_ever_shipped_still_decodes(path: Path) -> None:
    envelope = open_envelope(path.read_bytes().strip())
    kind = event_type(envelope.type, envelope.dataschema)
    assert isinstance(decode_data(kind, envelope.data), kind.data)


def test_every_event_type_has_golden_bytes() -> None:
    kept = {path.name for path in GOLDEN.glob("event.*.json")}
    assert kept >= {f"event.{known.file_name}" for known in EVENT_TYPES}


def test_the_digest_of_a_shipped_sale_never_changes() -> None:
    envelope = open_envelope((GOLDEN / "event.sale.recorded.1.json").read_bytes().strip())
    assert content_digest(envelope.data).hex() == DIGESTS["sale.recorded"]


@pytest.mark.parametrize(("name", "cameras"), [("1", []), ("1.cameras", ["door", "yard"])])
def test_heartbeats_from_before_there_were_cameras_have_none(name: str, cameras: list[str]) -> None:
    envelope = open_envelope((GOLDEN / f"event.device.heartbeat.{name}.json").read_bytes().strip())
    heartbeat = decode_data(HEARTBEAT, envelope.data)
    assert isinstance(heartbeat, Heartbeat)
    assert heartbeat.uptime_s == 12.5
    assert [camera.name for camera in heartbeat.cameras] == cameras


def test_a_way_out_of_quarantine_that_is_not_known_yet_is_gone() -> None:
    told = (GOLDEN / "event.capture.released.1.json").read_bytes().strip()
    newer = open_envelope(told.replace(b'"how":"retried"', b'"how":"mended"'))
    released = decode_data(RECORD_RELEASED, newer.data)
    assert isinstance(released, RecordReleased)
    assert released.how is ReleasedHow.GONE


@pytest.mark.parametrize(
    ("name", "sources", "workstations"),
    [("1.cameras", [], []), ("1.sources", ["", "counter-2"], ["3"])],
)
def test_heartbeats_from_before_sources_were_told_have_none(
    name: str, sources: list[str], workstations: list[str]
) -> None:
    envelope = open_envelope(_golden(f"event.device.heartbeat.{name}.json"))
    heartbeat = decode_data(HEARTBEAT, envelope.data)
    assert isinstance(heartbeat, Heartbeat)
    assert [source.name for source in heartbeat.sources] == sources
    assert [each.workstation_id for each in heartbeat.workstations] == workstations
    assert msgspec.json.encode(heartbeat) == bytes(envelope.data)


@pytest.mark.parametrize("name", ["batch.plain.1.bin", "batch.zstd.1.bin"])
def test_every_batch_ever_shipped_still_decodes(name: str) -> None:
    batch = Codec().decode((GOLDEN / name).read_bytes())
    assert batch.header.stream == "sale"
    assert [open_envelope(event).sequence for event in batch.events] == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "decode"),
    [
        ("message.ack.1.json", decode_answer),
        ("message.welcome.1.json", decode_answer),
        ("message.welcome.1.now.json", decode_answer),
        ("message.welcome.1.missing.json", decode_answer),
        ("message.welcome.1.operator-key.json", decode_answer),
        ("message.welcome.1.forked.json", decode_answer),
        ("message.birth.1.json", decode_birth),
        ("message.birth.1.monotonic.json", decode_birth),
        ("message.birth.1.acknowledged.json", decode_birth),
        ("message.birth.1.seal-to.json", decode_birth),
        ("message.birth.1.said.json", decode_birth),
        ("message.state.1.json", decode_state),
        ("message.card-delta.1.json", decode_delta),
        ("message.card-page.1.json", decode_page),
        ("message.twin-reported.1.json", decode_reported),
    ],
)
def test_every_message_ever_shipped_still_decodes(name: str, decode: object) -> None:
    assert callable(decode)
    assert decode((GOLDEN / name).read_bytes().strip())


def test_births_and_welcomes_from_before_there_were_clocks_tell_no_time() -> None:
    births = [decode_birth(_golden(f"message.birth.1{more}.json")) for more in ("", ".monotonic")]
    assert [birth.monotonic for birth in births] == ["", "86400123"]
    moments = []
    for more in ("", ".now"):
        welcome = decode_answer(_golden(f"message.welcome.1{more}.json"))
        assert isinstance(welcome, Welcome)
        moments.append(welcome.moment)
    assert moments == [None, datetime(2026, 11, 22, 4, 0, 0, 250_000, tzinfo=UTC)]


def test_births_and_welcomes_from_before_ledgers_were_compared_say_nothing_of_it() -> None:
    births = [decode_birth(_golden(f"message.birth.1{m}.json")) for m in ("", ".acknowledged")]
    assert [len(birth.acknowledged) for birth in births] == [0, 1]
    assert births[1].acknowledged[0].streams == {"sale": [(1, 5), (8, 8)], "telemetry": [(1, 40)]}
    found = []
    for more in ("", ".missing"):
        welcome = decode_answer(_golden(f"message.welcome.1{more}.json"))
        assert isinstance(welcome, Welcome)
        found.append([one.streams for one in welcome.missing])
    assert found == [[], [{"sale": [(8, 8)]}]]


def test_births_and_welcomes_from_before_copies_were_told_apart_say_nothing_of_it() -> None:
    births = [decode_birth(_golden(f"message.birth.1{m}.json")) for m in (".seal-to", ".said")]
    epoch, closed = births[1].epochs[0].epoch, "fedcba9876543210fedcba9876543210"
    assert [birth.said for birth in births] == [{}, {closed: ["b0"], epoch: ["b0", "b1"]}]
    found = []
    for more in (".missing", ".forked"):
        welcome = decode_answer(_golden(f"message.welcome.1{more}.json"))
        assert isinstance(welcome, Welcome)
        found.append(welcome.forked)
    assert found == [[], [epoch]]


def test_births_and_welcomes_from_before_keys_were_sent_bring_none() -> None:
    recipient = Recipient(lambda count: bytes(range(count)))
    births = [
        decode_birth(_golden(f"message.birth.1{m}.json")) for m in (".acknowledged", ".seal-to")
    ]
    assert [birth.seal_to for birth in births] == ["", recipient.public]
    before, welcome = (
        decode_answer(_golden(f"message.welcome.1{m}.json")) for m in (".missing", ".operator-key")
    )
    assert isinstance(before, Welcome)
    assert isinstance(welcome, Welcome)
    assert before.operator_key == ""
    place = operator_key_place(SHOP, welcome.birth)
    assert recipient.open(welcome.operator_key, place) == bytes(range(64, 96))


def _golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes().strip()


def test_the_schemas_are_those_of_the_classes() -> None:
    assert schema.stale() == [], "run: python -m models.wire.schema"


def test_a_stale_or_leftover_schema_is_noticed(tmp_path: Path) -> None:
    schema.write(tmp_path)
    assert schema.stale(tmp_path) == []
    (tmp_path / "left.over.json").write_bytes(b"{}")
    (tmp_path / "sale.recorded.1.json").write_bytes(b"{}")
    assert schema.stale(tmp_path) == ["left.over.json", "sale.recorded.1.json"]
    schema.write(tmp_path)
    assert schema.stale(tmp_path) == []


@pytest.mark.parametrize("name", ["1", "1.unwatched", "1.zones"])
def test_what_a_camera_counted_has_the_same_bytes_as_ever(name: str) -> None:
    envelope = open_envelope(_golden(f"event.footfall.counted.{name}.json"))
    counted = decode_data(FOOTFALL_COUNTED, envelope.data)
    assert isinstance(counted, FootfallCounted)
    assert msgspec.json.encode(counted) == bytes(envelope.data)


def test_minutes_from_before_there_were_analyses_say_that_nobody_made_any() -> None:
    told = []
    for name in ("1", "1.zones"):
        envelope = open_envelope(_golden(f"event.footfall.counted.{name}.json"))
        counted = decode_data(FOOTFALL_COUNTED, envelope.data)
        assert isinstance(counted, FootfallCounted)
        told.append((counted.analyses, [line.groups_in for line in counted.lines]))
    assert told == [("", [0, 0]), ("crowd-1", [4, 0])]


def test_a_merged_quarter_tells_its_length_its_gap_and_which_minutes_it_stands_for() -> None:
    envelope = open_envelope(_golden("event.footfall.counted.1.merged.json"))
    counted = decode_data(FOOTFALL_COUNTED, envelope.data)
    assert isinstance(counted, FootfallCounted)
    assert counted.begin_at == datetime(2026, 11, 22, 4, tzinfo=UTC)
    assert (counted.camera, counted.duration_s, counted.samples) == ("door", 900, 4438)
    lines = [(each.line, each.kind, each.ingress, each.egress) for each in counted.lines]
    entrance = LineKind.ENTRANCE
    assert lines == [("doorstep", entrance, 4, 3), ("yard", entrance, 0, 0)]
    [gap] = counted.gaps
    assert (gap.reason, gap.ms) == (GapReason.LOST, 12_400)
    assert counted.observed_ms + gap.ms == 1000 * counted.duration_s
    minutes = [f"018bcfe5-6800-70c4-b233-3435363738{last}" for last in (39, 41)]
    assert counted.replaces == minutes
    assert envelope.id not in counted.replaces
    # Its keys were in another order then; nothing of it is lost or added.
    assert msgspec.json.decode(msgspec.json.encode(counted)) == msgspec.json.decode(envelope.data)


def test_the_buckets_of_stays_never_change() -> None:
    assert hashlib.sha256(repr(STAY_BOUNDS_S).encode()).hexdigest()[:16] == "7c22c7d811d5ff0f"
