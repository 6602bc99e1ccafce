"""A clip with what was seen drawn into it, for people who would rather look.

Only ``lianke-agent count --annotate`` makes one, where somebody asked for it: the agent itself
writes no picture anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import cv2

from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.recount import Glance
from agent.capture.footfall.scene import Scene
from agent.errors import DiskUnusable, InvalidInput, VisionNotInstalled

_SUFFIX: Final = ".mp4"
_CODEC: Final = "mp4v"
"""MPEG-4 part 2: OpenCV's wheels bring an encoder of it everywhere, of H.264 nowhere."""


class Annotator:
    """Draws each picture and writes it into a video; a spectator of ``recount``.

    The video grows under another name beside its own and takes its own when it is whole, so that a
    half one is never taken for one. Only its owner may read it: it shows people.

    Use it as a context manager: leaving it with an error removes what was written.

    Args:
        path: of the video, ending in ``.mp4``; an older one is replaced.
        size: width and height of the pictures.
        fps: at which it is to be played.
        lines: to draw, with their counts.
        zones: likewise, with the people in them.

    Raises:
        InvalidInput: nothing can be written there.
        VisionNotInstalled: OpenCV has no encoder here.
        DiskUnusable: at the end, when the video could not be written whole.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: float,
        lines: Sequence[Line],
        zones: Sequence[Zone] = (),
    ) -> None:
        self._path = path
        self._growing = path.with_name(f".{path.stem}.{os.getpid()}{_SUFFIX}")
        self._scene = Scene(lines, zones, size)
        self._written = 0
        self._create()
        codec = cv2.VideoWriter.fourcc(*_CODEC)
        self._writer = cv2.VideoWriter(str(self._growing), cv2.CAP_FFMPEG, codec, fps, size)
        if not self._writer.isOpened():
            self._growing.unlink()
            raise VisionNotInstalled(
                f"--annotate {path}: OpenCV cannot write {_CODEC} video of {size[0]}x{size[1]}; "
                "install opencv-python-headless from PyPI, or leave --annotate out"
            )

    def __call__(self, glance: Glance) -> None:
        """Draw and write one picture."""
        canvas = glance.frame.picture.copy()
        self._scene.draw(canvas, glance)
        self._writer.write(canvas)
        self._written += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._writer.release()
        try:
            if kind is None:
                self._check_whole()
                self._growing.replace(self._path)
        finally:
            self._growing.unlink(missing_ok=True)

    def _create(self) -> None:
        # OpenCV would make it readable for all, and would not say why it cannot.
        try:
            self._growing.touch(mode=0o600)
        except OSError as error:
            raise InvalidInput(
                f"--annotate {self._path}: cannot write there: {error.strerror}"
            ) from error

    def _check_whole(self) -> None:
        """OpenCV does not tell of a full disk; a video without its end cannot be opened."""
        written = cv2.VideoCapture(str(self._growing), cv2.CAP_FFMPEG)
        try:
            frames = int(written.get(cv2.CAP_PROP_FRAME_COUNT)) if written.isOpened() else 0
        finally:
            written.release()
        if frames < self._written:
            raise DiskUnusable(
                f"--annotate {self._path}: could not be written whole; is the disk full?"
            )
