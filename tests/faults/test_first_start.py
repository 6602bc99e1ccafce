"""The power is cut while a box starts for the first time: the next start is as clean as the first.

Nothing is promised yet, so nothing can be lost, and an alarm that something may be would be false.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.powercut import Names, Scenario, Trial
from tests.faults.powercut.programs import first_start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SEED = 20261122
CUTS = 60

FIRST_START = Scenario("tests.faults.powercut.programs.first_start", first_start.there)


@pytest.mark.parametrize("names", Names)
def test_a_first_start_that_is_cut_short_raises_no_alarm(tmp_path: Path, names: Names) -> None:
    trial = Trial(FIRST_START, tmp_path, SEED, names)
    trial.live(0, CUTS, 0.0)
    assert trial.tally.unsynced > 0, "the cuts took nothing, so they prove nothing"
    assert trial.tally.findings == []
