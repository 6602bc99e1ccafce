"""``make faults --jobs``: scenarios in processes of their own give what they give one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.run.census import Census
from tests.faults.run.report import Report
from tests.faults.run.runner import Run, play_all
from tests.faults.run.scenario import NotShown, Result, Scenario, Setting

pytestmark = [pytest.mark.slow]


def told_by_its_seed(setting: Setting) -> Result:
    return Result(setting.faults, Census(setting.random.randrange(1000), 0, 0, 0))


def in_vain(_setting: Setting) -> Result:
    raise NotShown("no kill hit")


SCENARIOS = [
    *(Scenario(name, told_by_its_seed, full=2, quick=1) for name in "abc"),
    Scenario("d", in_vain, full=2, quick=1),
]


def played(workplace: Path, jobs: int) -> Report:
    workplace.mkdir()
    return play_all(SCENARIOS, Run(quick=True, seed=5, workplace=workplace), jobs=jobs)


def test_several_at_once_come_out_as_one_after_the_other(tmp_path: Path) -> None:
    one, two = played(tmp_path / "one", 1), played(tmp_path / "two", 2)
    figures = [[(each.name, each.injected) for each in report.outcomes] for report in (one, two)]
    assert figures[0] == figures[1]
    assert [name for name, _ in figures[0]] == ["a", "b", "c"]
    assert one.failures == two.failures
    assert [each.name for each in two.failures] == ["d"]
