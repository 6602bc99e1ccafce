"""What a watcher says of the beginning of a clip: the same ``watch``, in this process, cut short.

told = told_of_the_first(40, job)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.messages import Job, Told
from agent.capture.footfall.watching import watch


class CutClip(Clip):
    """A clip that has no more than its first so many pictures that are due."""

    def __init__(self, source: str, pictures: int, sample_fps: float) -> None:
        super().__init__(source, sample_fps)
        self._pictures = pictures

    def frames(self) -> Iterator[Frame]:
        """The first ones."""
        return islice(super().frames(), self._pictures)


def told_of_the_first(pictures: int, job: Job) -> list[Told]:
    """All that is told of a clip that has no more, as fast as it goes."""
    told: list[Told] = []

    def opening(
        source: str, /, *, login: str, sample_fps: float, source_fps: float, dated: bool
    ) -> CutClip:
        assert (login, source_fps, dated) == ("", 0.0, False)
        return CutClip(source, pictures, sample_fps)

    watch(msgspec.structs.replace(job, speed=0.0), told.append, opening=opening)
    return told
