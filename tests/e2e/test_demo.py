"""``make demo ARGS="--once --json"`` in a small form: one command, one line of figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.simulators.processes import ROOT, eventually, program, runs
from tests.simulators.real_data import real_file
from tests.simulators.required_server import required_nats_server

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]


def test_the_demo_plays_a_day_to_its_end_and_its_figures_are_the_truth() -> None:
    required_nats_server()
    figures = played("--sales", "120", CAMERA="0")
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


def test_the_clip_at_the_demos_door_is_counted_as_the_count_command_counts_it(
    tmp_path: Path,
) -> None:
    required_nats_server()
    clip = real_file("video", "vtest.avi")
    models = {"LIANKE_MODELS": str(tmp_path / "models")}
    pull = ["models", "pull", "--from", str(clip.parents[1] / "models")]
    subprocess.run([program("lianke-agent"), *pull], env=environment(models), check=True)
    count = ["count", str(clip), "--line", "door=300,150,300,420", "--json"]
    counted = subprocess.run(
        [program("lianke-agent"), *count],
        env=environment(models),
        capture_output=True,
        check=True,
    )
    door = json.loads(counted.stdout)["lines"]["door"]
    figures = played("--sales", "60", CAMERA="", LIANKE_DATA=str(clip.parents[1]), **models)
    assert figures["footfall"] == {"in": door["in"], "out": door["out"]}


def played(*words: str, **variables: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulators.demo", "--once", "--json", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(variables),
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "138" not in done.stderr, "no phone number in the progress"
    return dict(json.loads(done.stdout.splitlines()[-1]))


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **variables}


def test_a_demo_that_is_told_to_end_leaves_no_process_behind() -> None:
    required_nats_server()
    demo = subprocess.Popen(
        [sys.executable, "-m", "tests.simulators.demo", "--once", "--sales", "400"],
        env=environment({"CAMERA": "0"}),
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
    assert eventually(lambda: not [pid for pid in family if runs(pid)])
