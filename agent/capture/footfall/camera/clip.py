"""A recorded clip as a camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.camera.capture import codec_of, damage_of, is_whole, open_clip
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.camera.sampling import Sampler
from agent.capture.footfall.camera.timeline import Timeline
from agent.errors import CameraUnreadable

_TOLERATED_SHARE: Final = 0.02
_TOLERATED_FRAMES: Final = 2
"""Containers count frames that no decoder gives: a few at the end are no loss."""


class Clip:
    """A file of any container and codec that OpenCV's ffmpeg reads; rotated as it says it is.

    Every frame is decoded, since most depend on the ones before; only those that are due become
    pictures. A clip that was cut off is read to where it breaks.

    Args:
        path: the file.
        sample_fps: pictures per second of the container's time; 0 for every frame.
        dated: it is known when it was recorded, so that a hole in its time is kept.

    Attributes:
        frames_read: frames decoded so far, due or not.
        sampled: pictures given so far.
        seconds_of_video: from the first frame to the end of the last one read so far.
        decode_s: time spent on reading and decoding so far.

    Raises:
        CameraUnreadable: it is missing, empty, no video, of a codec that cannot be decoded, or
            without a single picture.
    """

    def __init__(self, path: str | Path, sample_fps: float = 0.0, *, dated: bool = False) -> None:
        self._path = Path(path)
        _check_file(self._path)
        self.frames_read = 0
        self.sampled = 0
        self.decode_s = 0.0
        self._stopped = False
        self._capture = open_clip(self._path)
        if not self._capture.isOpened():
            raise CameraUnreadable(_why_unreadable(self._path))
        self._damage = damage_of()
        self._damaged = False
        self.fps = max(0.0, self._capture.get(cv2.CAP_PROP_FPS))
        self._promised = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self._timeline = Timeline(self.fps, dated=dated)
        self._sampler = Sampler(sample_fps, self._timeline.period_s)
        first = self._first_frame()
        self._first: Frame | None = first
        self._begin_s = self._end_s = first.at_s
        height, width = first.picture.shape[:2]
        self.size = (width, height)

    @property
    def seconds_of_video(self) -> float:
        """From the first frame to the end of the last one read so far, in the container's time."""
        return self._end_s + self._timeline.period_s - self._begin_s

    @property
    def truncated(self) -> bool:
        """Whether the frames read so far and their time both fall short of what is promised.

        Ask when ``frames`` is exhausted. Where a container does not count its frames, OpenCV
        estimates them from its length; only a clip that also ends too early was cut off.
        """
        enough = self._promised * (1 - _TOLERATED_SHARE) - _TOLERATED_FRAMES
        return self.frames_read < enough and self.seconds_of_video < (
            enough * self._timeline.period_s
        )

    def aim(self, sample_fps: float) -> None:
        """Give so many pictures a second from now on."""
        self._sampler.aim(sample_fps)

    def frames(self) -> Iterator[Frame]:
        """The frames that are due, once; OpenCV scales those of another size to the first one's."""
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
        """Let go of the file; doing so twice does nothing."""
        self._capture.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _first_frame(self) -> Frame:
        frame = self._next_due()
        if frame is None:
            self.close()
            raise CameraUnreadable(f"{self._path} holds no picture that can be decoded")
        return frame

    def _next_due(self) -> Frame | None:
        while not self._stopped and (at_s := self._grab()) is not None:
            if self._sampler.picks(at_s) and (picture := self._retrieve()) is not None:
                return Frame(picture, at_s, self.frames_read - 1, damaged=self._damaged)
        return None

    def _grab(self) -> float | None:
        began_s = time.perf_counter()
        grabbed = self._capture.grab()
        self.decode_s += time.perf_counter() - began_s
        if not grabbed:
            return None
        self.frames_read += 1
        self._end_s = self._timeline.at_s(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        self._damaged = self._damage.shows(self._end_s, whole=is_whole(self._capture))
        return self._end_s

    def _retrieve(self) -> NDArray[np.uint8] | None:
        began_s = time.perf_counter()
        retrieved, picture = self._capture.retrieve()
        self.decode_s += time.perf_counter() - began_s
        return picture.astype(np.uint8, copy=False) if retrieved else None


def _check_file(path: Path) -> None:
    try:
        if not path.is_file():
            what = "is a folder, not a clip" if path.is_dir() else "does not exist"
            hint = f", or {path}/ for the pictures in it" if path.is_dir() else ""
            raise CameraUnreadable(f"{path} {what}; give the path of a video file{hint}")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise CameraUnreadable(f"{path} is empty: copy it again")
    except OSError as error:
        raise CameraUnreadable(f"{path} cannot be read: {error.strerror}") from error


def _why_unreadable(path: Path) -> str:
    codec = codec_of(path)
    if codec:
        return (
            f"{path}: this box cannot decode its codec {codec!r}; convert it to H.264, for example"
        )
    return f"{path} is no video that can be read, or is cut off before its first picture"
