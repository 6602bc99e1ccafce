"""Alarms begin once, go on, end by rule or by a person's word, and nothing is told twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.access.audit import Action, Actor
from cloud.errors import NotFound
from cloud.ingest.alarms import (
    AlarmKind,
    AlarmState,
    CloudAlarms,
    Ending,
    Wanted,
    detail,
    read_vocabulary,
    text_of,
)
from cloud.ingest.alarms.deciding import (
    SEEN_EVERY_MS,
    Begin,
    Facts,
    Place,
    Sign,
    Standing,
    Trouble,
    decide,
    merged,
)
from cloud.ingest.alarms.reference import page
from cloud.storage.metadata import TABLE_MODULES
from models.wire.ids import DeviceId, StoreId, TenantId
from tests.simulators.back_office import BackOffice
from tests.simulators.databases import Databases
from tests.simulators.facts import SHOP

SOMEBODY = Actor("console")
SILENT, TWIN = AlarmKind.DEVICE_SILENT, AlarmKind.TWIN_IDENTITY
HERE = Place.of(SHOP)
OWING = Trouble("pos1", HERE, {"owed": 3, "streams": "sale 3"})
LETTER = AlarmKind.DEAD_LETTERS


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, TABLE_MODULES, databases=databases)
    yield made
    made.close()


@pytest.fixture
def alarms(office: BackOffice) -> CloudAlarms:
    return CloudAlarms(office.engine, office.clock)


def letters(count: int, mark: int, reason: str = "malformed") -> Sign:
    facts: Facts = {"letters": count, "reason": reason}
    return Sign(LETTER, [Trouble("pos1", HERE, facts, mark, count)])


def test_a_state_stands_as_long_as_its_cause(office: BackOffice, alarms: CloudAlarms) -> None:
    assert alarms.look([Sign(SILENT, [OWING])])
    assert not alarms.look([Sign(SILENT, [OWING])])
    (alarm,) = alarms.listed()
    assert (alarm.kind, alarm.state, alarm.about, alarm.times) == (SILENT, "standing", "pos1", 1)
    assert (alarm.tenant, alarm.store, alarm.device) == (SHOP.tenant, SHOP.store, SHOP.device)
    office.hand.move(SEEN_EVERY_MS / 1000)
    assert alarms.look([Sign(SILENT, [OWING])]), "that it goes on is written down now and then"
    assert alarms.listed()[0].seen > alarm.seen
    assert alarms.look([Sign(SILENT, unclear=frozenset({"pos1"}))]) is False
    assert alarms.look([Sign(SILENT)])
    assert alarms.listed() == []
    (over,) = alarms.listed(Wanted(over=True))
    assert (over.state, over.acknowledged_by) == (AlarmState.OVER, None)
    assert alarms.look([Sign(SILENT, [OWING])])
    assert len(alarms.listed(Wanted(over=True))) == 2


def test_who_acknowledges_a_state_is_known_and_it_stands_on(
    office: BackOffice, alarms: CloudAlarms
) -> None:
    alarms.look([Sign(SILENT, [OWING])])
    (alarm,) = alarms.listed()
    assert alarms.unseen() == 1
    office.hand.move(5)
    seen = alarms.acknowledge(alarm.id, office.audit, SOMEBODY)
    assert (seen.state, seen.acknowledged_by) == (AlarmState.ACKNOWLEDGED, SOMEBODY)
    assert seen.acknowledged_at == office.hand.now()
    assert alarms.unseen() == 0
    assert alarms.acknowledge(alarm.id, office.audit, Actor("terminal")) == seen
    assert [alarm.id for alarm in alarms.listed()] == [seen.id]
    entry = office.audit.latest(office.engine)[0]
    assert (entry.action, entry.subject) == (Action.ALARM_ACKNOWLEDGED, f"alarm:{alarm.id}")
    alarms.look([Sign(SILENT)])
    assert alarms.listed() == []


def test_what_has_happened_stays_until_somebody_knows_and_is_never_told_twice(
    office: BackOffice, alarms: CloudAlarms
) -> None:
    alarms.look([letters(2, mark=7)])
    assert not alarms.look([letters(2, mark=7)])
    assert not alarms.look([Sign(LETTER)])
    alarms.look([letters(1, mark=9, reason="id_mismatch")])
    (alarm,) = alarms.listed()
    assert (alarm.times, alarm.facts) == (3, {"letters": 3, "reason": "id_mismatch"})
    seen = alarms.acknowledge(alarm.id, office.audit, SOMEBODY)
    assert (seen.state, alarms.listed()) == (AlarmState.OVER, [])
    assert not alarms.look([letters(1, mark=9)]), "a ledger that is folded anew tells it again"
    alarms.look([letters(1, mark=10)])
    (again,) = alarms.listed()
    assert (again.id != alarm.id, again.times) == (True, 1)


def test_what_was_put_right_needs_nobodys_word(alarms: CloudAlarms) -> None:
    alarms.look([letters(2, mark=7)])
    assert alarms.look([Sign(LETTER, gone=frozenset({"pos1"}))])
    assert alarms.listed() == []


def test_two_who_look_at_once_raise_nothing_twice(office: BackOffice, alarms: CloudAlarms) -> None:
    other = CloudAlarms(office.engine, office.clock)
    signs = [Sign(SILENT, [OWING]), letters(1, 1)]
    assert (alarms.look(signs), other.look(signs)) == (True, False)
    assert len(alarms.listed()) == 2


def test_who_wants_what_gets_it(office: BackOffice, alarms: CloudAlarms) -> None:
    other = Place(TenantId("other"), StoreId("sh-0009"), DeviceId("pos9"))
    alarms.look([Sign(SILENT, [OWING, Trouble("pos9", other)])])
    alarms.look([Sign(AlarmKind.INGEST_STOPPED, [Trouble(facts={"parts": "1"})]), letters(1, 1)])

    def about(**wanted: object) -> list[str]:
        return [alarm.about for alarm in alarms.listed(Wanted(**wanted))]  # type: ignore[arg-type]  # each test names fields of its own

    assert about() == ["pos1", "pos9", "", "pos1"]
    assert about(tenant=SHOP.tenant) == ["pos1", "", "pos1"]
    assert about(stores=frozenset({SHOP.store})) == ["pos1", "pos1"]
    assert about(kind=LETTER) == ["pos1"]
    assert about(device=DeviceId("pos9")) == ["pos9"]
    first, *_, last = alarms.listed()
    assert about(after=first.id, limit=2) == ["pos9", ""]
    alarms.acknowledge(first.id, office.audit, SOMEBODY)
    alarms.acknowledge(last.id, office.audit, SOMEBODY)
    assert about(state=AlarmState.ACKNOWLEDGED) == ["pos1"]
    assert about(state=AlarmState.STANDING) == ["pos9", ""]
    assert [alarm.id for alarm in alarms.listed(Wanted(state=AlarmState.OVER))] == [last.id]


def test_stamp_changes_with_all_that_a_reader_sees(office: BackOffice, alarms: CloudAlarms) -> None:
    stamps = [alarms.stamp()]
    alarms.look([letters(1, 1), Sign(SILENT, [OWING])])
    stamps.append(alarms.stamp())
    alarms.look([letters(1, 2)])
    stamps.append(alarms.stamp())
    office.hand.move(1)
    alarms.acknowledge(alarms.listed()[0].id, office.audit, SOMEBODY)
    stamps.append(alarms.stamp())
    office.hand.move(1)
    alarms.look([Sign(SILENT)])
    stamps.append(alarms.stamp())
    assert len(set(stamps)) == len(stamps)


def test_an_alarm_that_is_not_there_cannot_be_acknowledged(
    office: BackOffice, alarms: CloudAlarms
) -> None:
    with pytest.raises(NotFound, match="no alarm 7"):
        alarms.acknowledge(7, office.audit, SOMEBODY)


def test_counts_add_up_lists_join_and_words_change() -> None:
    before: Facts = {"events": 3, "streams": "footfall, sale", "reason": "thinned"}
    now: Facts = {"events": 2, "streams": "sale, telemetry", "reason": "dropped"}
    assert merged(before, now) == {
        "events": 5,
        "streams": "footfall, sale, telemetry",
        "reason": "dropped",
    }
    assert merged({"events": "many"}, {"events": 2}) == {"events": 2}


def test_an_occurrence_that_some_alarm_has_in_it_begins_none() -> None:
    endings = {kind: entry.ends for kind, entry in read_vocabulary().items()}
    trouble = Trouble("pos1", mark=5)
    for mark, expected in ((4, [Begin(TWIN, trouble)]), (5, []), (6, [])):
        assert decide([Sign(TWIN, [trouble])], [], {TWIN: mark}, endings, 0) == expected
    standing = [Standing(1, TWIN, "pos1", 1, 0, {})]
    assert decide([Sign(TWIN)], standing, {TWIN: 5}, endings, 0) == []


def test_every_alarm_has_words_in_both_languages_that_its_facts_fill() -> None:
    vocabulary = read_vocabulary()
    assert list(vocabulary) == list(AlarmKind)
    for entry in vocabulary.values():
        for words in (entry.en, entry.zh):
            assert words.what
            assert words.next
    assert {entry.ends for entry in vocabulary.values()} == set(Ending)


def test_text_for_a_terminal_says_what_is_wrong_and_what_to_do(
    office: BackOffice, alarms: CloudAlarms
) -> None:
    assert text_of(alarms.listed()) == "no alarms"
    alarms.look([letters(2, mark=7), Sign(AlarmKind.LEDGER_RESTORED, [Trouble(mark=1)])])
    text = text_of(alarms.listed())
    assert "warning dead_letters sh-0001, pos1, since 2026-11-22 " in text
    assert "2 new dead letters, the last one malformed." in text
    assert "ledger_restored the service" in text
    assert "generation is now –." in text, "a fact that is missing harms nobody"
    alarm = alarms.listed()[0]
    alarms.acknowledge(alarm.id, office.audit, SOMEBODY)
    text = text_of(alarms.listed(Wanted(over=True)))
    assert "over since 2026" in text
    assert detail(alarm, read_vocabulary()[LETTER].zh).startswith("新增 2 条")


def test_the_page_for_people_is_current() -> None:
    written = Path(__file__).parents[2] / "docs" / "reference" / "cloud-alarms.md"
    assert written.read_text(encoding="utf-8") == page(), "write alarms.reference.page() there"
