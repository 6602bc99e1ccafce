"""Does a watcher stay as small as it was? ``make footfall-soak``.

    python -m tests.bench.footfall_soak --hours 8
    python -m tests.bench.footfall_soak --hours 8 --minutes 15     # of wall time at most
    python -m tests.bench.footfall_soak --hours 0.1                # what the tests do

The real clips are shown to a real watcher in a process of its own, in turns and as fast as it goes,
with lines, zones of every kind and a badge; the watcher's resident memory is taken every second.
Warm-up is the first three minutes of that time. Prints one JSON line and exits 1 where the memory
was not flat within 5 MB of its middle afterwards, or above 220 MB at any time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from agent.capture.footfall.messages import (
    Ended,
    Job,
    Seen,
    WatchedLine,
    WatchedZone,
    encode,
    read_told,
)
from agent.capture.footfall.process import watcher_environment
from agent.config import BadgeSettings
from models.vision.manifest import read_manifest
from models.wire.events.footfall import ZoneKind
from tests.simulators.processes import ROOT

CLIPS: Final = ("vtest.avi", "one-by-one-person-detection.mp4")
NETWORK: Final = "yolox_nano_416.onnx"
SAMPLE_FPS: Final = 3.5
FLAT_MB: Final = 5.0
MOST_MB: Final = 220.0
WARM_UP_S: Final = 180.0
"""Of the clips' time: both were shown once, and the first one begins again."""
_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a watcher's memory did.

    Attributes:
        hours: of the clips' time that were watched.
        crossings: told in that time.
        sizes: (seconds of the clips' time, resident MB), in order.
    """

    hours: float
    crossings: int
    sizes: Sequence[tuple[float, float]]

    @property
    def warm(self) -> list[float]:
        """The sizes after the warm-up."""
        return [mb for at_s, mb in self.sizes if at_s >= WARM_UP_S]

    @property
    def off_mb(self) -> float:
        """How far a size after the warm-up was from their middle, at most."""
        middle = statistics.median(self.warm)
        return max(abs(mb - middle) for mb in self.warm)

    @property
    def most_mb(self) -> float:
        """The greatest size of all."""
        return max(mb for _, mb in self.sizes)

    @property
    def growth_mb(self) -> float:
        """The middle of the last quarter less that of the first one, after the warm-up."""
        quarter = max(1, len(self.warm) // 4)
        return statistics.median(self.warm[-quarter:]) - statistics.median(self.warm[:quarter])

    @property
    def tenths_mb(self) -> list[float]:
        """The middle of each tenth of the time after the warm-up: whether it still rises."""
        warm, tenth = self.warm, max(1, len(self.warm) // 10)
        return [statistics.median(warm[at : at + tenth]) for at in range(0, len(warm), tenth)]

    @property
    def flat(self) -> bool:
        """Whether it stayed as small as it has to."""
        return self.off_mb <= FLAT_MB and self.most_mb <= MOST_MB


def soak(data: Path, hours: float, minutes: float | None = None) -> Soaked:
    """Watch for so many hours of the clips' time, or as far as it gets in these minutes."""
    command = [sys.executable, "-P", "-m", "tests.bench.soak_watcher", str(hours)]
    process = subprocess.Popen(
        [*command, *(str(data / "video" / clip) for clip in CLIPS)],
        env=watcher_environment(os.environ) | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(encode(_job(data)))
    process.stdin.flush()
    try:
        return _listen(process, None if minutes is None else time.monotonic() + minutes * 60)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()


def _listen(process: subprocess.Popen[bytes], until_s: float | None) -> Soaked:
    assert process.stdout is not None
    memory = psutil.Process(process.pid).memory_info
    sizes: list[tuple[float, float]] = []
    crossings, last_s, next_s = 0, 0.0, 0.0
    for line in process.stdout:
        message = read_told(line)
        now_s = time.monotonic()
        if isinstance(message, Seen):
            crossings, last_s = crossings + len(message.crossings), message.last_s
            if now_s >= next_s:
                sizes.append((last_s, memory().rss / 1e6))
                next_s = now_s + _EVERY_S
        if isinstance(message, Ended) or (until_s is not None and now_s > until_s):
            process.stdout.close()
            return Soaked(last_s / 3600, crossings, sizes)
    raise RuntimeError(f"the watcher ended early, after {last_s / 3600:.2f} hours")


def _job(data: Path) -> Job:
    corners = [(0.1, 0.3), (0.6, 0.3), (0.6, 0.9), (0.1, 0.9)]
    zones = [WatchedZone(kind.value, kind, corners) for kind in (ZoneKind.DWELL, ZoneKind.QUEUE)]
    corner = [(0.9, 0.0), (1.0, 0.0), (1.0, 0.1), (0.9, 0.1)]
    zones += [WatchedZone(kind.value, kind, corner) for kind in (ZoneKind.STAFF, ZoneKind.EXCLUDED)]
    return Job(
        source=CLIPS[0],
        lines=[WatchedLine("door", 0.39, 0.2, 0.39, 0.8), WatchedLine("b", 0.6, 0.2, 0.6, 0.9)],
        zones=zones,
        badge=BadgeSettings(hue=(340, 20), saturation=(0.5, 1.0), value=(0.3, 1.0), share=0.3),
        network=read_manifest().network("yolox-nano-416"),
        network_file=str(data / "models" / NETWORK),
        sample_fps=SAMPLE_FPS,
        speed=0.0,
    )


def main() -> None:
    """Soak, print the figures, and exit 1 where the memory was not flat."""
    asked = argparse.ArgumentParser(description="A watcher's memory, over hours of video.")
    asked.add_argument("--hours", type=float, default=8.0, help="of the clips' time")
    asked.add_argument("--minutes", type=float, help="of wall time, at most")
    given = asked.parse_args()
    data = Path(os.environ.get("LIANKE_DATA") or ROOT.parent / "shared" / "data")
    if not (data / "models" / NETWORK).is_file():
        sys.exit(f"footfall-soak: {data} has no clips and network; set LIANKE_DATA")
    soaked = soak(data, given.hours, given.minutes)
    print(
        json.dumps(
            {
                "hours": round(soaked.hours, 2),
                "samples": len(soaked.sizes),
                "crossings": soaked.crossings,
                "most_mb": round(soaked.most_mb, 1),
                "middle_mb": round(statistics.median(soaked.warm), 1),
                "off_mb": round(soaked.off_mb, 2),
                "growth_mb": round(soaked.growth_mb, 2),
                "tenths_mb": [round(mb, 1) for mb in soaked.tenths_mb],
                "flat": soaked.flat,
            }
        )
    )
    sys.exit(0 if soaked.flat else 1)


if __name__ == "__main__":
    main()
