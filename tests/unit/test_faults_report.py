"""The report of ``make faults``: it counts right, and it is red when it must be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.run.__main__ import main
from tests.faults.run.catalogue import SCENARIOS
from tests.faults.run.census import NOTHING, Census, compare, keys_of
from tests.faults.run.report import Circumstances
from tests.faults.run.runner import Run, longest_first, play_all
from tests.faults.run.scenario import NotShown, Result, Scenario, Setting
from tests.simulators.processes import NotReady
from tests.simulators.till import ShopDay

LEAST_FAULTS = 1_000
CIRCUMSTANCES = Circumstances.here(seed=1, quick=True, jobs=1)


def ends_with(census: Census, name: str = "one") -> Scenario:
    def play(setting: Setting) -> Result:
        setting.tell("as it should")
        return Result(setting.faults, census)

    return Scenario(name, play, full=9, quick=3)


def raises(error: BaseException) -> Scenario:
    def play(_setting: Setting) -> Result:
        raise error

    return Scenario("failing", play, full=1, quick=1)


def facts_of(workplace: Path, *scenarios: Scenario) -> tuple[dict[str, object], bool]:
    report = play_all(scenarios, Run(quick=True, seed=1, workplace=workplace))
    return report.facts(CIRCUMSTANCES, 12.34), report.sound


def test_what_is_missing_is_lost_and_what_is_too_much_is_doubled() -> None:
    assert compare(["a", "b", "c"], {"a": 1, "b": 3, "stranger": 1}) == Census(
        3, 2, 1, 3, frozenset("c")
    )


def test_a_reprinted_file_goes_in_once() -> None:
    day = ShopDay(seed=3, sales=60)
    files = day.deliveries()
    assert day.truth.reprints
    assert len(keys_of(files, "sh-1")) == day.truth.retail + day.truth.controls < len(files)


def test_the_report_has_the_figures_of_every_scenario_and_their_sums(
    tmp_path: Path,
) -> None:
    good, bad = ends_with(Census(5, 5, 0, 0)), ends_with(Census(4, 3, 1, 2), "two")
    facts, sound = facts_of(tmp_path, good, bad)
    assert not sound
    assert (facts["lost"], facts["doubled"], facts["faults"]) == (1, 2, 6)
    scenarios = facts["scenarios"]
    assert isinstance(scenarios, list)
    assert scenarios[1] == {
        "name": "two",
        "faults": 3,
        "injected": 4,
        "in_ledger": 3,
        "lost": 1,
        "doubled": 2,
        "seconds": 0.0,
        "remarks": ("as it should",),
    }


def by_name(name: str) -> Scenario:
    return next(each for each in SCENARIOS if each.name == name)


def test_the_report_says_of_which_code_it_is_and_how_to_play_it_again(tmp_path: Path) -> None:
    facts, _ = facts_of(tmp_path, raises(NotShown("no kill hit")))
    assert facts["failed"] == [{"name": "failing", "why": "no kill hit"}]
    assert facts["seconds"] == 12.3
    assert (facts["seed"], facts["quick"], facts["jobs"]) == (1, True, 1)
    assert re.fullmatch(r"[0-9a-f]{7,}\+?|unknown", str(facts["commit"]))
    assert "cores" in str(facts["host"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:]{8}Z", str(facts["begun_at"]))


def test_of_several_at_once_the_longest_begins_first() -> None:
    short, long = by_name("disk_full"), by_name("eight_hours_offline")
    assert sorted([short, long], key=longest_first) == [long, short]
    assert all(each.minutes > 0 for each in SCENARIOS)


def test_a_run_without_loss_is_sound(tmp_path: Path) -> None:
    assert facts_of(tmp_path, ends_with(NOTHING))[1]


@pytest.mark.parametrize(
    "error", [NotShown("no kill hit"), NotReady("no broker"), pytest.skip.Exception("no root")]
)
def test_a_scenario_that_did_not_play_makes_the_run_fail(
    tmp_path: Path, error: BaseException
) -> None:
    facts, sound = facts_of(tmp_path, raises(error), ends_with(NOTHING))
    assert not sound
    assert isinstance(facts["scenarios"], list)
    assert len(facts["scenarios"]) == 1, "the others are played all the same"


def test_the_full_set_injects_a_thousand_faults_and_ci_s_form_fewer() -> None:
    assert sum(each.full for each in SCENARIOS) >= LEAST_FAULTS
    assert all(0 < each.quick <= each.full for each in SCENARIOS)
    assert len({each.name for each in SCENARIOS}) == len(SCENARIOS)


def test_a_list_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert "agent_kill_9" in capsys.readouterr().out
