"""The figures of the page about delivery are those of one run, which lies beside the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults.run.catalogue import SCENARIOS
from tests.faults.run.page import (
    BEGIN,
    END,
    PAGE,
    REPORT,
    Unfit,
    check,
    figures,
    main,
    with_figures,
)
from tests.faults.run.report import Circumstances, Outcome, Report


def a_run(*, quick: bool = False, left_out: str = "", lost: int = 0) -> dict[str, Any]:
    report = Report(
        [
            Outcome(each.name, each.full, 1_234, 1_234 - lost, lost, 0, 61.4, ("all is well",))
            for each in SCENARIOS
            if each.name != left_out
        ]
    )
    return report.facts(Circumstances.here(seed=7, quick=quick, jobs=2), 1_800.0)


def test_every_scenario_of_the_run_has_its_row() -> None:
    facts = a_run()
    block = figures(facts)
    for each in SCENARIOS:
        assert f"| `{each.name}` | {each.full:,} | 1,234 | 0 | 0 | 61 |" in block
        assert f"- `{each.name}`: all is well" in block
    assert f"seed 7, commit `{facts['commit']}`" in block
    assert "30 minutes" in block
    assert f"**{sum(each.full for each in SCENARIOS):,} faults, " in block


def test_only_what_lies_between_the_marks_is_replaced() -> None:
    page = f"before\n{BEGIN}old figures\n{END}after\n"
    block = figures(a_run())
    assert with_figures(page, block) == f"before\n{block}after\n"
    with pytest.raises(ValueError, match="lost the marks"):
        with_figures("no marks\n", block)


def test_the_page_has_its_marks() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(BEGIN) == page.count(END) == 1


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (a_run(quick=True), "CI's form"),
        (a_run(left_out="agent_kill_9"), "not played: agent_kill_9"),
        (a_run(lost=1), "lost, 0 doubled"),
    ],
    ids=["quick", "in part", "with a loss"],
)
def test_a_run_that_proves_less_is_not_shown(
    facts: dict[str, Any], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Unfit, match=why):
        check(facts)
    report = tmp_path / "faults.json"
    report.write_text(f"make: nothing to be done\n{json.dumps(facts)}\n")
    page = PAGE.read_text(encoding="utf-8")
    assert main([str(report)]) == 1
    assert why in capsys.readouterr().err
    assert PAGE.read_text(encoding="utf-8") == page


@pytest.mark.skipif(not REPORT.exists(), reason="no run lies beside the page yet")
def test_the_page_shows_the_run_that_lies_beside_it() -> None:
    facts = json.loads(REPORT.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    assert with_figures(page, figures(facts)) == page
