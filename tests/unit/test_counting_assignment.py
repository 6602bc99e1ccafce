"""Scipy's solver, without the rest of scipy."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment as theirs

from agent.capture.footfall.counting.assignment import linear_sum_assignment


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (9, 4), (50, 50)])
def test_the_pairs_are_those_that_scipy_finds(shape: tuple[int, int]) -> None:
    cost = np.random.default_rng(7).uniform(0, 100, shape)
    for ours, of_scipy in zip(linear_sum_assignment(cost), theirs(cost), strict=True):
        np.testing.assert_array_equal(ours, of_scipy)


def test_a_watcher_loads_no_other_optimizer() -> None:
    asked = (
        "import sys; from agent.capture.footfall.libraries import require_vision; "
        "require_vision(); import agent.capture.footfall.watching; "
        "print([name for name in sys.modules if name.partition('.')[0] == 'scipy'])"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], check=True, capture_output=True, text=True
    ).stdout
    assert told.strip() == "['scipy.optimize._lsap']"
