"""``make demo ARGS="--once --json"`` in a small form: one command, one line of figures."""

from __future__ import annotations

import json
import subprocess
import sys

import psutil
import pytest

from tests.simulators.processes import ROOT, eventually, runs
from tests.simulators.required_server import required_nats_server

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]


def test_the_demo_plays_a_day_to_its_end_and_its_figures_are_the_truth() -> None:
    required_nats_server()
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulators.demo", "--once", "--json", "--sales", "120"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert list(figures) == [
        "sales_captured",
        "sales_in_ledger",
        "controls_in_ledger",
        "duplicates",
        "conflicts",
        "members",
        "members_expected",
        "cards_on_tablet",
        "footfall",
        "till_to_card_ms",
        "seconds",
    ]
    assert figures["sales_captured"] == figures["sales_in_ledger"] >= 120
    assert figures["controls_in_ledger"] > 0
    assert (figures["duplicates"], figures["conflicts"]) == (0, 0)
    assert figures["members"] == figures["members_expected"] == figures["cards_on_tablet"] > 10
    assert figures["footfall"] is None
    assert 0 < figures["till_to_card_ms"]["p50"] <= figures["till_to_card_ms"]["p99"]
    assert "138" not in done.stderr, "no phone number in the progress"


def test_a_demo_that_is_told_to_end_leaves_no_process_behind() -> None:
    required_nats_server()
    demo = subprocess.Popen(
        [sys.executable, "-m", "tests.simulators.demo", "--once", "--sales", "400"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    family: set[int] = set()

    def grown_up() -> bool:
        family.update(child.pid for child in psutil.Process(demo.pid).children(recursive=True))
        return len(family) >= 3  # cloud, broker and a shop, whatever else came and went

    try:
        assert eventually(grown_up, 60)
        demo.terminate()
        assert demo.wait(60) == 143
    finally:
        demo.kill()
        demo.wait()
    assert eventually(lambda: not [pid for pid in family if runs(pid)], 10)
