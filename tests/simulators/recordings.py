"""A recording without a file, and a detector that knows where everybody is.

film = Film([Walk(Coat.RED, 1.0, 4.0, ((-30, 200), (350, 200)))])
recount(FilmRecording(film, every=2), FilmDetector(film), lines, now_s=clock)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np

from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.detection.detections import Detections, no_detections
from agent.capture.footfall.detection.detector import Picture
from tests.simulators.walkers import Film


class FilmRecording:
    """Implements ``Recording``: every n-th picture of a film is due."""

    def __init__(self, film: Film, every: int = 1, *, truncated: bool = False) -> None:
        self._film = film
        self._every = every
        self.size = film.size
        self.fps = film.fps
        self.frames_read = 0
        self.sampled = 0
        self.truncated = truncated

    @property
    def seconds_of_video(self) -> float:
        """See ``Recording``."""
        return self.frames_read / self.fps

    def aim(self, sample_fps: float) -> None:
        """See ``Camera``; a recording is never told to give fewer."""
        raise AssertionError(f"nobody chooses {sample_fps} pictures a second of a recording")

    def stop(self) -> None:
        """See ``Camera``; a recording is counted to its end."""
        raise AssertionError("nobody stops a recording")

    def frames(self) -> Iterator[Frame]:
        """See ``Camera``."""
        for index, picture in enumerate(self._film.pictures()):
            self.frames_read = index + 1
            if index % self._every == 0:
                self.sampled += 1
                yield Frame(picture, index / self.fps, index)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""


class FilmDetector:
    """Implements ``Detector`` by looking for the film's coats."""

    def __init__(self, film: Film) -> None:
        self._coats = {walk.coat for walk in film.walks}
        self.pictures = 0

    def detect(self, picture: Picture) -> Detections:
        """See ``Detector``."""
        self.pictures += 1
        masks = [np.all(picture == coat.value, axis=2) for coat in self._coats]
        boxes = [_extent(mask) for mask in masks if mask.any()]
        if not boxes:
            return no_detections()
        return Detections(np.array(boxes, np.float32), np.full(len(boxes), 0.9, np.float32))


def _extent(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, int, int, int]:
    ys, xs = np.nonzero(mask)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
