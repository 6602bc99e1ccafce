"""A camera for any source."""

from __future__ import annotations

from typing import assert_never

import cv2

from agent.capture.footfall.camera.capture import open_device, open_stream
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.camera.live import LiveCamera
from agent.capture.footfall.camera.sequence import PictureSequence
from agent.capture.footfall.camera.source import device_file, kind_of, shown, with_login
from agent.config.camera_source import SourceKind
from agent.errors import CameraLost, CameraUnreadable

Recording = Clip | PictureSequence
"""What has an end, and a time of its own."""


def open_camera(
    source: str,
    *,
    login: str = "",
    sample_fps: float = 0.0,
    source_fps: float = 0.0,
    dated: bool = False,
) -> Recording | LiveCamera:
    """Open a source and wait for its first picture.

    Args:
        source: a clip's path, a folder or pattern of pictures, ``/dev/videoN`` or its number, or
            an ``rtsp``/``http`` address.
        login: ``user:password`` of an address; in no error and no log.
        sample_fps: pictures to give per second of the source's time; 0 for all.
        source_fps: of a folder or pattern: pictures taken per second.
        dated: of a clip: it is known when it was recorded.

    Raises:
        CameraUnreadable: files that will never be readable, or an address of an unknown kind.
        CameraLost: a camera that does not answer.
    """
    kind = kind_of(source)
    match kind:
        case SourceKind.CLIP:
            return Clip(source, sample_fps, dated=dated)
        case SourceKind.SEQUENCE:
            if source_fps <= 0:
                raise CameraUnreadable(f"{source}: how many pictures a second? Set source_fps")
            return PictureSequence(source, source_fps, sample_fps)
        case SourceKind.DEVICE:
            capture = open_device(device_file(source))
            return _live(
                capture,
                device_file(source),
                sample_fps,
                "is it there, and may we use it?",
            )
        case SourceKind.STREAM:
            capture = open_stream(with_login(source, login))
            return _live(capture, shown(source), sample_fps, "check address, login and network")
        case _:
            assert_never(kind)


def _live(capture: cv2.VideoCapture, name: str, sample_fps: float, next_step: str) -> LiveCamera:
    if not capture.isOpened():
        raise CameraLost(f"{name} does not answer as a camera: {next_step}")
    return LiveCamera(capture, name, sample_fps)
