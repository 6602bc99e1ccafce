"""A watcher that never comes to an end: its clips are shown one after the other, again and again.

    python -m tests.bench.soak_watcher HOURS CLIP [CLIP …] < job

It is the watcher's own ``watch`` with a camera that opens the next clip where one ends; time goes
on, and every picture has the size of the first one. It ends after so many hours of the clips' time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.libraries import require_vision
from agent.capture.footfall.messages import read_job
from agent.capture.footfall.watcher import teller
from agent.capture.footfall.watching import watch


class EndlessClips:
    """A camera that gives clips in turns, until the time is up."""

    def __init__(self, clips: list[Path], until_s: float, sample_fps: float) -> None:
        self._clips = clips
        self._until_s = until_s
        self._sample_fps = sample_fps
        self._stopped = False
        with Clip(clips[0]) as first:
            self.size, self.fps = first.size, first.fps

    def aim(self, sample_fps: float) -> None:
        """Give so many pictures a second from the next clip on."""
        self._sample_fps = sample_fps

    def stop(self) -> None:
        """See ``Camera``."""
        self._stopped = True

    def frames(self) -> Iterator[Frame]:
        """Every clip's own frames, later by the clips before it."""
        began_s, index = 0.0, 0
        for file in cycle(self._clips):
            with Clip(file, self._sample_fps) as clip:
                for frame in clip.frames():
                    at_s = began_s + frame.at_s
                    if at_s > self._until_s or self._stopped:
                        return
                    picture = frame.picture
                    if clip.size != self.size:
                        picture = cv2.resize(picture, self.size).astype(np.uint8, copy=False)
                    yield Frame(picture, at_s, index)
                    index += 1
                began_s += clip.seconds_of_video

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        """Every clip was closed at its end."""


def main(hours: str, *clips: str) -> None:
    """Watch, and tell on standard output as every watcher does."""
    require_vision()

    def opening(
        _source: str, *, login: str, sample_fps: float, source_fps: float, dated: bool
    ) -> EndlessClips:
        del login, source_fps, dated
        return EndlessClips([Path(clip) for clip in clips], float(hours) * 3600, sample_fps)

    watch(read_job(sys.stdin.buffer.readline()), teller(sys.stdout.buffer), opening=opening)


if __name__ == "__main__":
    main(*sys.argv[1:])
