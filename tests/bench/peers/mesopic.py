"""Our side of the comparison with ``mesopic``: its configuration, its process, its answers.

Its weights are the pinned ones of the data folder, under the name that its cache gives them; they
are byte for byte those that it would fetch.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from agent.capture.footfall.audit.marks import Told
from agent.capture.footfall.counting.line import Direction, Line
from tests.simulators.processes import ROOT

VERSION: Final = "0.1.2"
REQUIREMENT: Final = f"mesopic=={VERSION}"
FOLDER: Final = Path(os.environ.get("LIANKE_MESOPIC") or ROOT / ".venv-mesopic")

_RUNNER: Final = Path(__file__).with_name("mesopic_runner.py")
_WEIGHTS: Final = "yolox-nano.fp32.op12.onnx"
_WAYS: Final = {1: Direction.IN, -1: Direction.OUT}
"""Both call it positive to go from ``c < 0`` to ``c > 0``, with the same ``c``."""


def installed() -> bool:
    """Whether its environment was made."""
    return (FOLDER / "bin" / "mesopic").is_file()


class Mesopic:
    """mesopic in a folder of its own, which it may fill."""

    def __init__(self, folder: Path, weights: Path) -> None:
        self._folder = folder
        (folder / _WEIGHTS).symlink_to(weights)

    @property
    def environment(self) -> Mapping[str, str]:
        """What its process gets to know: where its network is, and no other thread limit."""
        kept = {name: os.environ[name] for name in ("HOME", "PATH", "LANG") if name in os.environ}
        return kept | {"MESOPIC_MODEL_CACHE": str(self._folder)}

    def command(
        self,
        clip: Path,
        size: tuple[int, int],
        lines: Sequence[Line],
        fps: float,
        *,
        skipped: int = 0,
        speed: float = 0.0,
    ) -> list[str]:
        """What to run; ``fps`` is the most that it may look at, and it begins there."""
        config = self._folder / f"{clip.stem}-{fps:g}.json"
        config.write_text(json.dumps(_config(clip, size, lines, fps)))  # JSON is YAML
        python = FOLDER / "bin" / "python"
        return [str(python), "-P", str(_RUNNER), str(config), str(skipped), str(speed)]

    def count(self, command: Sequence[str]) -> list[Told]:
        """Run it to the end; what it told."""
        ran = subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        )
        return [_told(json.loads(line)) for line in ran.stdout.splitlines() if line]


def _config(
    clip: Path, size: tuple[int, int], lines: Sequence[Line], fps: float
) -> dict[str, object]:
    width, height = size
    return {
        "site": {"site_id": "bench"},
        "budget": {"fps_max": fps},
        "cameras": [
            {
                "camera_id": "camera",
                "name": "camera",
                "source": {"kind": "rtsp", "url": str(clip)},
                "reference_resolution": size,
            }
        ],
        "lines": [
            {
                "line_id": line.name,
                "camera_id": "camera",
                "a": (line.x1 / width, line.y1 / height),
                "b": (line.x2 / width, line.y2 / height),
            }
            for line in lines
        ],
    }


def _told(event: Mapping[str, object]) -> Told:
    t, line, direction = event["t"], event["line"], event["direction"]
    assert isinstance(t, float)
    assert isinstance(direction, int)
    return Told(t=t, line=str(line), direction=_WAYS[direction])
