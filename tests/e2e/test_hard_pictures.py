"""Real clips made harder, the real network, the real command: the counts that hold must hold.

One visitor at a time leaves over one line of ``one-by-one``: by whatever the pictures suffer, six
of them, and nobody comes. All lines, and mesopic beside them, are ``make bench
ARGS=footfall_hard``.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.simulators.counted_by_eye import HAND_COUNTED, counted_clips
from tests.simulators.hard_pictures import HARDSHIPS, Hardship
from tests.simulators.processes import program
from tests.simulators.real_data import real_file
from tests.simulators.real_network import NETWORK, cache_with_the_real_network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAME: Final = "one-by-one-person-detection.mp4"
DOOR: Final = "g"
THAT_HOLD: Final = ("backwards", "tilted", "small", "stuttering")


@pytest.mark.parametrize(
    "hardship", [each for each in HARDSHIPS if each.name in THAT_HOLD], ids=lambda each: each.name
)
def test_visitors_of_a_harder_clip_are_counted_to_the_person(
    hardship: Hardship, tmp_path: Path
) -> None:
    clip, film = real_file("video", NAME), tmp_path / "film.avi"
    carried = hardship.carried(counted_clips(HAND_COUNTED)[NAME], clip)
    hardship.write(clip, film)
    told = count(film, f"{DOOR}={carried.begun.lines[DOOR]}", tmp_path)["lines"][DOOR]
    assert (told["in"], told["out"]) == ((6, 0) if hardship.backwards else (0, 6))


def count(film: Path, line: str, folder: Path) -> dict[str, Any]:
    (folder / "networks").mkdir()
    networks = cache_with_the_real_network(folder / "networks")
    words = ["--network", NETWORK, "--json", "--line", line, "--sample-fps", "5"]
    done = subprocess.run(
        [program("lianke-agent"), "count", str(film), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LIANKE_MODELS": str(networks)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))
