"""Whatever a source set aside is read again where it lies, and counts once."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from agent.capture.pos.keeping import NOTE, TILL_FOLDER, Place
from agent.capture.quarantine import Quarantine
from agent.errors import BadConfiguration, OutboxBusy
from tests.simulators.capturing import PROFILES
from tests.simulators.journal_writer import german_csv
from tests.simulators.poslog_writer import goods, poslog, retail, tender, transaction
from tests.simulators.quarantine_ward import CSV, ODOO, PLAIN_BASKET, POSLOG, SAMPLES, Sample, Ward

CARD = "4111111111111111"
BY_KIND = pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.file)


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


@BY_KIND
def test_what_todays_profile_can_read_is_captured_and_leaves(ward: Ward, sample: Sample) -> None:
    kept = ward.keep(sample)
    ward.retry(kept)
    assert len(ward.sink.stored) == sample.sales
    assert ward.quarantine.kept() == []
    assert list((ward.data / "quarantine").iterdir()) == []


def test_an_order_with_binary_fractions_keeps_its_total(ward: Ward) -> None:
    ward.retry(ward.keep(ODOO))
    (sale,) = ward.sink.stored.values()
    assert sale.sale.total_minor == 1240
    assert [each.extended_amount_minor for each in sale.sale.lines] == [240, 1000]


@BY_KIND
def test_what_fails_again_stays_in_its_place_with_todays_reason(ward: Ward, sample: Sample) -> None:
    kept = ward.keep(sample, sample.damaged, "what was wrong with it then")
    ward.retry(kept)
    (again,) = ward.quarantine.kept()
    assert ward.sink.stored == {}
    assert (again.name, again.file, again.record) == (kept.name, kept.file, kept.record)
    assert again.at > kept.at
    assert "then" not in again.reason
    assert again.reason
    assert ward.quarantine.asked_again() == [], "it is not read over and over"


@BY_KIND
def test_a_crash_behind_the_sink_reads_again_and_counts_once(ward: Ward, sample: Sample) -> None:
    kept = ward.keep(sample)
    ward.sink.die_after = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        ward.retry(kept)
    assert [each.name for each in ward.quarantine.kept()] == [kept.name]
    ward.restart()
    ward.again.step(ward.now)
    assert len(ward.sink.stored) == sample.sales
    assert ward.quarantine.kept() == []


def test_a_sink_that_is_busy_leaves_it_asked_for(ward: Ward) -> None:
    kept = ward.keep(POSLOG)
    ward.sink.refuse_with = OutboxBusy("not now")
    with pytest.raises(OutboxBusy):
        ward.retry(kept)
    ward.sink.refuse_with = None
    ward.again.step(ward.now)
    assert ward.sink.numbers == ["7"]


def test_a_note_of_an_agent_that_named_no_source_is_enough_where_only_one_can_be_meant(
    ward: Ward,
) -> None:
    for sample in SAMPLES:
        kept = ward.keep(replace(sample, source=""))
        ward.retry(kept)
    assert len(ward.sink.stored) == sum(each.sales for each in SAMPLES)
    assert ward.quarantine.kept() == []


def test_a_profile_that_was_mended_reads_what_was_refused(tmp_path: Path, ward: Ward) -> None:
    parked = poslog(transaction(retail(goods(), tender(), status="Geparkt"), number="2"))
    kept = ward.keep(replace(POSLOG, data=parked))
    ward.retry(kept)
    assert "TransactionStatus is not known" in ward.quarantine.kept()[0].reason
    mended = shutil.copytree(PROFILES.parent, tmp_path / "configs")
    profile = mended / "till_profiles" / "arts-poslog.toml"
    profile.write_text(profile.read_text() + '\n[statuses]\nGeparkt = "suspended"\n')
    ward.restart(mended)
    ward.retry(ward.quarantine.kept()[0])
    assert ward.sink.numbers == ["2"]
    assert ward.quarantine.kept() == []


def test_bytes_that_lost_their_cards_are_still_read(ward: Ward) -> None:
    paid = poslog(transaction(retail(goods().replace("豆浆", f"豆浆 {CARD}"), tender())))
    kept = ward.keep(replace(POSLOG, data=paid))
    assert CARD.encode() not in b"".join(ward.quarantine.content(kept))
    ward.retry(kept)
    (sale,) = ward.sink.stored.values()
    assert "************1111" in sale.sale.lines[0].description


def test_a_part_of_a_transaction_is_never_taken_for_the_whole(ward: Ward) -> None:
    lines = german_csv([PLAIN_BASKET]).splitlines(keepends=True)
    kept = ward.keep(replace(CSV, data=b"".join(lines[:2])))
    ward.retry(kept)
    assert ward.sink.stored == {}
    assert "a part of a transaction" in ward.quarantine.kept()[0].reason


def test_of_a_whole_file_the_good_is_captured_and_the_bad_lies_alone(ward: Ward) -> None:
    bad = transaction(retail(goods(), tender(), status="Geparkt"), number="2")
    day = poslog(transaction(number="1"), bad, transaction(number="3"))
    ward.retry(ward.keep(replace(POSLOG, data=day, record=0)))
    assert ward.sink.numbers == ["1", "3"]
    (alone,) = ward.quarantine.kept()
    assert (alone.file, alone.record, alone.source) == ("a.xml", 2, TILL_FOLDER)


def test_a_file_that_breaks_off_stays_whole(ward: Ward) -> None:
    day = poslog(transaction(number="1"), transaction(number="2"))
    ward.retry(ward.keep(replace(POSLOG, data=day[:-120], record=0)))
    (whole,) = ward.quarantine.kept()
    assert (whole.record, whole.size) == (0, len(day) - 120)
    assert ward.sink.numbers == ["1"], "what came before the break counts, once"


def test_a_source_that_is_gone_says_what_to_do(ward: Ward) -> None:
    kept = ward.keep(replace(POSLOG, source="gone"))
    with pytest.raises(BadConfiguration, match="configured no more; add it again"):
        ward.readers.of(kept.source, kept.file, b"")
    ward.retry(kept)
    assert "add it again" in ward.quarantine.kept()[0].reason


def test_a_sealed_file_that_cannot_be_opened_stays_in_sight_and_holds_nobody_up(
    ward: Ward,
) -> None:
    torn, good = ward.keep(POSLOG), ward.keep(CSV)
    torn.path.write_bytes(b"torn")
    for kept in (torn, good):
        ward.quarantine.ask_again(kept)
    ward.again.step(ward.now)
    assert len(ward.sink.stored) == 1
    assert ["cannot be opened" in each.reason for each in ward.quarantine.kept()] == [True]


def test_a_retry_does_not_lengthen_the_stay(ward: Ward) -> None:
    kept = ward.keep(POSLOG, POSLOG.damaged)
    captured_at = json.loads(kept.path.with_suffix(NOTE).read_bytes())["at"]
    ward.clock.move(80 * 86_400)
    ward.retry(kept)
    assert json.loads(kept.path.with_suffix(NOTE).read_bytes())["at"] == captured_at
    ward.clock.move(11 * 86_400)
    ward.keeping.housekeep(ward.now)
    assert ward.quarantine.kept() == []


def test_a_note_that_was_damaged_ends_with_the_others(ward: Ward) -> None:
    kept = ward.keep(POSLOG)
    kept.path.with_suffix(NOTE).write_bytes(b"{")
    other = ward.keep(CSV)
    assert ward.quarantine.kept() == [other]
    ward.clock.move(3650 * 86_400)
    ward.keeping.housekeep(ward.now)
    assert list((ward.data / "quarantine").iterdir()) == []


def test_the_same_bytes_from_two_files_have_two_names(ward: Ward) -> None:
    for file in ("a.xml", "b.xml"):
        ward.keeping.quarantine(file, POSLOG.data, ward.now, "twice", Place(1))
    first, second = ward.quarantine.kept()
    assert first.name != second.name
    assert ward.quarantine.find([first.name]) == [first]
    assert [each.name for each in Quarantine(ward.data, ward.keeping).kept()] == [
        first.name,
        second.name,
    ]
