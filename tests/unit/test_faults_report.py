"""The report of ``make faults``: it counts right, and it is red when it must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.run.__main__ import main
from tests.faults.run.catalogue import SCENARIOS
from tests.faults.run.census import NOTHING, Census, compare, keys_of
from tests.faults.run.runner import Run, play_all
from tests.faults.run.scenario import NotShown, Result, Scenario, Setting
from tests.simulators.processes import NotReady
from tests.simulators.till import ShopDay

LEAST_FAULTS = 1_000


def ends_with(census: Census, name: str = "one") -> Scenario:
    return Scenario(name, lambda setting: Result(setting.faults, census), full=9, quick=3)


def raises(error: BaseException) -> Scenario:
    def play(_setting: Setting) -> Result:
        raise error

    return Scenario("failing", play, full=1, quick=1)


def facts_of(workplace: Path, *scenarios: Scenario) -> tuple[dict[str, object], bool]:
    report = play_all(scenarios, Run(quick=True, seed=1, workplace=workplace))
    return report.facts(), report.sound


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
    assert list(facts) == ["scenarios", "lost", "doubled"]
    assert (facts["lost"], facts["doubled"]) == (1, 2)
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
    }


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
