"""Pictures in a folder as a camera: a time-lapse, or what another program has exported.

Files are taken in the order of their names, numbers by their value: ``9.jpg`` comes before
``10.jpg``. When they were taken is not read from names or files, which every program writes in its
own way: they follow each other at a stated rate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.camera.capture import hush
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.camera.picture_files import picture_files
from agent.capture.footfall.camera.sampling import Sampler
from agent.errors import CameraUnreadable

_TOLERATED: Final = 0.02


class PictureSequence:
    """The pictures of a folder or pattern, each looked at once.

    A picture that cannot be decoded is left out, as a damaged frame of a clip is. One of another
    size is scaled to the first one's.

    Args:
        source: a folder (``shots/``), or a pattern of files: ``shots/door-*.jpg``, ``%04d.png``.
        fps: how many were taken per second.
        sample_fps: pictures to give per second of that time; 0 for every one.

    Attributes:
        frames_read: files that came up so far, due or not.
        sampled: pictures given so far.
        decode_s: time spent on reading and decoding so far.

    Raises:
        CameraUnreadable: there is no such folder, no picture in it, or none that can be decoded.
    """

    def __init__(self, source: str, fps: float, sample_fps: float = 0.0) -> None:
        hush()
        self.fps = fps
        self.frames_read = self.sampled = self._damaged = 0
        self._stopped = False
        self.decode_s = 0.0
        self._source = source
        self._files = picture_files(source)
        self._sampler = Sampler(sample_fps, 1 / fps)
        first = self._first_frame()
        self._first: Frame | None = first
        height, width = first.picture.shape[:2]
        self.size = (width, height)

    @property
    def seconds_of_video(self) -> float:
        """The time of the pictures that came up so far."""
        return self.frames_read / self.fps

    @property
    def truncated(self) -> bool:
        """Whether more than a few pictures could not be decoded."""
        return self._damaged > _TOLERATED * len(self._files)

    def aim(self, sample_fps: float) -> None:
        """Give so many pictures a second from now on."""
        self._sampler.aim(sample_fps)

    def frames(self) -> Iterator[Frame]:
        """The pictures that are due, once."""
        frame, self._first = self._first, None
        while frame is not None:
            self.sampled += 1
            yield frame
            frame = None  # its memory serves for the next one
            frame = self._next_due()

    def stop(self) -> None:
        """See ``Camera``."""
        self._stopped = True

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _first_frame(self) -> Frame:
        frame = self._next_due()
        if frame is None:
            raise CameraUnreadable(f"{self._source} holds no picture that can be decoded")
        self.size = frame.picture.shape[1], frame.picture.shape[0]
        return frame

    def _next_due(self) -> Frame | None:
        while self.frames_read < len(self._files) and not self._stopped:
            index = self.frames_read
            self.frames_read += 1
            at_s = index / self.fps
            if (
                self._sampler.picks(at_s)
                and (picture := self._read(self._files[index])) is not None
            ):
                return Frame(picture, at_s, index)
        return None

    def _read(self, file: Path) -> NDArray[np.uint8] | None:
        began_s = time.perf_counter()
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        self.decode_s += time.perf_counter() - began_s
        if picture is None:
            self._damaged += 1
            return None
        if self.sampled and picture.shape[1::-1] != self.size:
            picture = cv2.resize(picture, self.size, interpolation=cv2.INTER_AREA)
        return picture.astype(np.uint8, copy=False)
