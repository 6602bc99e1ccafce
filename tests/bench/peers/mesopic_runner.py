"""Runs in an environment of its own that has mesopic: see ``mesopic``.

    python mesopic_runner.py CONFIG SKIPPED SPEED

One camera's worker, as mesopic ships it: its pipeline, its loop, its defaults, in this process. The
source is a file, by mesopic's own reader; ``SKIPPED`` pictures at its beginning are not shown to
the loop, and ``SPEED`` 1 holds each back until its time, as a camera would; 0 does not. Prints one
JSON line per line crossing when all is over, and fails where mesopic's reader gave no picture at
all: that is no count of nobody. Imports nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from mesopic.config.loader import load_config
from mesopic.ingest.rtsp import RtspFrameSource
from mesopic.supervisor.pipeline import build_pipeline
from mesopic.supervisor.worker import camera_loop

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Crossings:
    """Takes mesopic's events, as its supervisor would."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def put_nowait(self, event: Any) -> None:
        """Keep it if somebody crossed a line."""
        if event.kind.value == "line_cross":
            told = {"t": (event.ts - BEGAN).total_seconds(), "line": event.line_id}
            self.lines.append(json.dumps(told | {"direction": event.direction}))


class Played:
    """A file as mesopic reads it, from some picture on, at the pace of a camera."""

    def __init__(self, file: str, skipped: int, speed: float) -> None:
        self._source = RtspFrameSource("camera", file, now=lambda: BEGAN)
        self._skipped = skipped
        self._speed = speed
        self.shown = 0

    def frames(self) -> Iterator[Any]:
        """The frames; raises what mesopic's source raises at the end."""
        began_s = time.monotonic()
        for frame in islice(self._source.frames(), self._skipped, None):
            if self._speed:
                due_s = began_s + (frame.ts - BEGAN).total_seconds() / self._speed
                time.sleep(max(0.0, due_s - time.monotonic()))
            self.shown += 1
            yield frame

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()


def main(file: str, skipped: str, speed: str) -> None:
    """Watch the one camera of the configuration to the end of its file."""
    config = load_config(Path(file))
    camera = config.cameras[0]
    pipeline = build_pipeline(config, camera.camera_id)
    crossings = Crossings()
    played = Played(camera.source.url, int(skipped), float(speed))
    camera_loop(
        camera.camera_id,
        source=played,
        sampler=pipeline.sampler,
        detector=pipeline.detector,
        tracker=pipeline.tracker,
        analytics=pipeline.analytics,
        sink=crossings,
        fps_min=config.budget.fps_min,
        fps_max=config.budget.fps_max,
    )
    if not played.shown:
        sys.exit(f"mesopic read no picture of {camera.source.url}")
    print("\n".join(crossings.lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
