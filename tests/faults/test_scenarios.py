"""``make faults`` in its quick form, a scenario a test: nothing is lost, nothing counts twice."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.faults.run.__main__ import QUICK_SEED
from tests.faults.run.catalogue import SCENARIOS
from tests.faults.run.runner import play
from tests.faults.run.scenario import Scenario
from tests.simulators.processes import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(400)]


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_what_went_in_stands_in_the_ledger_once(scenario: Scenario, tmp_path: Path) -> None:
    before = children()
    outcome = play(scenario, quick=True, seed=QUICK_SEED, folder=tmp_path, tell=print)
    assert outcome.faults
    assert outcome.lost == 0
    assert outcome.doubled == 0
    assert eventually(lambda: children() <= before), "nothing is left running"
