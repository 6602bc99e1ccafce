"""A watcher stays as small as it was: the short form of ``make footfall-soak``."""

from __future__ import annotations

import pytest

from tests.bench.footfall_soak import NETWORK, soak
from tests.simulators.real_data import real_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_watcher_over_looped_clips_does_not_grow() -> None:
    data = real_file("models", NETWORK).parents[1]
    soaked = soak(data, hours=0.08)
    assert soaked.hours >= 0.079
    assert soaked.crossings > 30
    assert soaked.flat, f"off by {soaked.off_mb:.1f} MB, at most {soaked.most_mb:.1f} MB"
