"""Real clips, the real network, the real command: counts that people have checked by eye.

The figures are those of the data folder's manifest. Other lines are not asked for here: no setting
of the product may know these.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from models.vision.manifest import read_manifest
from tests.simulators.image_hunt import Hunter, PixelPrints, decoded, letterbox_of
from tests.simulators.processes import eventually, program
from tests.simulators.real_data import real_file
from tests.simulators.real_network import NETWORK, cache_with_the_real_network
from tests.simulators.required_server import required_nats_server
from tests.simulators.watched_shop import watched_shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of its own with the network in it, called as the manifest calls it."""
    return cache_with_the_real_network(tmp_path_factory.mktemp("networks"))


def count(networks: Path, clip: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [program("lianke-agent"), "count", str(clip), "--network", NETWORK, "--json", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LIANKE_MODELS": str(networks)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("rate", [10, 5])
def test_six_visitors_leave_one_by_one_and_nobody_comes(networks: Path, rate: int) -> None:
    clip = real_file("video", "one-by-one-person-detection.mp4")
    told = count(networks, clip, "--line", "door=614,0,614,432", "--sample-fps", str(rate))
    assert (told["lines"]["door"]["in"], told["lines"]["door"]["out"]) == (0, 6)
    assert (told["frames"], told["seconds_of_video"]) == (1394, 139.4)
    assert told["sampled_fps"] == pytest.approx(rate, rel=0.01)


def test_a_square_full_of_people_is_counted_within_one_each_way(networks: Path) -> None:
    told = count(networks, real_file("video", "vtest.avi"), "--line", "square=300,150,300,420")
    square = told["lines"]["square"]
    assert abs(square["in"] - 15) <= 1
    assert abs(square["out"] - 12) <= 1
    assert len(square["events"]) == square["in"] + square["out"]
    assert [event["t"] for event in square["events"]] == sorted(
        event["t"] for event in square["events"]
    )
    assert (told["frames"], told["sampled_fps"]) == (795, 10.0)
    assert set(told["ms_per_frame"]) == {"decode", "detect", "track", "total"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_count_ends_at_once_and_leaves_no_half_clip(
    networks: Path, tmp_path: Path, how: signal.Signals
) -> None:
    # Whoever runs the tests in the background may have SIGINT ignored, and children inherit that.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from agent.cli import main; main()"
    )
    words = ["count", str(real_file("video", "vtest.avi")), "--line", "square=300,150,300,420"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *words, "--annotate", str(tmp_path / "out.mp4")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LIANKE_MODELS": str(networks)},
    ) as running:
        assert eventually(lambda: any(each.stat().st_size for each in tmp_path.iterdir()), 30)
        asked_s = time.monotonic()
        running.send_signal(how)
        out, err = running.communicate(timeout=30)
    assert time.monotonic() - asked_s < 15
    assert (running.returncode, out) == (130, "")
    assert err == "lianke-agent: interrupted; nothing was counted to its end\n"
    assert not list(tmp_path.iterdir())


def test_a_run_on_a_real_clip_leaves_no_picture_anywhere(
    networks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``test_privacy_walk``, with the command, network and camera noise of real life."""
    required_nats_server()
    clip = real_file("video", "vtest.avi")
    monkeypatch.setenv("LIANKE_MODELS", str(networks))
    letterbox = letterbox_of(read_manifest().network(NETWORK))
    hunter = Hunter(PixelPrints.of(decoded(clip, every=6), letterbox))
    agent = [program("lianke-agent"), "run", "--config"]
    with watched_shop(tmp_path, clip, agent, sample_fps=5.0, speed=0.0) as shop:
        shop.look_until_told()
        shop.box.stop()
        assert sum(shop.counted().values()) >= 10
        assert hunter.hunt(shop.evidence()) == []
