"""Gaps, repeats, late transactions and odd sums: heartbeat, terminal, page, metrics and doctor."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from agent.capture.told import Told
from agent.config import (
    AgentConfig,
    DeviceSettings,
    OdooSettings,
    TillDatabaseSettings,
    WebSettings,
)
from agent.health.alarms import read_vocabulary
from agent.health.check import Verdict
from agent.health.checks.numbers import numbers_whole
from agent.health.checks.sources import sources_usable
from agent.health.heartbeat import Vitals, take_pulse
from agent.health.status import render
from agent.health.status.facts import Status
from agent.health.status.figures import StatusFigures
from agent.health.status.posted import Poster
from agent.health.status.tills import SourceKind, SourceStatus, TillStatus
from agent.tablet.status_screen import StatusScreens
from models.shown.words import Language, Words
from models.wire.events.device import SourceState, WorkstationState
from models.wire.events.sale import Flag
from tests.simulators.agent_status import (
    a_source,
    a_status,
    a_till,
    a_workstation,
    numbers,
    taken,
)
from tests.simulators.booked_shop import TODAY, a_booked_shop
from tests.simulators.booked_shop import numbered as a_numbered
from tests.simulators.facts import NOON

LOCALES = Path(__file__).parents[2] / "agent" / "tablet" / "locales"
ODD = a_workstation(
    missing=3,
    gaps=[numbers(104), numbers(230, 231)],
    repeated=1,
    repeats=[numbers(7)],
    late=2,
    since=TODAY,
    ripening=True,
)


def an_odd_status() -> Status:
    """A till whose numbers and sums are odd, and a journal where all is well."""
    return a_status(
        till=a_till(taken=taken(12, late=2, missing=3, repeated=1), quarantined=4),
        sources=[a_source(SourceKind.JOURNAL, taken=taken())],
        workstations=[ODD, a_workstation(workstation_id="4")],
    )


def a_config(folder: Path, **parts: object) -> AgentConfig:
    device = DeviceSettings("demo", "sh-0001", "sh-0001-pos1", data_dir=folder, keys_dir=folder)
    return AgentConfig(device, **parts)  # type: ignore[arg-type]  # each test knows its parts


def beaten(
    till: TillStatus | None, *sources: SourceStatus, folder: Path
) -> tuple[list[SourceState], list[WorkstationState]]:
    vitals = Vitals(
        depths=list,
        quarantined=lambda: 0,
        rejected=lambda: 0,
        cards=lambda: 0,
        cameras=list,
        till=lambda: till,
        sources=lambda: sources,
        workstations=lambda: [ODD, a_workstation(workstation_id="4")],
        data_dir=folder,
        now=lambda: NOON,
        uptime_s=lambda: 1.0,
    )
    pulse = take_pulse(vitals)
    return pulse.sources, pulse.workstations


def test_a_heartbeat_tells_of_every_source_and_of_workstations_with_something_to_say(
    tmp_path: Path,
) -> None:
    odd = an_odd_status()
    sources, workstations = beaten(odd.till, *odd.sources, folder=tmp_path)
    assert sources[0] == SourceState(
        name="",
        kind="folder",
        state="ready",
        profiles=["arts-poslog"],
        captured=412,
        quarantined=4,
        late=2,
        judged=200,
        unbalanced=12,
        gaps=3,
        repeats=1,
        last_at="2026-11-22T03:59:00.000Z",
    )
    assert (sources[1].name, sources[1].kind, sources[1].captured) == ("front", "journal", 412)
    assert workstations == [
        WorkstationState(
            business_unit="9", workstation_id="3", gaps=3, repeats=1, late=2, since="2026-11-22"
        )
    ]


@pytest.mark.parametrize(
    ("source", "state"),
    [
        (a_source(), "ready"),
        (a_source(started=False), "starting"),
        (a_source(at_ease=False), "starting"),
        (a_source(blocked="locked"), "blocked"),
        (a_source(present=False), "missing"),
        (a_source(reachable=False), "unreachable"),
    ],
)
def test_a_heartbeat_says_in_one_word_how_a_source_is(
    source: SourceStatus, state: str, tmp_path: Path
) -> None:
    assert [each.state for each in beaten(None, source, folder=tmp_path)[0]] == [state]


def test_the_terminal_names_the_numbers() -> None:
    said = render(an_odd_status())
    assert (
        "0 files waiting; 412 new; 2 late; 12 of the last 200 do not add up (arts-poslog)" in said
    )
    assert (
        "workstation  9/3: 3 missing: 104 on 2026-11-22, 230-231 on 2026-11-22; "
        "1 given twice: 7 on 2026-11-22; 2 late; some may still come"
    ) in said
    assert "workstation  9/4: no number is missing" in said
    assert "books        NOT KEPT: disk full" in render(a_status(books_trouble="disk full"))


@pytest.mark.parametrize(
    ("language", "till", "workstation"),
    [
        (Language.EN, "12 of the last 200 do not add up (arts-poslog)", "3 numbers missing"),
        (Language.ZH, "最近 200 笔中有 12 笔对不上（arts-poslog）", "缺 3 个流水号"),
    ],
)
def test_the_page_shows_them_in_both_languages(
    language: Language, till: str, workstation: str
) -> None:
    screens = StatusScreens(ZoneInfo("Asia/Shanghai"), read_vocabulary())
    words = Words.load(LOCALES, language)
    facts = {fact.name: fact.value for fact in screens.screen(an_odd_status(), words).facts}
    assert till in facts[words("status.till")]
    assert workstation in facts[words("status.workstation", name="9/3")]
    assert facts[words("status.workstation", name="9/4")] == words("taken.whole")


def test_the_metrics_show_them_by_source_profile_and_workstation() -> None:
    registry = CollectorRegistry()
    registry.register(StatusFigures(an_odd_status))
    text = generate_latest(registry).decode()
    for sample in (
        'lianke_source_captured_total{source=""} 412.0',
        'lianke_source_late_total{source=""} 2.0',
        'lianke_source_late_total{source="front"} 0.0',
        'lianke_source_judged_sales{profile="arts-poslog",source=""} 200.0',
        'lianke_source_unbalanced_sales{profile="arts-poslog",source=""} 12.0',
        'lianke_till_numbers_missing{workstation="9/3"} 3.0',
        'lianke_till_numbers_repeated{workstation="9/3"} 1.0',
        'lianke_till_transactions_late{workstation="9/3"} 2.0',
        'lianke_till_numbers_missing{workstation="9/4"} 0.0',
    ):
        assert sample in text


def test_the_doctor_reads_them_from_what_the_agent_saw_last(tmp_path: Path) -> None:
    config = a_config(tmp_path)
    assert numbers_whole(config).verdict is Verdict.OK
    Poster(config.status_file).post(a_status(workstations=[a_workstation()]))
    assert numbers_whole(config).message == "no number is missing on 1 workstations"
    Poster(config.status_file).post(an_odd_status())
    found = numbers_whole(config)
    assert found.verdict is Verdict.WARNING
    for said in (
        "workstation 9/3: 3 missing (104 on 2026-11-22, 230-231 on 2026-11-22)",
        "workstation 9/3: 1 given twice (7 on 2026-11-22)",
        "workstation 9/3: 2 late",
        "the till's folder: 12 of the last 200 sales do not add up by profile arts-poslog",
    ):
        assert said in found.message
    Poster(config.status_file).post(a_status(books_trouble="disk full"))
    assert "books are not kept: disk full" in numbers_whole(config).message


def test_what_intake_and_books_know_is_told_by_source_and_workstation() -> None:
    with a_booked_shop() as shop:
        odd = [Flag.TENDERS_DISAGREE]
        shop.capture([a_numbered(1, flags=odd), a_numbered(3), a_numbered(7)], "ej")
        shop.wait()
        told = Told(shop.intake, shop.books)
        ej, other = told.taken("ej"), told.taken("other")
        [workstation] = told.workstations()
    assert (ej.captured, ej.balances[0].unbalanced, ej.missing) == (3, 1, 4)
    assert (other.captured, other.balances, other.missing) == (0, [], 0)
    assert [(gap.first, gap.last, gap.count) for gap in workstation.gaps] == [
        ("2", "2", 1),
        ("4", "6", 3),
    ]
    assert (workstation.name, workstation.since) == ("sh-0001/1", TODAY)
    assert told.trouble() == ""


def test_the_doctor_looks_at_databases_doors_and_odoos_too(tmp_path: Path) -> None:
    """Their profiles must exist, and their files with secrets must be there for this user."""
    token = tmp_path / "token"
    token.write_text("t" * 40)
    sound = a_config(
        tmp_path,
        database=(TillDatabaseSettings("main", "mysql://till.example/unicentaopos"),),
        web=(WebSettings(token),),
        odoo=(OdooSettings("https://odoo.example", "shop", "reader", token),),
    )
    assert sources_usable(sound).verdict is Verdict.OK
    assert sources_usable(sound).message == "main, web, odoo can be read"
    address, gone = "mysql://till.example/pos", tmp_path / "gone"
    found = sources_usable(
        a_config(
            tmp_path,
            database=(TillDatabaseSettings("main", address, profile="uncenta", login_file=gone),),
            web=(
                WebSettings(
                    tmp_path / "no-token",
                    shopify_secret_file=gone,
                    shopify_profile="web-shop",
                    square_key_file=gone,
                    square_url="https://shop.example/v1/square",
                    square_profile="web-sq",
                ),
            ),
            odoo=(OdooSettings("https://odoo.example", "shop", "me", gone, profile="odo"),),
        )
    )
    assert found.verdict is Verdict.FAULT
    for said in ("main: no file", "uncenta.toml", "web-shop.toml", "web-sq.toml", "odo.toml"):
        assert said in found.message
    for source, file in (("main", gone), ("web", tmp_path / "no-token"), ("odoo", gone)):
        assert f"{source}: {file} cannot be read by this user" in found.message
