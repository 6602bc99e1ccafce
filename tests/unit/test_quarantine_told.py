"""The cloud is told what lies in quarantine and how it left, each once, and nothing of anybody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.capture.aside.reporting import MOST_AT_ONCE, STREAM
from agent.capture.aside.telling import MOST_CHARS, MOST_PIECES
from agent.capture.pos.keeping import NOTE
from models.wire.codec import Codec
from models.wire.events.capture import RecordQuarantined, RecordReleased, ReleasedHow
from tests.simulators.capturing import DEVICE
from tests.simulators.outbox_parts import Premises, take
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.quarantine_ward import (
    CSV,
    DATABASE,
    DAYS,
    POSLOG,
    SAMPLES,
    Ward,
)
from tests.simulators.whole_cloud import WholeCloud

A_DAY_S = 86_400.0


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def step(ward: Ward) -> int:
    ward.clock.move(60)
    return ward.reporter.step(ward.now)


def test_all_that_lies_here_is_told_once_also_what_was_there_before(ward: Ward) -> None:
    names = {ward.keep(sample, sample.damaged).name for sample in SAMPLES}
    assert step(ward) == len(SAMPLES)
    assert step(ward) == 0
    ward.restart()
    assert step(ward) == 0
    told = ward.outbox.told
    assert {each.name for each in told} == names
    assert {each.source for each in told if isinstance(each, RecordQuarantined)} == {
        "[till]", "csv", "orders", "flow", "receipts", "front", "books", "door", "erp",
    }  # fmt: skip


def test_a_record_is_told_with_its_diff_and_its_profile(ward: Ward) -> None:
    kept = ward.keep(DATABASE, DATABASE.damaged, "actual_price is not a number")
    step(ward)
    (told,) = ward.outbox.told
    assert isinstance(told, RecordQuarantined)
    assert (told.name, told.quarantined_at) == (kept.name, kept.at)
    assert (told.adapter, told.profile, told.record) == ("database", "unicenta", 1)
    assert told.reason == "actual_price is not a number"
    assert told.size_bytes == len(DATABASE.damaged)
    (fault,) = [each for each in told.pieces if each.fault]
    assert fault.raw == "lines.1.actual_price = 1.9X"
    assert fault.fault == "actual_price is not a number"
    assert "receipt.sequence_number = 17" in {each.raw for each in told.pieces}


@pytest.mark.parametrize(
    ("how", "seconds"),
    [
        (ReleasedHow.RETRIED, 1),
        (ReleasedHow.DROPPED, 1),
        (ReleasedHow.EXPIRED, (DAYS + 1) * A_DAY_S),
        (ReleasedHow.GONE, 1),
    ],
)
def test_how_a_record_left_is_told(ward: Ward, how: ReleasedHow, seconds: float) -> None:
    kept = ward.keep(POSLOG)
    step(ward)
    ward.clock.move(seconds)
    match how:
        case ReleasedHow.RETRIED:
            ward.retry(kept)
        case ReleasedHow.DROPPED:
            ward.quarantine.drop(kept, ReleasedHow.DROPPED, ward.now)
        case ReleasedHow.EXPIRED:
            ward.keeping.housekeep(ward.now)
        case ReleasedHow.GONE:
            kept.path.with_suffix(NOTE).unlink()
    step(ward)
    first, last = ward.outbox.told
    assert isinstance(last, RecordReleased)
    assert (last.name, last.quarantined_at, last.how) == (first.name, first.quarantined_at, how)
    assert step(ward) == 0
    assert list(ward.quarantine.told.stays()) == []


def test_what_failed_again_ends_one_stay_and_begins_another(ward: Ward) -> None:
    kept = ward.keep(POSLOG, POSLOG.damaged)
    step(ward)
    ward.retry(kept)
    step(ward)
    first, ended, second = ward.outbox.told
    assert isinstance(first, RecordQuarantined)
    assert isinstance(ended, RecordReleased)
    assert isinstance(second, RecordQuarantined)
    assert {each.name for each in ward.outbox.told} == {kept.name}
    assert (ended.quarantined_at, ended.how) == (first.quarantined_at, ReleasedHow.RETRIED)
    assert second.quarantined_at > first.quarantined_at


def test_what_comes_and_goes_between_two_looks_is_not_told(ward: Ward) -> None:
    ward.quarantine.drop(ward.keep(POSLOG), ReleasedHow.DROPPED, ward.now)
    assert step(ward) == 0
    assert ward.outbox.told == []


def test_a_crash_between_telling_and_remembering_tells_one_and_not_two(ward: Ward) -> None:
    kept = ward.keep(POSLOG)
    for _ in range(2):
        ward.outbox.die_after = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            step(ward)
        ward.restart()
        step(ward)
        kept.path.with_suffix(NOTE).unlink(missing_ok=True)
    assert [type(each) for each in ward.outbox.told] == [RecordQuarantined, RecordReleased]


def test_a_full_quarantine_is_told_in_portions_the_oldest_first(ward: Ward) -> None:
    for number in range(MOST_AT_ONCE + 5):
        ward.keep(replace(POSLOG, file=f"{number}.xml", data=b"<Inventory/>", record=0))
    assert step(ward) == MOST_AT_ONCE
    assert step(ward) == 5
    assert [each.file for each in ward.outbox.told][:2] == ["0.xml", "1.xml"]  # type: ignore[union-attr] # none has been released


def test_one_damaged_note_or_sealed_file_stops_nobody(ward: Ward) -> None:
    noteless, torn, good = (ward.keep(each) for each in (POSLOG, CSV, DATABASE))
    noteless.path.with_suffix(NOTE).write_bytes(b"\x00")
    torn.path.write_bytes(b"torn")
    assert step(ward) == 2
    told = {each.name: each for each in ward.outbox.told}
    assert isinstance(found := told[torn.name], RecordQuarantined)
    assert (found.pieces, found.reason) == ([], "as it was")
    assert good.name in told


def test_a_record_whose_source_is_gone_is_told_by_its_lines(ward: Ward) -> None:
    ward.keep(replace(POSLOG, source="gone"), reason="it is not what it was")
    step(ward)
    (told,) = ward.outbox.told
    assert isinstance(told, RecordQuarantined)
    assert (told.source, told.adapter, told.profile) == ("gone", "", "")
    assert told.pieces[0].fault


def test_an_event_stays_small_whatever_the_record(ward: Ward) -> None:
    long = poslog(*(transaction(number=str(number)) for number in range(100)))
    for data in (long, long[:-60], b"\xff" * 30_000, b"<" * 10_000, b"[" * 10_000):
        for sample in SAMPLES:
            ward.keep(sample, data, "x " * 10_000)
    while step(ward):
        pass
    for told in ward.outbox.told:
        assert isinstance(told, RecordQuarantined)
        assert len(told.pieces) <= MOST_PIECES
        texts = [told.reason, told.file, told.key]
        texts += [text for each in told.pieces for text in (each.raw, each.read, each.fault)]
        assert max(map(len, texts)) <= MOST_CHARS


def test_from_the_shop_to_the_ledger(ward: Ward, tmp_path: Path) -> None:
    kept = ward.keep(CSV, CSV.damaged)
    outbox = Premises(tmp_path / "outbox").open()
    reporter = replace(ward.reporter, outbox=outbox)
    reporter.step(ward.now)
    ward.quarantine.drop(kept, ReleasedHow.DROPPED, ward.now)
    reporter.step(ward.now)
    lease = take(outbox, STREAM)
    assert lease is not None
    payload = Codec().encode(lease.epoch, lease.stream, lease.first, lease.events)
    outbox.close()
    (tmp_path / "cloud").mkdir()
    with WholeCloud(tmp_path / "cloud") as cloud:
        cloud.arrive(payload, STREAM, DEVICE)
        cloud.arrive(payload, STREAM, DEVICE)
        found = [entry.data() for entry in cloud.journal.read(0, 10)]
    assert [type(each) for each in found] == [RecordQuarantined, RecordReleased]
    assert isinstance(found[0], RecordQuarantined)
    assert found[0].profile == "journal-csv"
    assert any(each.fault for each in found[0].pieces)
