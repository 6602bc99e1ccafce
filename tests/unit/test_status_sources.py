"""Journals, taps and print queues in alarms, at the terminal, on the page and in the metrics."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from agent.config import AgentConfig, DeviceSettings, JournalSettings, PrintsSettings
from agent.health.alarms import AlarmKind, StandingAlarm, read_vocabulary
from agent.health.check import Verdict
from agent.health.checks.sources import sources_usable
from agent.health.status import render
from agent.health.status.facts import Status
from agent.health.status.figures import StatusFigures
from agent.health.status.shown import shown_alarms
from agent.health.status.signs import signs
from agent.health.status.tills import SourceKind, SourceStatus
from agent.tablet.status_screen import StatusScreens
from models.shown.words import Language, Words
from tests.simulators.agent_status import a_source, a_status, a_till
from tests.simulators.facts import NOON

LOCALES = Path(__file__).parents[2] / "agent" / "tablet" / "locales"
JOURNAL, PRINTS = SourceKind.JOURNAL, SourceKind.PRINTS


def standing(status: Status) -> dict[AlarmKind, list[tuple[str, str]]]:
    return {
        sign.kind: [(trouble.about, trouble.detail) for trouble in sign.standing]
        for sign in signs(status, [])
        if sign.standing
    }


@pytest.mark.parametrize(
    ("source", "kind", "detail"),
    [
        (a_source(started=False, blocked="in use"), AlarmKind.TAP_DOWN, "in use"),
        (a_source(JOURNAL, started=False, blocked="x"), AlarmKind.TILL_BLOCKED, "x"),
        (a_source(blocked="disk gone"), AlarmKind.TILL_BLOCKED, "disk gone"),
        (a_source(PRINTS, blocked="full", out_of_room=True), AlarmKind.SALE_REFUSED, "full"),
        (a_source(JOURNAL, present=False), AlarmKind.TILL_FOLDER_MISSING, ""),
        (
            a_source(reachable=False, unreachable_why="no answer"),
            AlarmKind.PRINTER_UNREACHABLE,
            "no answer",
        ),
        (a_source(JOURNAL, breaks=2), AlarmKind.CAPTURE_INCOMPLETE, "2 breaks in the journal"),
        (
            a_source(broken_prints=1, lost_bytes=40),
            AlarmKind.CAPTURE_INCOMPLETE,
            "1 receipts not whole, 40 bytes printed and not written down",
        ),
    ],
)
def test_each_trouble_of_a_source_is_one_alarm_with_its_name(
    source: SourceStatus, kind: AlarmKind, detail: str
) -> None:
    assert standing(a_status(sources=[source])) == {kind: [("front", detail)]}


def test_two_sources_and_the_till_in_trouble_are_three_alarms_of_one_kind() -> None:
    sources = [a_source(PRINTS, blocked="b"), a_source(JOURNAL, name="ej", blocked="c")]
    found = standing(a_status(sources=sources, till=a_till(blocked="a")))
    assert sorted(found[AlarmKind.TILL_BLOCKED]) == [("", "a"), ("ej", "c"), ("front", "b")]


def test_a_source_that_nobody_has_looked_at_ends_no_alarm_of_before() -> None:
    status = a_status(sources=[a_source(JOURNAL, at_ease=False)])
    assert not standing(status)
    [blocked] = [each for each in signs(status, []) if each.kind is AlarmKind.TILL_BLOCKED]
    assert blocked.unclear == {"front"}


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (a_source(prints=3), "tap          front: ready; 3 receipts"),
        (
            a_source(started=False, blocked="port in use"),
            "tap          front: NOT STARTED: port in use; 0 receipts",
        ),
        (
            a_source(reachable=False, unreachable_why="no answer", broken_prints=1),
            "tap          front: its printer does not answer (no answer); 0 receipts; 1 gaps, ",
        ),
        (
            a_source(JOURNAL, waiting_bytes=512, sales=9, set_aside=2, last_at=NOON),
            f"front: 512 bytes to read; 9 sales; 2 set aside; last one {NOON:%Y-%m-%d %H:%M:%S}",
        ),
        (a_source(PRINTS, present=False), "prints       front: its folder or file is missing"),
        (a_source(PRINTS, blocked="full"), "prints       front: BLOCKED: full"),
    ],
)
def test_the_terminal_says_how_each_is(source: SourceStatus, line: str) -> None:
    assert line in render(a_status(sources=[source]))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (a_source(prints=3), "Up to date · 3 prints"),
        (a_source(started=False, blocked="x"), "Cannot start"),
        (a_source(blocked="disk"), "Nothing is taken at present"),
        (a_source(reachable=False), "Printer does not answer"),
        (a_source(JOURNAL, waiting_bytes=2048), "2.0 KB to read"),
        (a_source(PRINTS, waiting=2, sales=4, set_aside=1), "2 files waiting · 4 sales"),
        (a_source(JOURNAL, present=False, breaks=1), "Folder or file not found · 1 gaps"),
    ],
)
def test_the_page_says_how_each_is(source: SourceStatus, said: str) -> None:
    screens = StatusScreens(ZoneInfo("Asia/Shanghai"), read_vocabulary())
    for language in Language:
        screen = screens.screen(a_status(sources=[source]), Words.load(LOCALES, language))
        [fact] = [fact for fact in screen.facts if fact.name.endswith(" front")]
        assert language is not Language.EN or fact.value.startswith(said)


def test_the_page_names_the_source_of_an_alarm() -> None:
    screens = StatusScreens(ZoneInfo("Asia/Shanghai"), read_vocabulary())
    kept = StandingAlarm(AlarmKind.PRINTER_UNREACHABLE, NOON - timedelta(minutes=1), "front")
    alarms = shown_alarms([kept], read_vocabulary())
    screen = screens.screen(a_status(alarms=alarms), Words.load(LOCALES, Language.EN))
    assert [alarm.about for alarm in screen.alarms] == ["front"]


def test_the_metrics_show_each_by_its_name() -> None:
    registry = CollectorRegistry()
    sources = [
        a_source(prints=3, reachable=True, last_at=NOON, lost_bytes=7, failures=1),
        a_source(JOURNAL, name="ej", sales=5, set_aside=2, waiting_bytes=99, blocked="x"),
    ]
    registry.register(StatusFigures(lambda: a_status(sources=sources)))
    text = generate_latest(registry).decode()
    for sample in (
        'lianke_source_prints_total{source="front"} 3.0',
        'lianke_source_lost_bytes_total{source="front"} 7.0',
        'lianke_source_gaps_total{source="front"} 1.0',
        'lianke_source_printer_reachable{source="front"} 1.0',
        'lianke_source_sales_total{source="ej"} 5.0',
        'lianke_source_set_aside_total{source="ej"} 2.0',
        'lianke_source_lag_bytes{source="ej"} 99.0',
        'lianke_source_blocked{kind="journal",source="ej"} 1.0',
        'lianke_source_blocked{kind="tap",source="front"} 0.0',
    ):
        assert sample in text
    assert 'lianke_source_printer_reachable{source="ej"}' not in text


def test_the_doctor_finds_missing_folders_profiles_and_receipts_left_behind(
    tmp_path: Path,
) -> None:
    device = DeviceSettings("demo", "sh-0001", "sh-0001-pos1", data_dir=tmp_path)
    assert sources_usable(AgentConfig(device)).verdict is Verdict.OK
    journal = JournalSettings("ej", tmp_path / "gone" / "j.csv", "journal-cvs")
    prints = PrintsSettings("back", tmp_path, "receipt-examplemart")
    finding = sources_usable(AgentConfig(device, journal=(journal,), prints=(prints,)))
    assert finding.verdict is Verdict.FAULT
    assert "journal-cvs.toml" in finding.message
    assert "ej: " in finding.message
    assert "back" not in finding.message
    waiting = tmp_path / "prints" / "waiting"
    waiting.mkdir(parents=True)
    (waiting / "1.print").touch()
    left = sources_usable(AgentConfig(device, prints=(prints,)))
    assert (left.verdict, left.message[:10]) == (Verdict.WARNING, "1 receipts")
